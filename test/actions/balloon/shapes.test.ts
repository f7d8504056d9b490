import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { planStrictly } from '../../../src/actions/actions.ts';
import { defaultLimits } from '../../../src/actions/limits.ts';
import { createGuestReader } from '../../../src/collect/guests/guests.ts';
import { GuestMonitor } from '../../../src/collect/guests/monitors/qmp/monitor.ts';
import { derive, type Model } from '../../../src/model.ts';
import { idleMemory } from '../../../src/policy/findings/room.ts';
import { candidatesOf } from '../../../src/policy/policies/candidates.ts';
import { stress } from '../../../src/policy/stress.ts';
import { Root } from '../../../src/root.ts';
import type { LaunchSample } from '../../../src/sample.ts';
import { GiB, MiB } from '../../../src/units.ts';
import { makeTree } from '../../collect/guests/tree.ts';
import { settings } from '../../policy/policies/world.ts';
import { guestStats, healthy, type Peer, type Script, startPeer } from '../../qmp/peer.ts';
import { wayTo } from '../../qmp/way.ts';
import { guest, sample } from '../../samples.ts';

/** Guests of shapes that a balloon can misjudge, as QEMU tells them on its monitor. */

const now = 1_800_000_000;

let folder: string;
let peer: Peer;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kvmtop-shapes-'));
});
afterEach(async () => {
  await peer.close();
  rmSync(folder, { recursive: true });
});

interface Shape {
  readonly base: number;
  readonly dimms?: readonly number[];
  /** Plugged by virtio-mem. */
  readonly virtioMem?: number;
  readonly actual: number;
  readonly total: number;
  readonly available: number;
  readonly launch?: LaunchSample;
}

const sum = (sizes: readonly number[]): number => sizes.reduce((total, size) => total + size, 0);

const devicesOf = ({ dimms = [], virtioMem }: Shape): Script['replies'][string] => ({
  return: [
    ...dimms.map((size, index) => ({
      type: 'dimm',
      data: { id: `dimm${index}`, memdev: `/objects/d${index}`, size, slot: index, addr: 2 ** 32, hotpluggable: true },
    })),
    ...(virtioMem === undefined
      ? []
      : [
          {
            type: 'virtio-mem',
            data: { id: 'vm0', size: virtioMem, 'requested-size': virtioMem, 'max-size': 64 * GiB, 'block-size': MiB },
          },
        ]),
  ],
});

/** Starts its peer; gives where that listens. */
const listening = async (shape: Shape): Promise<string> => {
  const { base, dimms = [], virtioMem = 0, actual, total, available } = shape;
  const path = join(folder, 'qmp');
  peer = await startPeer(path, {
    ...healthy('web-1', {
      ...guestStats(now - 1, {
        'stat-total-memory': total,
        'stat-available-memory': available,
        'stat-free-memory': available - 8 * MiB,
      }),
    }),
    'query-balloon': { return: { actual } },
    'query-memory-size-summary': { return: { 'base-memory': base, 'plugged-memory': sum(dimms) + virtioMem } },
    'query-memory-devices': devicesOf(shape),
  });
  return path;
};

const startShape = async (shape: Shape): Promise<GuestMonitor> => {
  const path = await listening(shape);
  return new GuestMonitor([wayTo(path)], { name: 'web-1' });
};

const seen = async (monitor: GuestMonitor, launch: LaunchSample = {}): Promise<Model> => {
  await monitor.ask(now, 1);
  const one = guest({ launch, process: { status: { RssAnon: 8 * GiB } }, monitor: monitor.sample });
  return derive(
    undefined,
    sample({ time: now, guests: [one], host: { meminfo: { MemTotal: 64 * GiB, MemAvailable: 32 * GiB } } }),
  );
};

const model = async (shape: Shape): Promise<Model> => seen(await startShape(shape), shape.launch);

const asked = (one: Model, line: string) => {
  const [action = '', ...words] = line.split(' ');
  return planStrictly(one, { action, words });
};

