import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createGuestReader, type GuestReader } from '../../../src/collect/guests/guests.ts';
import { runVirsh } from '../../../src/collect/guests/monitors/libvirt/change.ts';
import { Root } from '../../../src/root.ts';
import type { GuestSample, MonitorSample } from '../../../src/sample.ts';
import { type Domain, type Libvirtd, startLibvirtd } from '../../libvirtd/peer.ts';
import { until } from '../../until.ts';
import { type FakeVirsh, installFakeVirsh } from '../../virsh/fake.ts';
import { makeTree, type Tree } from './tree.ts';

const exe = '/usr/bin/qemu-system-x86_64';
/** Long enough for every answer of a fake, on a busy machine. */
const plenty = 20_000;
const MiB = 1024 ** 2;

let tree: Tree;
let uri: string;
let libvirtd: Libvirtd;
let fake: FakeVirsh;
let reader: GuestReader;
let path: string | undefined;
/** Longer than any answer of a peer takes; who waits for its end shortens it. Milliseconds. */
const unhurried = { domain: 20_000, quiet: 20_000, answer: 20_000, pause: 200 };
let patience = { migration: 20, rpc: { ...unhurried } };
beforeEach(async () => {
  patience = { migration: 20, rpc: { ...unhurried } };
  tree = makeTree();
  const socket = join(tree.dir, 'libvirt-sock');
  uri = `qemu+unix:///system?socket=${socket}`;
  libvirtd = await startLibvirtd(socket);
  path = process.env['PATH'];
  fake = installFakeVirsh();
  process.env['PATH'] = fake.dir;
  reader = createGuestReader(new Root(tree.dir), { monitors: true, libvirt: uri, libvirtPatience: patience });
});
afterEach(async () => {
  process.env['PATH'] = path;
  await reader.close();
  await libvirtd.stop();
  fake.remove();
  tree.remove();
});

const uuidOf = (pid: number): string => `938d9d25-c83b-41ac-81db-98444204${pid}`;

/** A guest in the tree, as libvirt starts it. */
const guest = (pid: number, name = `vm-${pid}`, uuid = uuidOf(pid)): void => {
  const monitor = ['-chardev', 'socket,id=m,fd=26,server=on,wait=off', '-mon', 'chardev=m,id=monitor,mode=control'];
  const args = ['qemu', '-name', `guest=${name},debug-threads=on`, '-m', '256', '-uuid', uuid, ...monitor];
  tree.process(pid, { exe, args });
};

/** As libvirt 9.0 tells it. */
const stats = (more: Readonly<Record<string, number>> = {}): Readonly<Record<string, number>> => ({
  'state.state': 1,
  'state.reason': 1,
  'balloon.current': 262_144,
  'balloon.maximum': 262_144,
  'balloon.swap_in': 4,
  'balloon.major_fault': 7,
  'balloon.unused': 196_376,
  'balloon.available': 218_372,
  'balloon.usable': 193_172,
  'balloon.last-update': 1_700_000_000,
  'balloon.disk_caches': 3120,
  'balloon.rss': 230_068,
  ...more,
});

const xml = `<domain type='qemu' id='1'>
  <name>vm</name>
  <memory unit='KiB'>262144</memory>
  <memtune>
    <hard_limit unit='KiB'>1048576</hard_limit>
  </memtune>
  <devices>
    <memballoon model='virtio' autodeflate='on'>
      <stats period='2'/>
      <alias name='balloon0'/>
    </memballoon>
  </devices>
</domain>

`;

/** Healthy answers for these guests, with others on top for the first. */
const healthy = (pids: readonly number[], others: Partial<Domain> = {}): Record<string, Domain> =>
  Object.fromEntries(pids.map((pid, index) => [uuidOf(pid), { stats: stats(), xml, ...(index === 0 ? others : {}) }]));

