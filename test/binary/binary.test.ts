import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { describeLab } from '../lab/describe.ts';
import { image, kernelLine } from '../lab/guest.ts';
import { type Systemd, startSystemd } from '../lab/systemd.ts';
import { openTerminal } from '../pty/terminal.ts';
import { until } from '../until.ts';
import { buildInto, executable } from './build.ts';

const here = mkdtempSync(join(tmpdir(), 'kvmtop-binary-'));
afterAll(() => rmSync(here, { recursive: true }));

test('is the same, byte by byte, wherever it is built', () => {
  const again = buildInto(here, { TZ: 'Asia/Tokyo', LANG: 'C', TMPDIR: here });
  expect(readFileSync(again).equals(readFileSync(executable))).toBe(true);
});

test('runs no code but its own, whatever its folder and its environment say', async () => {
  const folder = join(here, 'bad');
  mkdirSync(folder);
  const bad = `require('node:fs').writeFileSync('${folder}/ran', '')`;
  writeFileSync(join(folder, 'bad.cjs'), bad);
  writeFileSync(join(folder, 'bunfig.toml'), 'preload = ["./bad.cjs"]\n');
  writeFileSync(join(folder, '.env'), 'BUN_OPTIONS="--preload ./bad.cjs"\n');
  const env = {
    ...process.env,
    BUN_BE_BUN: '1',
    BUN_OPTIONS: `--preload ${folder}/bad.cjs`,
    BUN_INSPECT: `ws+unix://${folder}/debugger`,
    BUN_INSPECT_PRELOAD: join(folder, 'bad.cjs'),
    NODE_OPTIONS: `--require ${folder}/bad.cjs`,
  };
  const { status, stderr } = spawnSync(executable, ['-e', bad], { cwd: folder, env, encoding: 'utf8' });
  expect([status, stderr]).toEqual([2, expect.stringMatching(/^kvmtop: Unknown option '-e'.*\n$/)]);
  const stream = spawn(executable, ['--demo', '--no-config', 'stream', '-n', '2', '-d', '0.1'], { cwd: folder, env });
  const ended = once(stream, 'exit');
  await once(stream.stdout, 'data');
  expect(readdirSync(folder).toSorted()).toEqual(['.env', 'bad.cjs', 'bunfig.toml']);
  stream.stdout.resume();
  expect(await ended).toEqual([0, null]);
});

test('tells the licences of all that is in it', () => {
  const text = execFileSync(executable, ['--licences'], { encoding: 'utf8' });
  expect(text).toMatch(
    /^kvmtop is free software.*\nink \d.*\nBun, .*\nJavaScriptCore, .*GNU LIBRARY GENERAL PUBLIC LICENSE/s,
  );
});

const debian = join(import.meta.dirname, '../../.lab/debian');
const whyNot = (): string | undefined => {
  if (!existsSync(debian)) return 'the Debian to carry it to is missing: run test/lab/debian.sh';
  return spawnSync('systemd-nspawn', ['--version']).error
    ? 'systemd-nspawn is missing: run test/lab/install.sh'
    : undefined;
};

describeLab(
  'carried to a host that has neither Node nor npm, nor a home to write to',
  () => {
    const carried = join(here, 'carried');
    const inside = '/opt/kvmtop/kvmtop';
    let systemd: Systemd;
    let guest: ReturnType<typeof spawn>;
    beforeAll(async () => {
      mkdirSync(carried);
      copyFileSync(executable, join(carried, 'kvmtop'));
      systemd = await startSystemd(carried, debian);
      const [enter, ...words] = systemd.enter('outside');
      const qemu = [
        'qemu-system-x86_64',
        '-accel',
        'tcg,tb-size=64',
        '-m',
        '256',
        '-name',
        'web-1',
        '-nodefaults',
        '-display',
        'none',
      ];
      const boot = ['-kernel', join(image, 'kernel'), '-initrd', join(image, 'initrd'), '-append', kernelLine];
      const devices = ['-device', 'virtio-balloon-pci', '-qmp', `unix:${here}/web-1.qmp,server=on,wait=off`];
      guest = spawn(enter, [...words, 'setpriv', '--pdeathsig', 'KILL', ...qemu, ...boot, ...devices], {
        stdio: 'ignore',
      });
      await until('the guest listens', 30_000, () => existsSync(join(here, 'web-1.qmp')));
    });
    afterAll(async () => {
      guest?.kill('SIGKILL');
      await systemd?.stop();
    });

    const home = dirname(inside);
    const kvmtop = (words: string): Promise<string> => systemd.run(`HOME=${home} ${inside} ${words}`);
    const open = (...args: readonly string[]) => {
      const [command, ...words] = systemd.enter();
      return openTerminal({
        command,
        args: [...words, inside, ...args],
        env: { LANG: 'C.UTF-8', LC_ALL: undefined, HOME: home },
      });
    };

    test('shows a guest, changes its balloon, records and replays', async () => {
      expect(await systemd.run(`! command -v node npm; ! touch ${home}/file 2>/dev/null; echo neither`)).toBe(
        'neither\n',
      );
      const live = open();
      // Booted: its driver reports what is used inside.
      await live.waitFor(/web-1 +running +256M +256M +\d+(\.\d+)?M/, 60_000);
      live.press('q');
      expect(await live.exit).toMatchObject({ code: 0 });
      await live.close();

      expect(await kvmtop('do balloon web-1 208M --yes')).toContain('web-1: balloon arrived at 208 MiB\n');
      await until('its new size is recorded', 30_000, async () => {
        await kvmtop('record /tmp/night.kvmtop -d 0.2 --for 2s 2>&1');
        return /,web-1,.*,218103808$/m.test(await kvmtop('dump /tmp/night.kvmtop --fields balloon_actual'));
      });
      const replay = open('replay', '/tmp/night.kvmtop', '--at', '-1s');
      await replay.waitFor(/web-1 +running +256M +208M/, 30_000);
      replay.press('q');
      expect(await replay.exit).toMatchObject({ code: 0 });
      await replay.close();
    });
  },
  whyNot,
);