describe('1 GiB of boot memory and 15 GiB in DIMMs', () => {
  const shape: Shape = {
    base: GiB,
    dimms: [7 * GiB, 8 * GiB],
    actual: 16 * GiB,
    total: 16_800_000_000,
    available: 8_000_000_000,
    launch: { size: GiB, maxmem: 4096 * GiB },
  };

  it.each(['max', '+1G', '16G', '100%'])('has all of it, so %s is no change', async size => {
    expect(asked(await model(shape), `balloon web-1 ${size}`).refusal?.reason).toBe('it already has 16.0 GiB');
  });

  it('has nothing to be given back', async () => {
    expect(asked(await model(shape), 'deflate-all').refusal?.reason).toBe('each has its size already');
  });

  it('is shrunk by what it loses, not by what lies above its boot memory', async () => {
    const one = await model(shape);
    const { refusal, effect } = asked(one, 'balloon web-1 12G');
    expect(refusal).toBeUndefined();
    expect(effect[0]).toBe('guest: uses 8.20 GiB; available falls from 7.45 GiB to about 3.45 GiB');
    expect(asked(one, 'balloon web-1 1G').refusal).toMatchObject({ forceable: true });
  });

  it('has all of it given back from where its balloon is', async () => {
    const { steps } = asked(await model({ ...shape, actual: 12 * GiB }), 'balloon web-1 max');
    expect(steps).toMatchObject([{ command: 'balloon', arguments: { value: 16 * GiB } }]);
  });

  it('is known by what was plugged a moment ago, too', async () => {
    const monitor = await startShape({ ...shape, dimms: [], actual: GiB });
    await seen(monitor);
    peer.script.replies['query-balloon'] = { return: { actual: 8 * GiB } };
    peer.script.replies['query-memory-size-summary'] = { return: { 'base-memory': GiB, 'plugged-memory': 15 * GiB } };
    peer.script.replies['query-memory-devices'] = devicesOf(shape);
    expect(asked(await seen(monitor), 'balloon web-1 max').steps).toMatchObject([{ arguments: { value: 16 * GiB } }]);
  });
});

describe('a guest that has less inside than its size says', () => {
  // crashkernel=192M: 152 of its 384 MiB are in its total.
  const crash: Shape = { base: 384 * MiB, actual: 384 * MiB, total: 152 * MiB, available: 129 * MiB };

  it('is not shrunk by more than it has available, whatever its size', async () => {
    const one = await model(crash);
    const { refusal, effect } = asked(one, 'balloon web-1 180M');
    expect(effect[0]).toBe('guest: uses 23.0 MiB; available falls from 129 MiB to about 0 B');
    expect(refusal).toEqual({
      reason: 'unsafe: leaves 0 B of 129 MiB available inside: minimum 383 MiB',
      forceable: true,
    });
    expect(asked(one, 'balloon web-1 383M').refusal).toBeUndefined();
    expect(asked(one, 'balloon web-1 382M').refusal?.reason).toMatch(/leaves 127 MiB of 129 MiB available/);
  });

  it('is not shrunk by what is plugged and offline', async () => {
    const shape = { base: 256 * MiB, dimms: [128 * MiB], actual: 384 * MiB, total: 218 * MiB, available: 180 * MiB };
    const one = await model(shape);
    expect(asked(one, 'balloon web-1 256M').refusal?.reason).toMatch(/leaves 52.0 MiB of 180 MiB available/);
    expect(asked(one, 'balloon web-1 340M').refusal).toBeUndefined();
  });

  it('is judged by the size of when it reported', async () => {
    const monitor = await startShape({ ...crash, total: 350 * MiB, available: 300 * MiB });
    await seen(monitor);
    // The driver has taken 100 MiB since that report.
    peer.script.replies['query-balloon'] = { return: { actual: 284 * MiB } };
    const one = await seen(monitor);
    expect(asked(one, 'balloon web-1 250M').effect[0]).toMatch(/falls from 300 MiB to about 166 MiB/);
    expect(asked(one, 'balloon web-1 211M').refusal?.reason).toMatch(
      /leaves 127 MiB of 300 MiB available inside: minimum 212 MiB/,
    );
  });

  it('keeps its margin available in every plan that is not refused', async () => {
    const monitor = await startShape(crash);
    await monitor.ask(now, 1);
    const size = fc.integer({ min: 0, max: 4096 });
    const { balloon, ...rest } = monitor.sample;
    fc.assert(
      fc.property(size, size, size, size, (base, total, available, to) => {
        const values = { 'stat-total-memory': total * MiB, 'stat-available-memory': available * MiB };
        const told = { ...balloon, device: true, actual: base * MiB, stats: { lastUpdate: now - 1, values } };
        const memory = { 'base-memory': base * MiB, 'plugged-memory': 0 };
        const one = guest({ monitor: { ...rest, memory, balloon: told } });
        const { refusal, steps } = asked(
          derive(undefined, sample({ time: now, guests: [one] })),
          `balloon web-1 ${to}M`,
        );
        if (to >= base || refusal || steps.length === 0) return;
        expect(available - (base - to)).toBeGreaterThanOrEqual(128);
      }),
    );
  });
});