const guests = (time: number): readonly GuestSample[] => reader.read(new Set(), time).guests;
const asked = async (time: number): Promise<ReadonlyMap<number, MonitorSample>> => {
  guests(time);
  await reader.poll(time, plenty);
  return new Map(guests(time).map(one => [one.pid, one.monitor]));
};
const one = async (time: number, pid = 1001): Promise<MonitorSample | undefined> => (await asked(time)).get(pid);

const lives = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};
const problems = (time: number) => reader.read(new Set(), time).problems;

describe("libvirt's guests", () => {
  it("are told with QMP's names, in bytes", async () => {
    guest(1001);
    libvirtd.play(healthy([1001]));
    expect(await one(1000)).toEqual({
      state: 'ok',
      time: expect.closeTo(1000, -1),
      status: 'running',
      memory: { 'base-memory': 256 * MiB, 'plugged-memory': 0 },
      balloon: {
        device: true,
        actual: 256 * MiB,
        deflateOnOom: true,
        pollingInterval: 2,
        stats: {
          lastUpdate: 1_700_000_000,
          values: {
            'stat-swap-in': 4096,
            'stat-major-faults': 7,
            'stat-free-memory': 196_376 * 1024,
            'stat-total-memory': 218_372 * 1024,
            'stat-available-memory': 193_172 * 1024,
            'stat-disk-caches': 3120 * 1024,
          },
        },
      },
      memtune: { hard_limit: 1024 * MiB },
      memoryDevices: [],
    });
    expect(guests(1000)[0]?.manager).toBe('libvirt');
    libvirtd.play(healthy([1001], { stats: stats({ 'balloon.last-update': 1_700_000_002 }) }));
    expect((await one(1003))?.balloon).toMatchObject({
      stats: { lastUpdate: 1_700_000_002 },
      earlier: { lastUpdate: 1_700_000_000 },
    });
  });

  it('that stand still after a migration are told so, once libvirt says that it is at no work on them', async () => {
    guest(1001);
    const paused = stats({ 'state.state': 3, 'state.reason': 2 });
    const statusWith = async (time: number, job: Domain['job']) => {
      libvirtd.play(healthy([1001], { stats: paused, ...(job ? { job } : {}) }));
      return (await one(time))?.status;
    };
    const incoming = { error: 1, text: 'internal error: migration statistics are available only on the source host' };
    expect(await statusWith(1000, incoming)).toBe('paused');
    // Right at the next look, though jobs are mostly asked for more rarely.
    expect(await statusWith(1003, { type: 0 })).toBe('postmigrate');
    expect(await statusWith(1006, { type: 2, values: { operation: 5, memory_total: 268967936 } })).toBe('paused');
    expect(await statusWith(1009, { type: 2, values: { operation: 3 } })).toBe('paused');
  });

  it('whose virtio-mem is on its way are asked for it at every look, until it has arrived', async () => {
    guest(1001);
    const plugged = (mib: number): string => {
      const target =
        `<target><size unit='KiB'>1048576</size><block unit='KiB'>2048</block>` +
        `<requested unit='KiB'>524288</requested><current unit='KiB'>${mib * 1024}</current></target>`;
      const device = `<memory model='virtio-mem'>${target}<alias name='virtiomem0'/></memory>`;
      return xml.replace('<devices>', `<devices>${device}`);
    };
    const sizeWith = async (time: number, mib: number) => {
      libvirtd.play(healthy([1001], { xml: plugged(mib) }));
      return (await one(time))?.memoryDevices?.[0]?.values['size'];
    };
    expect(await sizeWith(1000, 0)).toBe(0);
    expect(await sizeWith(1002, 128)).toBe(128 * MiB);
    expect(await sizeWith(1004, 512)).toBe(512 * MiB);
    // It has arrived, so what changes now is seen at the next rare look only, or when libvirt tells of it.
    expect(await sizeWith(1007, 256)).toBe(512 * MiB);
    expect(await sizeWith(1040, 256)).toBe(256 * MiB);
    libvirtd.tell(438, uuidOf(1001));
    libvirtd.play(healthy([1001], { xml: plugged(384) }));
    await until('libvirt tells of it', 20_000, async () => (await sizeWith(1041, 384)) === 384 * MiB);
  });

  it('are all asked on one read-only connection, and for what hardly changes only at times', async () => {
    for (const pid of [1001, 1002, 1003]) guest(pid);
    libvirtd.play(healthy([1001, 1002, 1003]));
    for (const time of [1000, 1003, 1006]) {
      expect([...(await asked(time)).values()].map(({ state }) => state)).toEqual(['ok', 'ok', 'ok']);
    }
    const times = (what: string) => libvirtd.asked.filter(question => question === `${what} ${uuidOf(1002)}`).length;
    expect([libvirtd.connections(), libvirtd.opened]).toEqual([1, ['qemu:///system 1']]);
    expect([times('xml'), times('stats')]).toEqual([1, 3]);
    await asked(1035);
    expect([times('xml'), times('stats')]).toEqual([2, 4]);
    expect(fake.runs()).toEqual([]);
  });

  it('are asked when there is something new: a report, or what libvirt tells', async () => {
    guest(1001);
    const at = (time: number) => stats({ 'balloon.last-update': time });
    const asks = () => libvirtd.asked.filter(question => question.startsWith('stats')).length;
    const slow = xml.replace("period='2'", "period='10'");
    libvirtd.play(healthy([1001], { stats: at(998), xml: slow }));
    await asked(1000);
    for (let time = 1001; time < 1005; time += 1) await asked(time);
    expect(asks()).toBe(1);
    // For what no event tells of.
    for (let time = 1005; time < 1009; time += 1) await asked(time);
    expect(asks()).toBe(2);
    await asked(1009);
    expect(asks()).toBe(3);
    // That report is late: it is looked for at every round.
    await asked(1010);
    await asked(1011);
    expect(asks()).toBe(5);
    libvirtd.play(healthy([1001], { stats: at(1012), xml: slow }));
    await asked(1012);
    expect(asks()).toBe(6);
    libvirtd.play(healthy([1001], { stats: stats({ 'state.state': 3, 'state.reason': 1 }), xml: slow }));
    libvirtd.tell(318, uuidOf(1001));
    await until('it is asked', 20_000, async () => (await one(1013))?.status === 'paused');
    expect(asks()).toBe(7);
  });

  it('whose reports are off are asked rarely, and as soon as their balloon moves', async () => {
    guest(1001);
    const quiet = xml.replace(/<stats [^>]*>/, '');
    libvirtd.play(healthy([1001], { stats: stats({ 'balloon.last-update': 0 }), xml: quiet }));
    for (let time = 1000; time < 1005; time += 1) await asked(time);
    expect(libvirtd.asked.filter(question => question.startsWith('stats'))).toHaveLength(1);
    libvirtd.play(healthy([1001], { stats: stats({ 'balloon.current': 204_800 }), xml: quiet }));
    libvirtd.tell(331, uuidOf(1001));
    await until('it is asked', 20_000, async () => (await one(1004))?.balloon?.actual === 200 * MiB);
  });

  it('have every statistic that libvirt gives, also those that come later', async () => {
    guest(1001);
    libvirtd.play(healthy([1001], { stats: stats({ 'balloon.oom_kill': 3, 'balloon.hugetlb_pgalloc': 5 }) }));
    expect((await one(1000))?.balloon?.stats?.values).toMatchObject({ 'stat-oom-kill': 3, 'stat-htlb-pgalloc': 5 });
  });

  it('cost no connection where there are none, nor after the last has ended', async () => {
    tree.process(1002, { exe, args: ['qemu', '-name', 'plain'] });
    await asked(1000);
    expect(libvirtd.connections()).toBe(0);
    guest(1001);
    libvirtd.play(healthy([1001]));
    await asked(1001);
    expect(libvirtd.open()).toBe(1);
    tree.end(1001);
    await asked(1002);
    await until('it is closed', 20_000, () => libvirtd.open() === 0);
    // The next is asked on another.
    guest(1003);
    libvirtd.play(healthy([1003]));
    expect((await one(1003, 1003))?.state).toBe('ok');
  });

  it('cost no connection that outlives the reader', async () => {
    guest(1001);
    libvirtd.play(healthy([1001], { hangs: true }));
    const poll = reader.poll(1000, plenty);
    await until('it is asked', 20_000, () => libvirtd.asked.includes(`stats ${uuidOf(1001)}`));
    await reader.close();
    await poll;
    await until('it is closed', 20_000, () => libvirtd.open() === 0);
  });

  it('are understood when answers come in pieces', async () => {
    guest(1001);
    libvirtd.behave('split');
    libvirtd.play(healthy([1001]));
    expect((await one(1000))?.balloon?.actual).toBe(256 * MiB);
  });

  it('are asked after polkit was, where libvirtd wants that', async () => {
    guest(1001);
    libvirtd.auth = [2];
    libvirtd.play(healthy([1001]));
    expect((await one(1000))?.state).toBe('ok');
  });

  it.each([
    [[3, 1], 'paused'],
    [[3, 5], 'io-error'],
    [[6, 1], 'guest-panicked'],
    [[99, 0], undefined],
  ])('in libvirt’s state %j are %s', async ([state = 0, reason = 0], status) => {
    guest(1001);
    libvirtd.play(healthy([1001], { stats: stats({ 'state.state': state, 'state.reason': reason }) }));
    expect((await one(1000))?.status).toBe(status);
  });

  it('without a balloon device have no balloon, though libvirt gives a size', async () => {
    guest(1001);
    libvirtd.play(healthy([1001], { xml: xml.replace(/<memballoon.*<\/memballoon>/s, "<memballoon model='none'/>") }));
    expect((await one(1000))?.balloon).toEqual({ device: false });
  });

  it('of one UUID are refused, since what is said of one may be the other’s', async () => {
    guest(1001);
    guest(1002, 'rogue', uuidOf(1001));
    libvirtd.play(healthy([1001]));
    const said = await asked(1000);
    expect(said.get(1001)).toMatchObject({ state: 'none', reason: expect.stringMatching(/process 1002 has its UUID/) });
    expect(said.get(1002)).toMatchObject({ state: 'none', reason: expect.stringMatching(/process 1001/) });
    await expect(reader.virsh('1001.100', ['setmem', uuidOf(1001), '1', '--live'])).rejects.toThrow(/has its UUID/);
    expect([libvirtd.asked, fake.runs()]).toEqual([[], []]);
  });

  it('whose UUID is no UUID are not asked for', async () => {
    guest(1001, 'odd', 'x; connect qemu:///system');
    expect(await one(1000)).toMatchObject({ state: 'libvirt', reason: expect.stringMatching(/no UUID/) });
    expect(libvirtd.connections()).toBe(0);
  });
});

