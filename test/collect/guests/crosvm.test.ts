import { chmodSync, existsSync, mkdirSync, symlinkSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { planStrictly } from '../../../src/actions/actions.ts';
import { createGuestReader, type GuestReader } from '../../../src/collect/guests/guests.ts';
import { trustedProgram } from '../../../src/collect/guests/monitors/client/trusted.ts';
import { derive } from '../../../src/model.ts';
import { Root } from '../../../src/root.ts';
import type { GuestSample } from '../../../src/sample.ts';
import { GiB, MiB } from '../../../src/units.ts';
import { balloonStats, type FakeCrosvm, installFakeCrosvm, noConnection } from '../../crosvm/fake.ts';
import { sample } from '../../samples.ts';
import { until } from '../../until.ts';
import { makeTree, type Tree } from './tree.ts';

vi.setConfig({ testTimeout: 60_000 });
/** Long enough for every run of the fake, on a busy machine; who waits for its end shortens it. */
let patience = { greeting: 30, round: 30, pause: 30 };
const plenty = 40_000;

let tree: Tree;
let fake: FakeCrosvm;
let reader: GuestReader;
beforeEach(() => {
  tree = makeTree();
  fake = installFakeCrosvm();
  vi.stubEnv('PATH', fake.dir);
  patience = { greeting: 30, round: 30, pause: 30 };
  reader = createGuestReader(new Root(tree.dir), { monitors: true, patience });
});
afterEach(async () => {
  await reader.close();
  for (const server of servers.splice(0)) server.close();
  vi.unstubAllEnvs();
  fake.remove();
  tree.remove();
});

const servers: Server[] = [];
const socketOf = (pid: number): string => join(tree.dir, `vm-${pid}.sock`);
/** A listening socket of SOCK_SEQPACKET, with an inode, in /proc/PID/net/unix. */
const row = (inode: number, path: string): string =>
  `0000000000000000: 00000002 00000000 00010000 0005 01 ${inode} ${path}\n`;
/** A crosvm with 4 GiB that listens on `listens`. */
const crosvm = (pid: number, more: readonly string[] = [], listens: string | undefined = socketOf(pid)): void => {
  // The fake does not connect: that a socket is there is all.
  if (!existsSync(listens)) servers.push(createServer().listen(listens));
  tree.process(pid, {
    exe: '/usr/bin/crosvm',
    args: ['crosvm', 'run', '--mem', '4096', '--name', `vm-${pid}`, '-s', socketOf(pid), ...more, '/boot/bzImage'],
    links: { 'fd/3': 'socket:[77]', 'fd/14': 'anon_inode:kvm-vm' },
    files: { 'net/unix': `Num RefCount Protocol Flags Type St Inode Path\n${row(5, '/run/dbus')}${row(77, listens)}` },
  });
};
const asked = async (time: number): Promise<GuestSample> => {
  await reader.poll(time, plenty);
  const { guests } = reader.read(new Set(), time);
  expect(guests).toHaveLength(1);
  return guests[0] as GuestSample;
};
const healthy = balloonStats(GiB, { total_memory: 3 * GiB, free_memory: GiB, available_memory: 2 * GiB, swap_in: 0 });
const commands = (): string[] => fake.runs().map(({ args }) => args.join(' '));
const lives = (pid: number): boolean => existsSync(`/proc/${pid}`);

describe('a guest of crosvm', () => {
  it('is told by its command line and by its own client', async () => {
    fake.play({ balloon_stats: healthy });
    crosvm(1001);
    expect(await asked(1000)).toMatchObject({
      name: 'vm-1001',
      vmm: 'crosvm',
      launch: { size: 4 * GiB, backend: 'shared', memLock: false },
      monitor: {
        state: 'ok',
        path: socketOf(1001),
        status: 'running',
        memory: { 'base-memory': 4 * GiB, 'plugged-memory': 0 },
        balloon: {
          device: true,
          actual: 3 * GiB,
          deflateOnOom: true,
          stats: {
            lastUpdate: 1000,
            values: { 'stat-total-memory': 3 * GiB, 'stat-available-memory': 2 * GiB, 'stat-swap-in': 0 },
          },
        },
      },
    });
    expect(commands()).toEqual([`balloon_stats ${socketOf(1001)}`]);
  });

  it('is asked every five seconds only, and its rates are between its reports', async () => {
    fake.play({ balloon_stats: balloonStats(0, { swap_in: 4096 }) });
    crosvm(1001);
    await asked(1000);
    fake.play({ balloon_stats: balloonStats(0, { swap_in: 8192 }) });
    // The second round is spread over the interval; later ones are that far apart.
    await asked(1005);
    for (const time of [1006, 1007, 1008, 1009]) await asked(time);
    expect(commands()).toHaveLength(2);
    const { balloon } = (await asked(1010)).monitor;
    expect(commands()).toHaveLength(3);
    expect(balloon?.earlier?.lastUpdate).toBe(1005);
  });

  it('tells nothing of itself where its driver does not, and no state either', async () => {
    fake.play({ balloon_stats: balloonStats(0, {}) });
    crosvm(1001);
    const { monitor } = await asked(1000);
    expect(monitor).toMatchObject({ state: 'ok', balloon: { device: true, actual: 4 * GiB } });
    expect(monitor.balloon).not.toHaveProperty('stats');
    expect(monitor).not.toHaveProperty('status');
  });

  it('without a balloon is not asked at all', async () => {
    crosvm(1001, ['--no-balloon']);
    const { monitor } = await asked(1000);
    expect(monitor).toMatchObject({ state: 'ok', balloon: { device: false } });
    expect(fake.runs()).toEqual([]);
  });

  it('is not asked at a socket on which it does not listen itself', async () => {
    crosvm(1001, [], join(tree.dir, 'other.sock'));
    expect((await asked(1000)).monitor).toMatchObject({
      state: 'none',
      reason: expect.stringMatching(/does not listen on its control socket/),
    });
    expect(fake.runs()).toEqual([]);
    // It may have been about to open it.
    fake.play({ balloon_stats: healthy });
    crosvm(1001);
    await asked(1006);
    expect((await asked(1007)).monitor.state).toBe('ok');
  });

  it('that was given a folder listens there under a name of its own', async () => {
    fake.play({ balloon_stats: healthy });
    const folder = join(tree.dir, 'vms');
    mkdirSync(folder);
    const path = join(folder, 'crosvm-1001.sock');
    crosvm(1001, ['--socket', `${folder}/`], path);
    expect((await asked(1000)).monitor).toMatchObject({ state: 'ok', path });
    expect(commands()).toEqual([`balloon_stats ${path}`]);
  });

  it('that does not answer costs its client, and what it said last stays', async () => {
    fake.play({ balloon_stats: healthy });
    crosvm(1001);
    await asked(1000);
    fake.play({ balloon_stats: { hang: true } });
    patience.round = 0.5;
    const { monitor } = await asked(1010);
    expect(monitor).toMatchObject({
      state: 'busy',
      reason: expect.stringMatching(/balloon driver is not loaded/),
      balloon: { actual: 3 * GiB, stats: { lastUpdate: 1000 } },
    });
    const client = fake.runs()[1]?.pid;
    await until('its client has ended', 20_000, () => client === undefined || !lives(client));
    // Asked less and less often.
    const runs = fake.runs().length;
    await asked(1010.5);
    expect(fake.runs()).toHaveLength(runs);
  });

  it('holds up no end of kvmtop', async () => {
    fake.play({ balloon_stats: { hang: true } });
    crosvm(1001);
    void reader.poll(1000, 0);
    await until('its client runs', 20_000, () => fake.runs().length > 0);
    const started = performance.now();
    await reader.close();
    expect(performance.now() - started).toBeLessThan(2000);
  });

  it.each([
    ['Permission denied (os error 13)', 'denied', /run kvmtop as root/],
    ['Connection refused (os error 111)', 'none', /nobody listens/],
    ['No such file or directory (os error 2)', 'none', /not there/],
  ])('whose client says %s is %s', async (said, state, reason) => {
    fake.play({ balloon_stats: noConnection(socketOf(1001), said) });
    crosvm(1001);
    expect((await asked(1000)).monitor).toMatchObject({ state, reason: expect.stringMatching(reason) });
  });

  it.each([
    ['broken JSON', { stdout: '{"Ballo' }, /broken JSON/],
    ['no balloon', { stdout: '{"Err": 95}\n', code: 1 }, /Err/],
    ['something else', { stdout: '"Ok"\n' }, /tells no balloon/],
    ['control characters', { stderr: '\u001b[31mno\u0007', code: 1 }, /^crosvm failed: [^\p{Cc}]*$/u],
  ])('whose client prints %s is told so', async (_what, reply, reason) => {
    fake.play({ balloon_stats: reply });
    crosvm(1001);
    expect((await asked(1000)).monitor.reason).toMatch(reason);
  });

  it('on whose socket another listens, too, is neither asked nor changed any more', async () => {
    fake.play({ balloon_stats: healthy, balloon: {} });
    crosvm(1001);
    crosvm(1002, ['--socket', socketOf(1001)], socketOf(1001));
    for (const time of [1000, 1006]) await reader.poll(time, plenty);
    for (const { id, monitor } of reader.read(new Set(), 1006).guests) {
      expect(monitor).toMatchObject({
        state: 'none',
        reason: expect.stringMatching(/process \d+ listens on its control/),
      });
      await expect(reader.run(id, ['crosvm', 'balloon', '0', socketOf(1001)])).rejects.toThrow(/nothing was changed/);
    }
    expect(commands().filter(command => command.startsWith('balloon '))).toEqual([]);
  });
});

describe('its balloon', () => {
  const planned = async (size: string) => {
    const one = await asked(1000);
    return planStrictly(derive(undefined, sample({ time: 1001, guests: [one] })), {
      action: 'balloon',
      words: ['vm-1001', size],
    });
  };

  it('is told its own size, in bytes, at the guest’s socket', async () => {
    fake.play({ balloon_stats: healthy, balloon: {} });
    crosvm(1001);
    const { steps, refusal } = await planned('2G');
    expect(refusal).toBeUndefined();
    const words = ['crosvm', 'balloon', String(2 * GiB), socketOf(1001)];
    expect(steps).toMatchObject([{ kind: 'client', words, purpose: { kind: 'balloon', target: 2 * GiB } }]);
    await reader.run('1001.100', words);
    expect(fake.runs().at(-1)?.args).toEqual(words.slice(1));
  });

  it('is looked at again at once', async () => {
    fake.play({ balloon_stats: healthy, balloon: {} });
    crosvm(1001);
    await asked(1000);
    await reader.run('1001.100', ['crosvm', 'balloon', '0', socketOf(1001)]);
    fake.play({ balloon_stats: balloonStats(0, {}) });
    expect((await asked(1000.2)).monitor.balloon?.actual).toBe(4 * GiB);
  });

  it('is refused by crosvm in words', async () => {
    fake.play({
      balloon_stats: healthy,
      balloon: { stdout: 'unexpected response: Operation not supported\n', code: 1 },
    });
    crosvm(1001);
    await asked(1000);
    await expect(reader.run('1001.100', ['crosvm', 'balloon', '0', socketOf(1001)])).rejects.toThrow(
      /^crosvm balloon on vm-1001: crosvm failed: unexpected response: Operation not supported; it may have been done/,
    );
  });

  it('that waits behind a guest which does not answer may still be moved, and is told so', async () => {
    fake.play({ balloon_stats: healthy, balloon: { hang: true } });
    crosvm(1001);
    await asked(1000);
    const words = ['crosvm', 'balloon', '0', socketOf(1001)];
    await expect(reader.run('1001.100', words, { timeoutMs: 1500 })).rejects.toThrow(/may have been done all the same/);
  });

  it.each([
    ['another guest’s socket', ['crosvm', 'balloon', '0', '/run/other.sock'], /not about that guest/],
    ['another program', ['sh', '-c', '/run/vm.sock'], /not about that guest/],
  ])('is not moved by %s', async (_what, words, reason) => {
    fake.play({ balloon_stats: healthy, balloon: {} });
    crosvm(1001);
    await asked(1000);
    await expect(reader.run('1001.100', words)).rejects.toThrow(reason);
    expect(fake.runs()).toHaveLength(1);
  });

  it('is not moved of a process that has taken its PID', async () => {
    fake.play({ balloon_stats: healthy, balloon: {} });
    crosvm(1001);
    await asked(1000);
    tree.process(1001, { exe: '/usr/bin/crosvm', starttime: 200 });
    const words = ['crosvm', 'balloon', '0', socketOf(1001)];
    await expect(reader.run('1001.100', words)).rejects.toThrow(/no longer this guest/);
    await expect(reader.run('9.9', words)).rejects.toThrow(/gone/);
    expect(fake.runs()).toHaveLength(1);
  });

  it('is refused of a size that is not known', async () => {
    fake.play({ balloon_stats: healthy });
    crosvm(1001, ['--mem', 'much']);
    expect((await planned('2G')).refusal?.reason).toMatch(/size is not known/);
  });
});

describe('the client', () => {
  it('is found in the PATH', () => expect(trustedProgram('crosvm', `/nowhere:${fake.dir}`)).toBe(fake.file));

  it('is not run from a folder that others can write to, nor through one', async () => {
    const elsewhere = join(tree.dir, 'bin');
    tree.write('bin/x', '');
    symlinkSync(fake.file, join(elsewhere, 'crosvm'));
    expect(trustedProgram('crosvm', elsewhere)).toBe(join(elsewhere, 'crosvm'));
    chmodSync(elsewhere, 0o777);
    expect(trustedProgram('crosvm', elsewhere)).toBeUndefined();
    chmodSync(elsewhere, 0o755);
    chmodSync(fake.dir, 0o770);
    expect(trustedProgram('crosvm', elsewhere)).toBeUndefined();
    vi.stubEnv('PATH', elsewhere);
    fake.play({ balloon_stats: healthy });
    crosvm(1001);
    expect((await asked(1000)).monitor).toMatchObject({
      state: 'none',
      reason: 'seeing inside needs the program crosvm: no folder of the PATH that only root can change has it',
    });
    expect(fake.runs()).toEqual([]);
  });

  it.each([
    ['others can change', () => chmodSync(fake.file, 0o777)],
    ['can’t be run', () => chmodSync(fake.file, 0o644)],
  ])('is not one that %s', (_what, change) => {
    change();
    expect(trustedProgram('crosvm', fake.dir)).toBeUndefined();
  });

  it('is no folder, and of no relative folder', () => {
    expect(trustedProgram(MiB.toString(), fake.dir)).toBeUndefined();
    expect(trustedProgram('', fake.dir)).toBeUndefined();
    expect(trustedProgram('crosvm', '.:')).toBeUndefined();
  });
});