describe('what virtio-mem plugged', () => {
  it('is used first when the balloon takes memory', async () => {
    const shape = { base: 4 * GiB, virtioMem: 12 * GiB, actual: 4 * GiB, total: 15.8 * GiB, available: 7.8 * GiB };
    const one = await model(shape);
    expect(asked(one, 'balloon web-1 2G').refusal).toBeUndefined();
    expect(asked(one, 'balloon web-1 512M').refusal?.reason).toBe(
      'unsafe: less than 25% of the 4.00 GiB that it can have: minimum 1.00 GiB',
    );
  });

  it('is not the balloon’s: it neither gives nor takes it', async () => {
    const shape: Shape = { base: GiB, virtioMem: 7 * GiB, actual: GiB, total: 7.9 * GiB, available: 6 * GiB };
    expect(asked(await model(shape), 'balloon web-1 max').refusal?.reason).toBe('it already has 1.00 GiB');
  });
});

describe('memory that a balloon can’t free', () => {
  const shape: Shape = { base: 4 * GiB, actual: 4 * GiB, total: 4 * GiB, available: 3 * GiB };
  const status = 'VmRSS:\t 4194304 kB\nRssAnon:\t 4194304 kB\n';

  /** The same guest as a process with a command line, seen as on a host. */
  const started = async (words: readonly string[], more = ''): Promise<Model> => {
    const path = await listening(shape);
    const tree = makeTree();
    const reader = createGuestReader(new Root(tree.dir), { monitors: true });
    try {
      const args = ['qemu', '-name', 'web-1', '-m', '4096', ...words, '-qmp', `unix:${path},server=on,wait=off`];
      tree.process(100, { exe: '/usr/bin/qemu-system-x86_64', args, files: { status: status + more } });
      await reader.poll(now, 20_000);
      const { guests } = reader.read(new Set(), now);
      expect(guests.map(({ monitor: { state } }) => state)).toEqual(['ok']);
      const host = { meminfo: { MemTotal: 16 * GiB, MemFree: 8 * GiB, MemAvailable: 8 * GiB } };
      return derive(undefined, sample({ time: now, guests, host }));
    } finally {
      await reader.close();
      tree.remove();
    }
  };

  it.each<[string, readonly string[], string, RegExp]>([
    [
      'VFIO',
      ['-device', 'vfio-pci,host=0000:01:00.0'],
      '',
      /its memory is pinned for a device \(vfio-pci\): a balloon/,
    ],
    ['vDPA', ['-netdev', 'vhost-vdpa,id=n0,vhostdev=/dev/x'], '', /pinned for a device \(vhost-vdpa\)/],
    ['mem-lock', ['-overcommit', 'mem-lock=on'], '', /locked \(mem-lock\)/],
    [
      'SEV',
      ['-machine', 'q35,confidential-guest-support=s0', '-object', 'sev-guest,id=s0'],
      '',
      /kept from the host \(SEV\)/,
    ],
    ['a device that was plugged in later', [], 'VmLck:\t 4194304 kB\n', /VmLck/],
  ])('of %s is not taken, and never said to come back', async (_what, words, more, why) => {
    const one = await started(words, more);
    const plan = asked(one, 'balloon web-1 3G');
    expect(plan.refusal).toEqual({ reason: expect.stringMatching(why), forceable: true });
    expect(plan.effect[1]).toMatch(/^host: gets back nothing: its memory is /);
    expect(plan.forecasts?.flatMap(({ moves }) => moves.map(({ bytes }) => bytes))).toEqual([]);
    expect(asked(one, 'balloon-all 3G').refusal?.reason).toMatch(why);
    expect(idleMemory(one, defaultLimits)).toEqual([]);
    expect(stress(one).balloons).toBe(0);
    expect(candidatesOf(one, settings)).toMatchObject({
      candidates: [],
      skipped: [{ why: expect.stringMatching(/^its memory is .*: a balloon would free nothing$/) }],
    });
  });

  it('of others is', async () => {
    const one = await started([]);
    expect(asked(one, 'balloon web-1 3G')).toMatchObject({
      effect: [expect.any(String), expect.stringMatching(/^host: gets back .* to 1.00 GiB/)],
    });
    expect(idleMemory(one, defaultLimits)).toHaveLength(1);
  });
});

describe('a size that no whole pages make', () => {
  it('is kept by whoever wants all of it', async () => {
    const shape: Shape = { base: GiB + 4096, actual: GiB + 4096, total: GiB, available: GiB / 2 };
    const one = await model(shape);
    const large = derive(undefined, { ...one.sample, pageSize: 65_536 });
    expect(asked(large, 'balloon web-1 max').refusal?.reason).toBe('it already has 1.00 GiB');
    expect(asked(large, 'balloon web-1 +1M').refusal?.reason).toBe('it already has 1.00 GiB');
  });
});