describe('what goes wrong', () => {
  const pids = [1001, 1002, 1003, 1004, 1005, 1006, 1007, 1008];
  const hanging = (those: readonly number[]) =>
    Object.fromEntries(pids.map(pid => [uuidOf(pid), { stats: stats(), xml, hangs: those.includes(pid) }]));
  const states = async (time: number) => {
    const said = await asked(time);
    return pids.map(pid => said.get(pid)?.state);
  };

  it('with one QEMU that hangs leaves the others fresh, is told as busy, and costs libvirtd one question', async () => {
    for (const pid of pids) guest(pid);
    libvirtd.play(hanging([]));
    await asked(1000);
    libvirtd.play(hanging([1002]));
    patience.rpc.domain = 500;
    const said = await asked(1010);
    patience.rpc.domain = 20_000;
    expect(pids.map(pid => said.get(pid)?.state)).toEqual(['ok', 'busy', ...Array(6).fill('ok')]);
    expect(said.get(1002)).toMatchObject({
      reason: expect.stringMatching(/does not answer/),
      time: expect.closeTo(1000, -1),
      balloon: { actual: 256 * MiB },
    });
    for (const pid of [1001, 1003, 1004]) expect(said.get(pid)?.time).toBeGreaterThanOrEqual(1010);
    const asks = () => libvirtd.asked.filter(question => question === `stats ${uuidOf(1002)}`).length;
    const before = asks();
    for (let time = 1013; time < 1030; time += 3) expect((await states(time))[1]).toBe('busy');
    expect([asks() - before, libvirtd.connections(), problems(1030)]).toEqual([0, 1, []]);
    // And it is asked again as soon as that was answered.
    libvirtd.play(hanging([]));
    await until('it is well again', 20_000, async () => (await states(1031))[1] === 'ok');
  });

  it('with more QEMUs that hang than libvirtd takes questions of one client leaves the others fresh', async () => {
    for (const pid of pids) guest(pid);
    libvirtd.play(hanging([]));
    await asked(1000);
    libvirtd.play(hanging(pids.slice(0, 6)));
    patience.rpc.domain = 500;
    const hung = [...Array(6).fill('busy'), 'ok', 'ok'];
    await until('all is told', 20_000, async () => JSON.stringify(await states(1010)) === JSON.stringify(hung));
    expect(problems(1010)).toEqual([]);
    patience.rpc.domain = 20_000;
    libvirtd.play(hanging([]));
    let time = 1100;
    await until('all are well', 20_000, async () => {
      time += 40;
      return (await states(time)).every(state => state === 'ok');
    });
  });

  it('is never more than libvirtd takes of a client, with a place to ask whether it is there', async () => {
    for (const pid of pids) guest(pid);
    patience.rpc.quiet = 100;
    libvirtd.play(hanging(pids));
    const poll = reader.poll(1000, plenty);
    await until('it is asked', 20_000, () => libvirtd.most() >= 4);
    await until('it is asked whether it is there', 20_000, () => libvirtd.most() >= 5);
    expect(problems(1000)).toEqual([]);
    libvirtd.play(hanging([]));
    await poll;
    expect((await states(1000)).every(state => state === 'ok')).toBe(true);
    expect(libvirtd.most()).toBe(5);
  });

  it('with one that libvirt may not ask is told as busy, at no cost to the others', async () => {
    guest(1001);
    libvirtd.play(healthy([1001]));
    await asked(1000);
    libvirtd.play(healthy([1001], { stats: { 'state.state': 1, 'balloon.current': 5, 'balloon.maximum': 262144 } }));
    expect(await one(1003)).toMatchObject({ state: 'busy', balloon: { actual: 256 * MiB } });
    libvirtd.play(healthy([1001]));
    expect((await one(1004))?.state).toBe('ok');
    expect(libvirtd.connections()).toBe(1);
  });

  it('is a domain of another libvirt', async () => {
    guest(1001);
    expect(await one(1000)).toEqual({
      state: 'libvirt',
      reason: expect.stringMatching(/^libvirt at qemu\+unix:.* does not know it: give the right one with -c URI$/),
    });
    expect(problems(1000)).toEqual([{ source: 'guest vm-1001', message: expect.stringMatching(/-c URI/) }]);
  });

  it.each([
    [
      'no libvirtd',
      () => libvirtd.stop(),
      /start libvirtd, or give the right one with -c URI \(socket .*there is none\)$/,
    ],
    [
      'a password',
      () => {
        libvirtd.auth = [1];
      },
      /no privilege.* SASL/,
    ],
    [
      'polkit’s no',
      () => {
        libvirtd.auth = [2];
        libvirtd.polkitRefuses = true;
      },
      /run as root or in group libvirt \(authentication failed: polkit/,
    ],
    ['garbage', () => libvirtd.behave('garbage'), /no libvirtd: it sent a message of 1213486160 bytes/],
    ['an answer of 100 MB', () => libvirtd.behave('oversized'), /no libvirtd: it sent a message of 100000000 bytes/],
    ['an answer to nothing', () => libvirtd.behave('stray'), /no libvirtd: it sent an answer to nothing/],
    ['an answer that ends too soon', () => libvirtd.behave('short'), /no libvirtd: it sent \d+ bytes|too few bytes/],
  ])('is %s: told once, with what to do', async (_what, provoke, reason) => {
    for (const pid of [1001, 1002]) guest(pid);
    await provoke();
    const said = await asked(1000);
    for (const pid of [1001, 1002]) {
      expect(said.get(pid)).toEqual({ state: 'libvirt', reason: expect.stringMatching(reason) });
    }
    expect(problems(1000)).toEqual([{ source: 'libvirt', message: expect.stringMatching(reason) }]);
    expect(problems(1000)[0]?.message).toMatch(/^[ -~]{1,400}$/);
  });

  it('is a libvirtd that is stopped and started: told at once, the values stay, and it is asked again by itself', async () => {
    for (const pid of [1001, 1002]) guest(pid);
    libvirtd.play(healthy([1001, 1002]));
    await asked(1000);
    await libvirtd.stop();
    await until('it is told', 20_000, () => problems(1000).length > 0);
    expect(problems(1000)).toEqual([
      { source: 'libvirt', message: expect.stringMatching(/^libvirtd is gone \(socket .*\): retrying; /) },
    ]);
    expect(await one(1003)).toMatchObject({
      state: 'libvirt',
      reason: expect.stringMatching(/^libvirtd is gone/),
      balloon: { actual: 256 * MiB },
    });
    await libvirtd.start();
    await until('it is asked again', 20_000, () => problems(1003).length === 0);
    expect([...(await asked(1003)).values()].map(({ state }) => state)).toEqual(['ok', 'ok']);
  });

  it('is a libvirtd that hangs: none of its guests is called busy, and all are well once it answers', async () => {
    for (const pid of [1001, 1002]) guest(pid);
    patience.rpc.quiet = 200;
    patience.rpc.answer = 200;
    libvirtd.play(healthy([1001, 1002]));
    await asked(1000);
    libvirtd.behave('silent');
    const said = await asked(1003);
    for (const pid of [1001, 1002])
      expect(said.get(pid)).toMatchObject({
        state: 'libvirt',
        reason: expect.stringMatching(/^libvirtd does not answer \(socket /),
        balloon: { actual: 256 * MiB },
      });
    expect(problems(1003)).toEqual([{ source: 'libvirt', message: said.get(1001)?.reason }]);
    libvirtd.behave('ok');
    await until('it answers', 20_000, () => problems(1003).length === 0);
    expect([...(await asked(1003)).values()].map(({ state }) => state)).toEqual(['ok', 'ok']);
  });

  it('is found though nothing is due, within the time that it has to answer', async () => {
    guest(1001);
    patience.rpc.quiet = 200;
    patience.rpc.answer = 200;
    libvirtd.play(healthy([1001]));
    await asked(1000);
    const before = libvirtd.asked.length;
    libvirtd.behave('silent');
    await until('it is told', 20_000, () => problems(1000).some(({ message }) => /does not answer/.test(message)));
    expect(libvirtd.asked).toHaveLength(before);
  });

  it.each([
    ['an error', { error: 68, text: 'Timed out during operation: cannot acquire state change lock' }],
    ['an odd one', { error: 1, text: '\u001b[2J\u0000“\u202e”' }],
  ])('is %s for an answer: busy, and harmless to a terminal', async (_what, answer) => {
    guest(1001);
    libvirtd.play(healthy([1001], { stats: answer }));
    const said = await one(1000);
    expect(said).toMatchObject({
      state: 'busy',
      reason: expect.stringMatching(/^libvirt refused: [^\u0000-\u001f\u202e]+$/),
    });
  });
});

describe('a change', () => {
  const words = ['setmem', uuidOf(1001), '204800', '--live'];

  it('is a virsh of its own, and what it changed is looked at before it is called done', async () => {
    guest(1001);
    libvirtd.play(healthy([1001]));
    await asked(1000);
    const before = libvirtd.asked.length;
    fake.play({ change: { stdout: '\n' } });
    libvirtd.play(healthy([1001], { xml: xml.replace("period='2'", "period='9'") }));
    expect(await reader.virsh('1001.100', words)).toBe('');
    expect(fake.runs()).toEqual([{ pid: expect.any(Number), args: ['-c', uri, ...words] }]);
    const uuid = uuidOf(1001);
    expect(libvirtd.asked.slice(before)).toEqual([`xml ${uuid}`, `stats ${uuid}`, `job ${uuid}`]);
    expect(guests(1000)[0]?.monitor.balloon?.pollingInterval).toBe(9);
  });

  it('is refused by libvirt, with its reason', async () => {
    guest(1001);
    const stderr = 'error: invalid argument: cannot set memory higher than max memory\n\n';
    libvirtd.play(healthy([1001]));
    fake.play({ change: { stderr, code: 1 } });
    await asked(1000);
    await expect(reader.virsh('1001.100', words)).rejects.toThrow(
      'virsh setmem on vm-1001: libvirt refused: invalid argument: cannot set memory higher than max memory; nothing was changed',
    );
  });

  it('is not done to a process that is another guest by now, nor to another guest, nor to one that is not libvirt’s', async () => {
    guest(1001);
    tree.process(1002, { exe, args: ['qemu', '-name', 'plain', '-uuid', uuidOf(1002)] });
    libvirtd.play(healthy([1001]));
    await asked(1000);
    await expect(reader.virsh('1001.100', ['setmem', uuidOf(1002), '1'])).rejects.toThrow(/not about that guest/);
    await expect(reader.virsh('1002.100', ['setmem', uuidOf(1002), '1'])).rejects.toThrow(/nothing was sent/);
    await expect(reader.virsh('9.9', words)).rejects.toThrow(/gone/);
    tree.process(1001, { exe, args: ['qemu'], starttime: 555 });
    await expect(reader.virsh('1001.100', words)).rejects.toThrow(/no longer this guest/);
    expect(fake.runs()).toEqual([]);
  });

  it('is never a QMP command', async () => {
    guest(1001);
    libvirtd.play(healthy([1001]));
    await asked(1000);
    await expect(reader.execute('1001.100', 'balloon', { value: 1 })).rejects.toThrow(
      /belongs to libvirt; nothing was sent/,
    );
  });

  it('that hangs is ended, and told as perhaps done', async () => {
    fake.play({ change: { hang: true } });
    await expect(runVirsh(uri, words, 'virsh setmem on x', 500)).rejects.toThrow(/within 0.5 s; it may have been done/);
    // However far it has come.
    await until('it is gone', 20_000, () => fake.alive().length === 0);
  });

  it('without virsh says what to install', async () => {
    fake.uninstall();
    await expect(runVirsh(uri, words, 'virsh setmem on x', 5000)).rejects.toMatchObject({
      trouble: 'missing',
      message: expect.stringMatching(/apt install libvirt-clients; nothing was changed/),
    });
  });

  it('without privilege says who has it', async () => {
    const stderr = 'error: failed to connect to the hypervisor\nerror: authentication unavailable: no polkit agent\n';
    fake.play({ change: { stderr, code: 1 } });
    await expect(runVirsh(uri, words, 'virsh setmem on x', 5000)).rejects.toMatchObject({
      trouble: 'denied',
      message: expect.stringMatching(/run as root or in group libvirt/),
    });
  });
});

describe('a migration', () => {
  const words = ['migrate', '--live', '--p2p', uuidOf(1001), 'qemu+ssh://b/system'];
  const moving = (remaining: number): Partial<Domain> => {
    const values = { operation: 5, memory_total: 1000, memory_remaining: remaining, memory_processed: 7 };
    return { job: { type: 2, values } };
  };
  const status = async (time: number): Promise<string | undefined> => (await one(time))?.migration?.status;

  it('goes on by itself, is told as it goes, and its failure with the reason', async () => {
    guest(1001);
    libvirtd.play(healthy([1001], moving(400)));
    fake.play({ change: { hang: true } });
    await asked(1000);
    patience.migration = 0.1;
    expect(await reader.virsh('1001.100', words, { kind: 'migrate' })).toBe('');
    // Called done while its virsh still runs.
    await until('it runs', 20_000, () => fake.runs().some(({ args }) => args.includes('migrate')));
    const migrating = fake.runs().find(({ args }) => args.includes('migrate'));
    expect(migrating?.args).toEqual(['-c', uri, ...words]);
    expect(lives(migrating?.pid ?? -1)).toBe(true);
    expect((await one(1010))?.migration).toMatchObject({ status: 'active', ram: { total: 1000, remaining: 400 } });
    const change = { stderr: 'error: internal error: the disk is not there\n', code: 1 };
    libvirtd.play(healthy([1001]));
    fake.play({ change });
    let time = 1011;
    await until('its failure is told', 20_000, async () => (await status(time++)) === 'failed');
    expect((await one(time))?.migration?.error).toMatch(/^virsh migrate on vm-1001: .*the disk is not there/);
    expect(reader.read(new Set(), time).migrated).toEqual([]);
  });

  it('that can’t begin fails at once', async () => {
    guest(1001);
    const stderr = 'error: unable to connect to server\n';
    libvirtd.play(healthy([1001]));
    fake.play({ change: { stderr, code: 1 } });
    await asked(1000);
    await expect(reader.virsh('1001.100', words, { kind: 'migrate' })).rejects.toThrow(
      /migrate on vm-1001: .*unable to connect to server/,
    );
  });

  it('that arrives is told though the guest is gone here, and holds up no end of kvmtop', async () => {
    guest(1001);
    libvirtd.play(healthy([1001], moving(4)));
    fake.play({ change: { hang: true } });
    await asked(1000);
    patience.migration = 0.1;
    await reader.virsh('1001.100', words, { kind: 'migrate' });
    tree.end(1001);
    expect(reader.read(new Set(), 1001)).toMatchObject({ guests: [], migrated: [] });
    fake.play({ change: {} });
    await until('it is told', 20_000, () => reader.read(new Set(), 1002).migrated.includes('1001.100'));
    const started = performance.now();
    await reader.close();
    expect(performance.now() - started).toBeLessThan(10_000);
  });

  it('of somebody else is seen, and is cancelled by an abort; without one nobody knows how it ended', async () => {
    guest(1001);
    libvirtd.play(healthy([1001], moving(400)));
    fake.play({ change: {} });
    expect(await status(1000)).toBe('active');
    await reader.virsh('1001.100', ['domjobabort', uuidOf(1001)], { kind: 'migrate-cancel' });
    libvirtd.play(healthy([1001]));
    expect(await status(1002)).toBe('cancelled');
    libvirtd.play(healthy([1001], moving(300)));
    expect(await status(1010)).toBe('active');
    libvirtd.play(healthy([1001]));
    expect(await status(1012)).toBeUndefined();
  });

  it('of a domain that is not asked for is begun by nobody', async () => {
    guest(1001);
    libvirtd.play(healthy([1001]));
    await asked(1000);
    await expect(
      reader.virsh('1001.100', ['migrate', '--live', uuidOf(1002), 'x'], { kind: 'migrate' }),
    ).rejects.toThrow(/not about that guest/);
  });
});
