import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createGuestReader, type GuestReader } from '../../../src/collect/guests/guests.ts';
import { runVirsh } from '../../../src/collect/guests/monitors/libvirt/change.ts';
import { Root } from '../../../src/root.ts';
import type { GuestSample, MonitorSample } from '../../../src/sample.ts';
import { until } from '../../until.ts';
import { type FakeVirsh, installFakeVirsh, type Script } from '../../virsh/fake.ts';
import { makeTree, type Tree } from './tree.ts';

const exe = '/usr/bin/qemu-system-x86_64';
const uri = 'qemu:///system';
/** Long enough for every answer of a fake, on a busy machine. */
const plenty = 20_000;
const MiB = 1024 ** 2;

let tree: Tree;
let fake: FakeVirsh;
let reader: GuestReader;
let path: string | undefined;
/** Longer than any answer of a fake takes; who waits for its end shortens it. Seconds. */
let patience = { domain: 20, migration: 20 };
beforeEach(() => {
  patience = { domain: 20, migration: 20 };
  tree = makeTree();
  path = process.env['PATH'];
  fake = installFakeVirsh();
  process.env['PATH'] = fake.dir;
  reader = createGuestReader(new Root(tree.dir), { monitors: true, libvirt: uri, libvirtPatience: patience });
});
afterEach(async () => {
  process.env['PATH'] = path;
  await reader.close();
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

const statsOf = (pid: number): string => `domstats --balloon --state --raw --nowait ${uuidOf(pid)}`;
const jobOf = (pid: number): string => `domjobinfo --rawstats ${uuidOf(pid)}`;
const xmlOf = (pid: number): string => `dumpxml ${uuidOf(pid)}`;

/** As libvirt 9.0 prints it. */
const stats = (lines: Readonly<Record<string, number>> = {}): string =>
  `Domain: 'vm'\n${Object.entries({
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
    ...lines,
  })
    .map(([key, value]) => `  ${key}=${value}\n`)
    .join('')}\n`;

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

/** Healthy answers for these guests, with others on top. */
const healthy = (pids: readonly number[], others: Script['answers'] = {}): Script => ({
  answers: {
    ...Object.fromEntries(
      pids.flatMap(pid => [
        [statsOf(pid), stats()],
        [xmlOf(pid), xml],
      ]),
    ),
    ...others,
  },
});

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
const gone = (pid: number): Promise<void> => until(`virsh ${pid} is gone`, 20_000, () => !lives(pid));
const shells = (): number[] => fake.runs().map(({ pid }) => pid);

describe("libvirt's guests", () => {
  it("are told with QMP's names, in bytes", async () => {
    guest(1001);
    fake.play(healthy([1001]));
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
    fake.play(healthy([1001], { [statsOf(1001)]: stats({ 'balloon.last-update': 1_700_000_002 }) }));
    expect((await one(1001))?.balloon).toMatchObject({
      stats: { lastUpdate: 1_700_000_002 },
      earlier: { lastUpdate: 1_700_000_000 },
    });
  });

  it('that stand still after a migration are told so, once libvirt says that it is at no work on them', async () => {
    guest(1001);
    const paused = stats({ 'state.state': 3, 'state.reason': 2 });
    const statusWith = async (time: number, job: string) => {
      fake.play(healthy([1001], { [statsOf(1001)]: paused, [jobOf(1001)]: job }));
      return (await one(time))?.status;
    };
    const incoming = 'error: internal error: migration statistics are available only on the source host\n';
    expect(await statusWith(1000, incoming)).toBe('paused');
    // Right at the next look, though jobs are mostly asked for more rarely.
    expect(await statusWith(1002, 'Job type:         0\n')).toBe('postmigrate');
    expect(await statusWith(1004, 'Job type: 2\noperation: 5\nmemory_total: 268967936\n')).toBe('paused');
    expect(await statusWith(1006, 'Job type: 2\noperation: 3\n')).toBe('paused');
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
      fake.play(healthy([1001], { [xmlOf(1001)]: plugged(mib) }));
      return (await one(time))?.memoryDevices?.[0]?.values['size'];
    };
    expect(await sizeWith(1000, 0)).toBe(0);
    expect(await sizeWith(1002, 128)).toBe(128 * MiB);
    expect(await sizeWith(1004, 512)).toBe(512 * MiB);
    // It has arrived, so what changes now is seen at the next rare look only.
    expect(await sizeWith(1006, 256)).toBe(512 * MiB);
    expect(await sizeWith(1040, 256)).toBe(256 * MiB);
  });

  it('are all asked by one read-only virsh, and for what hardly changes only at times', async () => {
    for (const pid of [1001, 1002, 1003]) guest(pid);
    fake.play(healthy([1001, 1002, 1003]));
    for (const time of [1000, 1002, 1004]) {
      expect([...(await asked(time)).values()].map(({ state }) => state)).toEqual(['ok', 'ok', 'ok']);
    }
    expect(fake.runs()).toEqual([{ pid: expect.any(Number), args: ['-r', '-c', uri] }]);
    expect(fake.commands().filter(command => command === xmlOf(1002))).toHaveLength(1);
    expect(fake.commands().filter(command => command === statsOf(1002))).toHaveLength(3);
    await asked(1035);
    expect(fake.commands().filter(command => command === xmlOf(1002))).toHaveLength(2);
  });

  it('cost no virsh where there are none, nor after the last has ended', async () => {
    tree.process(1002, { exe, args: ['qemu', '-name', 'plain'] });
    await asked(1000);
    expect(fake.runs()).toEqual([]);
    guest(1001);
    fake.play(healthy([1001]));
    await asked(1001);
    const [virsh = -1] = shells();
    expect(lives(virsh)).toBe(true);
    tree.end(1001);
    await asked(1002);
    await gone(virsh);
    // The next is asked by another.
    guest(1003);
    fake.play(healthy([1003]));
    expect((await one(1003, 1003))?.state).toBe('ok');
  });

  it('cost no virsh that outlives the reader', async () => {
    guest(1001);
    fake.play(healthy([1001], { [statsOf(1001)]: { hang: true } }));
    const poll = reader.poll(1000, plenty);
    await until('it is asked', 20_000, () => fake.commands().includes(statsOf(1001)));
    const [virsh = -1] = shells();
    await reader.close();
    await poll;
    expect(lives(virsh)).toBe(false);
  });

  it('understands answers that come in pieces', async () => {
    guest(1001);
    fake.play(healthy([1001], { [statsOf(1001)]: { split: stats() } }));
    expect((await one(1000))?.balloon?.actual).toBe(256 * MiB);
  });

  it.each([
    [[3, 1], 'paused'],
    [[3, 5], 'io-error'],
    [[6, 1], 'guest-panicked'],
    [[99, 0], undefined],
  ])('in libvirt’s state %j are %s', async ([state = 0, reason = 0], status) => {
    guest(1001);
    fake.play(healthy([1001], { [statsOf(1001)]: stats({ 'state.state': state, 'state.reason': reason }) }));
    expect((await one(1000))?.status).toBe(status);
  });

  it('without a balloon device have no balloon, though libvirt gives a size', async () => {
    guest(1001);
    fake.play(
      healthy([1001], { [xmlOf(1001)]: xml.replace(/<memballoon.*<\/memballoon>/s, "<memballoon model='none'/>") }),
    );
    expect((await one(1000))?.balloon).toEqual({ device: false });
  });

  it('of one UUID are refused, since what is said of one may be the other’s', async () => {
    guest(1001);
    guest(1002, 'rogue', uuidOf(1001));
    fake.play(healthy([1001]));
    const said = await asked(1000);
    expect(said.get(1001)).toMatchObject({ state: 'none', reason: expect.stringMatching(/process 1002 has its UUID/) });
    expect(said.get(1002)).toMatchObject({ state: 'none', reason: expect.stringMatching(/process 1001/) });
    await expect(reader.virsh('1001.100', ['setmem', uuidOf(1001), '1', '--live'])).rejects.toThrow(/has its UUID/);
    expect(fake.runs()).toEqual([]);
  });

  it('whose UUID is no UUID are not put to virsh', async () => {
    guest(1001, 'odd', 'x; connect qemu:///system');
    expect(await one(1000)).toMatchObject({ state: 'libvirt', reason: expect.stringMatching(/no UUID/) });
    expect(fake.runs()).toEqual([]);
  });
});

describe('what goes wrong', () => {
  it('with one QEMU that hangs leaves the others fresh, and is told as busy with its last values', async () => {
    const pids = [1001, 1002, 1003, 1004];
    for (const pid of pids) guest(pid);
    fake.play(healthy(pids));
    await asked(1000);
    fake.play(healthy(pids, { [statsOf(1002)]: { hang: true } }));
    patience.domain = 1;
    const said = await asked(1010);
    patience.domain = 20;
    expect(pids.map(pid => said.get(pid)?.state)).toEqual(['ok', 'busy', 'ok', 'ok']);
    expect(said.get(1002)).toMatchObject({
      reason: expect.stringMatching(/does not answer/),
      time: expect.closeTo(1000, -1),
      balloon: { actual: 256 * MiB },
    });
    for (const pid of [1001, 1003, 1004]) expect(said.get(pid)?.time).toBeGreaterThanOrEqual(1010);
    const [first = -1, ...others] = shells();
    await gone(first);
    expect(others).toHaveLength(1);
    // And it recovers.
    fake.play(healthy(pids));
    expect((await one(1012, 1002))?.state).toBe('ok');
  });

  it('with one that libvirt may not ask is told as busy, at no cost to the others', async () => {
    guest(1001);
    fake.play(healthy([1001]));
    await asked(1000);
    const cached = "Domain: 'vm'\n  state.state=1\n  balloon.current=5\n  balloon.maximum=262144\n\n";
    fake.play(healthy([1001], { [statsOf(1001)]: cached }));
    expect(await one(1002)).toMatchObject({ state: 'busy', balloon: { actual: 256 * MiB } });
    expect(fake.runs()).toHaveLength(1);
    fake.play(healthy([1001]));
    expect((await one(1003))?.state).toBe('ok');
  });

  it('is a domain of another libvirt', async () => {
    guest(1001);
    const answer = `error: failed to get domain '${uuidOf(1001)}'\n\n`;
    fake.play({ answers: { [statsOf(1001)]: answer, [xmlOf(1001)]: answer } });
    expect(await one(1000)).toEqual({
      state: 'libvirt',
      reason: 'libvirt at qemu:///system does not know it: give the right one with -c URI',
    });
    expect(reader.read(new Set(), 1000).problems).toEqual([
      { source: 'guest vm-1001', message: expect.stringMatching(/-c URI/) },
    ]);
  });

  it.each([
    ['no virsh', undefined, /apt install libvirt-clients/],
    [
      'no privilege',
      "error: failed to connect to the hypervisor\nerror: Failed to connect socket to '/run/x': Permission denied\n",
      /run as root or in group libvirt/,
    ],
    [
      'no libvirtd',
      "error: failed to connect to the hypervisor\nerror: Failed to connect socket to '/run/x': No such file or directory\nerror: Failed to create '/dev/null/libvirt/virsh': Not a directory\n",
      /start libvirtd.*\(Failed to connect socket to '\/run\/x': No such file or directory\)$/,
    ],
    ['garbage instead of a virsh', '\u001b[31mwhat?\n'.repeat(1000), /no connection to libvirt/],
  ])('is %s: told once, with what to do', async (_what, refusal, reason) => {
    for (const pid of [1001, 1002]) guest(pid);
    if (refusal === undefined) fake.uninstall();
    else fake.play({ refusal });
    const said = await asked(1000);
    for (const pid of [1001, 1002]) {
      expect(said.get(pid)).toEqual({ state: 'libvirt', reason: expect.stringMatching(reason) });
    }
    expect(reader.read(new Set(), 1000).problems).toEqual([
      { source: 'libvirt', message: expect.stringMatching(reason) },
    ]);
  });

  it('is a virsh that ends in the middle: the values stay, and another is tried after a pause', async () => {
    guest(1001);
    fake.play(healthy([1001]));
    await asked(1000);
    fake.play(healthy([1001], { [statsOf(1001)]: { exit: 1, text: "Domain: 'vm'\n  state.st" } }));
    expect(await one(1002)).toMatchObject({ state: 'libvirt', balloon: { actual: 256 * MiB } });
    fake.play(healthy([1001]));
    await until('it is asked again', 20_000, async () => (await one(1000 + performance.now()))?.state === 'ok');
    expect(reader.read(new Set(), 2000).problems).toEqual([]);
  });

  it.each([
    ['nothing', ''],
    ['garbage', '\u0000\u001b[2J {"state.state": 1}\n'],
    ['an error', 'error: Timed out during operation: cannot acquire state change lock\n\n'],
  ])('is %s for an answer: busy, and harmless to a terminal', async (_what, answer) => {
    guest(1001);
    fake.play(healthy([1001], { [statsOf(1001)]: answer }));
    const said = await one(1000);
    expect(said).toMatchObject({ state: 'busy', reason: expect.stringMatching(/^libvirt refused: [ -~]+$/) });
  });

  it('is an answer without end', async () => {
    guest(1001);
    fake.play(healthy([1001], { [statsOf(1001)]: 'x'.repeat(5 * MiB) }));
    expect(await one(1000)).toMatchObject({ state: 'libvirt', reason: expect.stringMatching(/without end/) });
  });
});

describe('a change', () => {
  const words = ['setmem', uuidOf(1001), '204800', '--live'];

  it('is a virsh of its own, and what it changed is looked at before it is called done', async () => {
    guest(1001);
    fake.play({ ...healthy([1001]), change: { stdout: '\n' } });
    await asked(1000);
    const before = fake.commands().length;
    fake.play({
      ...healthy([1001], { [xmlOf(1001)]: xml.replace("period='2'", "period='9'") }),
      change: { stdout: '\n' },
    });
    expect(await reader.virsh('1001.100', words)).toBe('');
    expect(fake.runs()[1]).toEqual({ pid: expect.any(Number), args: ['-c', uri, ...words] });
    expect(fake.commands().slice(before)).toEqual([xmlOf(1001), statsOf(1001), jobOf(1001)]);
    expect(guests(1000)[0]?.monitor.balloon?.pollingInterval).toBe(9);
  });

  it('is refused by libvirt, with its reason', async () => {
    guest(1001);
    const stderr = 'error: invalid argument: cannot set memory higher than max memory\n\n';
    fake.play({ ...healthy([1001]), change: { stderr, code: 1 } });
    await asked(1000);
    await expect(reader.virsh('1001.100', words)).rejects.toThrow(
      'virsh setmem on vm-1001: libvirt refused: invalid argument: cannot set memory higher than max memory; nothing was changed',
    );
  });

  it('is not done to a process that is another guest by now, nor to another guest, nor to one that is not libvirt’s', async () => {
    guest(1001);
    tree.process(1002, { exe, args: ['qemu', '-name', 'plain', '-uuid', uuidOf(1002)] });
    fake.play(healthy([1001]));
    await asked(1000);
    await expect(reader.virsh('1001.100', ['setmem', uuidOf(1002), '1'])).rejects.toThrow(/not about that guest/);
    await expect(reader.virsh('1002.100', ['setmem', uuidOf(1002), '1'])).rejects.toThrow(/nothing was sent/);
    await expect(reader.virsh('9.9', words)).rejects.toThrow(/gone/);
    tree.process(1001, { exe, args: ['qemu'], starttime: 555 });
    await expect(reader.virsh('1001.100', words)).rejects.toThrow(/no longer this guest/);
    expect(fake.runs()).toHaveLength(1);
  });

  it('is never a QMP command', async () => {
    guest(1001);
    fake.play(healthy([1001]));
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
  const idle = 'Job type: 0\n\n\n';
  const moving = (remaining: number): string =>
    `Job type: 2\n\noperation: 5\nmemory_total: 1000\nmemory_remaining: ${remaining}\nmemory_processed: 7\n\n`;
  const status = async (time: number): Promise<string | undefined> => (await one(time))?.migration?.status;

  it('goes on by itself, is told as it goes, and its failure with the reason', async () => {
    guest(1001);
    const under = healthy([1001], { [jobOf(1001)]: moving(400) });
    fake.play({ ...under, change: { hang: true } });
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
    fake.play({ ...healthy([1001], { [jobOf(1001)]: idle }), change });
    let time = 1011;
    await until('its failure is told', 20_000, async () => (await status(time++)) === 'failed');
    expect((await one(time))?.migration?.error).toMatch(/^virsh migrate on vm-1001: .*the disk is not there/);
    expect(reader.read(new Set(), time).migrated).toEqual([]);
  });

  it('that can’t begin fails at once', async () => {
    guest(1001);
    const stderr = 'error: unable to connect to server\n';
    fake.play({ ...healthy([1001]), change: { stderr, code: 1 } });
    await asked(1000);
    await expect(reader.virsh('1001.100', words, { kind: 'migrate' })).rejects.toThrow(
      /migrate on vm-1001: .*unable to connect to server/,
    );
  });

  it('that arrives is told though the guest is gone here, and holds up no end of kvmtop', async () => {
    guest(1001);
    const under = healthy([1001], { [jobOf(1001)]: moving(4) });
    fake.play({ ...under, change: { hang: true } });
    await asked(1000);
    patience.migration = 0.1;
    await reader.virsh('1001.100', words, { kind: 'migrate' });
    tree.end(1001);
    expect(reader.read(new Set(), 1001)).toMatchObject({ guests: [], migrated: [] });
    fake.play({ ...under, change: {} });
    await until('it is told', 20_000, () => reader.read(new Set(), 1002).migrated.includes('1001.100'));
    const started = performance.now();
    await reader.close();
    expect(performance.now() - started).toBeLessThan(patience.domain * 500);
  });

  it('of somebody else is seen, and is cancelled by an abort; without one nobody knows how it ended', async () => {
    guest(1001);
    fake.play({ ...healthy([1001], { [jobOf(1001)]: moving(400) }), change: {} });
    expect(await status(1000)).toBe('active');
    await reader.virsh('1001.100', ['domjobabort', uuidOf(1001)], { kind: 'migrate-cancel' });
    fake.play(healthy([1001], { [jobOf(1001)]: idle }));
    expect(await status(1002)).toBe('cancelled');
    fake.play(healthy([1001], { [jobOf(1001)]: moving(300) }));
    expect(await status(1010)).toBe('active');
    fake.play(healthy([1001], { [jobOf(1001)]: idle }));
    expect(await status(1012)).toBeUndefined();
  });

  it('of a domain that is not asked for is begun by nobody', async () => {
    guest(1001);
    fake.play(healthy([1001]));
    await asked(1000);
    await expect(
      reader.virsh('1001.100', ['migrate', '--live', uuidOf(1002), 'x'], { kind: 'migrate' }),
    ).rejects.toThrow(/not about that guest/);
  });
});
