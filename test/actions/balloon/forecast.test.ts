import { describe, expect, it } from 'vitest';
import { balloonForecasts, certainGain, mostGain } from '../../../src/actions/balloon/forecast.ts';
import { derive, type Model } from '../../../src/model.ts';
import type { GuestSample, HostSample, LaunchSample, MemoryPart, Numbers } from '../../../src/sample.ts';
import { GiB, MiB } from '../../../src/units.ts';
import { guest, sample } from '../../samples.ts';

interface Given {
  readonly id?: string;
  readonly launch?: LaunchSample;
  readonly status?: Numbers;
  readonly plugged?: number;
  readonly change?: Partial<GuestSample>;
  readonly devices?: NonNullable<GuestSample['monitor']['memoryDevices']>;
}

/** A guest of 4 GiB that holds 3 of them, all of it private; its QEMU has nothing of its own. */
const of4 = ({ id = '100.5000', launch, status, plugged = 0, change, devices }: Given = {}): GuestSample =>
  guest({
    id,
    launch: { size: 4 * GiB, backend: 'anon', memLock: false, ...launch },
    process: { status: { VmData: 4 * GiB + plugged, RssAnon: 3 * GiB, RssShmem: 0, ...status } },
    monitor: {
      state: 'ok',
      status: 'running',
      memory: { 'base-memory': 4 * GiB, 'plugged-memory': plugged },
      ...(devices ? { memoryDevices: devices } : {}),
      balloon: { device: true, actual: 4 * GiB },
    },
    ...change,
  });

/** On a host of 16 GiB: 5 are free, 3 page cache; 7 are available. */
const modelOf = (guests: readonly GuestSample[], host: HostSample = {}): Model =>
  derive(
    undefined,
    sample({
      guests,
      host: {
        meminfo: { MemTotal: 16 * GiB, MemFree: 5 * GiB, Cached: 3 * GiB, MemAvailable: 7 * GiB, AnonPages: 6 * GiB },
        ...host,
      },
    }),
  );

/** What comes back of a guest whose balloon goes from 4 GiB to `to`: at least, and at most; GiB. */
const back = (one: GuestSample, to = 2 * GiB, host: HostSample = {}): readonly number[] => {
  const model = modelOf([one], host);
  const change = { guest: model.guests[0]!, from: 4 * GiB, to };
  return [certainGain(model, change), mostGain(change)].map(bytes => Math.round((1000 * bytes) / GiB) / 1000);
};

const base = (kind: MemoryPart['kind'], size: number): MemoryPart => ({ use: 'base', kind, size });

describe('what a shrinking balloon brings', () => {
  it('is for sure what the guest holds beyond its new size, and at most what is taken', () => {
    expect(back(of4())).toEqual([1, 2]);
    expect(back(of4(), 3.5 * GiB)).toEqual([0, 0.5]);
    expect(back(of4({ status: { RssAnon: 1.5 * GiB } }))).toEqual([0, 1.5]);
    expect(back(of4({ status: { RssAnon: 4 * GiB } }))).toEqual([2, 2]);
    expect(back(of4({ status: { RssAnon: 9 * GiB, VmData: 4 * GiB } }))).toEqual([2, 2]);
  });

  it('is not what its VMM may have for itself', () => {
    expect(back(of4({ status: { VmData: 4.5 * GiB } }))).toEqual([0.5, 2]);
    expect(back(of4({ status: { VmData: 3 * GiB } }))).toEqual([1, 2]);
    expect(back(of4({ status: { VmData: 9 * GiB } }))).toEqual([0, 2]);
  });

  it('is not what KSM has merged, of which nothing is sure where the kernel does not say whose it is', () => {
    const merged = of4({
      change: { process: { status: of4().process.status!, ksm_stat: { ksm_merging_pages: 65_536 } } },
    });
    const ksm = { pages_shared: 1, pages_sharing: 9 };
    expect(back(merged, 2 * GiB, { ksm })).toEqual([0.75, 2]);
    expect(back(of4(), 2 * GiB, { ksm })).toEqual([0, 2]);
    expect(back(of4(), 2 * GiB, { ksm: { pages_shared: 0, pages_sharing: 0 } })).toEqual([1, 2]);
  });

  it('is what it holds in shared memory; private memory is its VMM’s own then', () => {
    const status = { VmData: GiB, RssAnon: GiB, RssShmem: 2.5 * GiB };
    expect(back(of4({ launch: { backend: 'shared' }, status }))).toEqual([0.5, 2]);
    expect(back(of4({ launch: { backend: 'shared' }, status: { ...status, RssShmem: 1.5 * GiB } }))).toEqual([0, 1.5]);
  });

  it('is what it holds in files, less twice its program: that has other files than code', () => {
    const status = { RssAnon: GiB, RssFile: 2.5 * GiB, VmExe: 64 * MiB, VmLib: 64 * MiB };
    // 2.5 GiB less 0.125, and less as much again.
    expect(back(of4({ launch: { parts: [base('file', 4 * GiB)] }, status }))).toEqual([0.25, 2]);
    expect(
      back(of4({ launch: { parts: [base('file', 4 * GiB)] }, status: { ...status, RssFile: 1.5 * GiB } })),
    ).toEqual([0, 1.375]);
  });

  it('is what it holds of all kinds that it is made of', () => {
    const parts = [base('anon', 2 * GiB), base('shmem', 2 * GiB)];
    // Of its private memory half a GiB may be its VMM's own.
    const status = { VmData: 2.5 * GiB, RssAnon: 1.5 * GiB, RssShmem: 1.5 * GiB };
    expect(back(of4({ launch: { parts }, status }))).toEqual([0.5, 2]);
    expect(back(of4({ launch: { parts }, status: { ...status, RssAnon: GiB, RssShmem: 0.5 * GiB } }))).toEqual([
      0, 1.5,
    ]);
  });

  it('is nothing where the host keeps its memory', () => {
    expect(back(of4({ launch: { memLock: true } }))).toEqual([0, 0]);
    expect(back(of4({ launch: { backend: 'hugetlb' } }))).toEqual([0, 0]);
  });

  it('is nothing for sure where its process can’t be read, and at most all that is ordinary memory', () => {
    const { status: _status, ...process } = of4().process;
    expect(back(of4({ change: { process } }))).toEqual([0, 2]);
    const parts = [base('anon', GiB), base('hugetlb', 3 * GiB)];
    expect(back(of4({ launch: { parts }, change: { process } }))).toEqual([0, 1]);
    const { VmData: _writable, ...rest } = of4().process.status!;
    expect(back(of4({ change: { process: { status: rest } } }))).toEqual([0, 2]);
  });
});

describe('a virtio-mem beside it', () => {
  const device = (id: string, size: number, most: number) => ({
    type: 'virtio-mem',
    id,
    values: { size, 'max-size': most },
  });
  const part = (id: string, kind: MemoryPart['kind'], size: number): MemoryPart => ({
    use: 'virtio-mem',
    id,
    kind,
    size,
    requested: 0,
  });
  /** It has 1 GiB plugged of 8, and holds 4.5 in all. */
  const withDevice = (kind: MemoryPart['kind'] | undefined, mapped: number): GuestSample =>
    of4({
      plugged: GiB,
      devices: [device('vm0', GiB, 8 * GiB)],
      ...(kind ? { launch: { parts: [base('anon', 4 * GiB), part('vm0', kind, 8 * GiB)] } } : {}),
      status: { RssAnon: 4.5 * GiB, VmData: mapped },
    });

  it('is mapped whole, plugged or not: what it has not plugged is not its VMM’s own', () => {
    // 4.5 GiB are held, 3 are to stay.
    expect(back(withDevice('anon', 12 * GiB), 3 * GiB)).toEqual([1, 1]);
    expect(back(withDevice(undefined, 12 * GiB), 3 * GiB)).toEqual([1, 1]);
    // 0.75 GiB more may be its VMM's own.
    expect(back(withDevice('anon', 12.75 * GiB), 3 * GiB)).toEqual([0.75, 1]);
  });

  it('is in no private mapping where it is of another kind', () => {
    // 4 GiB are private, so all of 0.75 beyond that may be its VMM's own, whatever is not plugged.
    expect(back(withDevice('shmem', 4.75 * GiB), 3 * GiB)).toEqual([0.75, 1]);
    expect(back(withDevice('shmem', 6 * GiB), 3 * GiB)).toEqual([0, 1]);
  });

  it('is told from others by its id, and from other devices by its type', () => {
    const mixed = (...devices: NonNullable<Given['devices']>): GuestSample =>
      of4({
        plugged: GiB,
        devices,
        launch: {
          parts: [base('anon', 4 * GiB), part('vm0', 'anon', 8 * GiB), part('vm1', 'shmem', 16 * GiB)],
        },
        status: { RssAnon: 4.5 * GiB, VmData: 12.5 * GiB },
      });
    // 8 GiB of the one are private, half a GiB beyond that is its VMM's own at most.
    expect(back(mixed(device('vm0', GiB, 8 * GiB), device('vm1', 0, 16 * GiB)), 3 * GiB)).toEqual([1, 1]);
    expect(back(mixed(device('vm0', GiB, 8 * GiB), { ...device('vm2', 0, 16 * GiB), type: 'dimm' }), 3 * GiB)).toEqual([
      1, 1,
    ]);
  });

  it('hides nothing by having more plugged than it can, or by not saying', () => {
    const strange = (values: Numbers): GuestSample =>
      of4({ devices: [{ type: 'virtio-mem', id: 'x', values }], status: { VmData: 4.5 * GiB } });
    expect(back(strange({ size: 2 * GiB, 'max-size': GiB }))).toEqual([0.5, 2]);
    expect(back(strange({ size: GiB }))).toEqual([0.5, 2]);
    expect(back(strange({ 'max-size': 256 * MiB }))).toEqual([0.75, 2]);
  });
});

describe('the forecasts', () => {
  /** The moves of each, in MiB, and what the host has available and the guests hold then. */
  const of = (model: Model, ...sizes: readonly (readonly [from: number, to: number])[]) =>
    balloonForecasts(
      model,
      sizes.map(([from, to], index) => ({ guest: model.guests[index]!, from: from * GiB, to: to * GiB })),
    ).map(({ assumes, moves, host, guests }) => ({
      assumes,
      moves: moves.map(({ from, to, bytes }) => `${from} ${to} ${bytes / MiB}`),
      available: host.mem_available! / MiB,
      guests,
    }));
  const mixed = of4({
    launch: { parts: [base('anon', 2 * GiB), base('shmem', 2 * GiB)] },
    status: { VmData: 2 * GiB, RssAnon: 2 * GiB, RssShmem: GiB },
  });

  it('of one that shrinks are what it brings at least, and at most', () => {
    expect(of(modelOf([of4()]), [4, 2])).toEqual([
      {
        assumes: 'at least',
        moves: ['guest_anon free 1024'],
        available: 8192,
        guests: { '100.5000': { balloon_actual: 2 * GiB, rss_anon: 2 * GiB } },
      },
      {
        assumes: 'at most',
        moves: ['guest_anon free 2048'],
        available: 9216,
        guests: { '100.5000': { balloon_actual: 2 * GiB, rss_anon: GiB } },
      },
    ]);
  });

  it('of one that grows are that it uses all of it: of what is free, then of page cache', () => {
    expect(of(modelOf([of4()]), [2, 4])).toEqual([
      {
        assumes: 'once all of it is used',
        moves: ['free guest_anon 2048'],
        available: 5120,
        guests: { '100.5000': { balloon_actual: 4 * GiB, rss_anon: 5 * GiB } },
      },
    ]);
    const [large] = of(
      modelOf([
        of4({ change: { launch: { size: 8 * GiB }, monitor: { state: 'ok', memory: { 'base-memory': 8 * GiB } } } }),
      ]),
      [1, 8],
    );
    expect(large?.moves).toEqual(['free guest_anon 5120', 'cache guest_anon 2048']);
  });

  it('are none where the host could give that only by swapping', () => {
    const huge = of4({
      change: { launch: { size: 64 * GiB }, monitor: { state: 'ok', memory: { 'base-memory': 64 * GiB } } },
    });
    expect(of(modelOf([huge]), [1, 10])).toEqual([]);
  });

  it('of several are at worst and at best, all of them together', () => {
    const two = modelOf([of4(), of4({ id: '2.1', status: { RssAnon: GiB } })]);
    expect(of(two, [4, 2], [1, 2])).toEqual([
      {
        assumes: 'at worst: what is given is used',
        moves: ['guest_anon free 1024', 'free guest_anon 1024'],
        available: 7168,
        guests: {
          '100.5000': { balloon_actual: 2 * GiB, rss_anon: 2 * GiB },
          '2.1': { balloon_actual: 2 * GiB, rss_anon: 2 * GiB },
        },
      },
      {
        assumes: 'at best',
        moves: ['guest_anon free 2048'],
        available: 9216,
        guests: {
          '100.5000': { balloon_actual: 2 * GiB, rss_anon: GiB },
          '2.1': { balloon_actual: 2 * GiB },
        },
      },
    ]);
  });

  it('take of each kind as the guest holds it, and give of each kind alike', () => {
    const [least, most] = of(modelOf([mixed]), [4, 2.5]);
    expect(least?.moves.map(move => Math.round(Number(move.split(' ')[2])))).toEqual([341, 171]);
    expect(least?.moves.map(move => move.split(' ')[0])).toEqual(['guest_anon', 'guest_shmem']);
    expect(most?.moves).toEqual(['guest_anon free 1024', 'guest_shmem free 512']);
    expect(most?.guests?.['100.5000']).toEqual({
      balloon_actual: 2.5 * GiB,
      rss_anon: GiB,
      rss_shmem: 0.5 * GiB,
    });
    expect(of(modelOf([mixed]), [3, 4])[0]?.moves).toEqual(['free guest_anon 512', 'free guest_shmem 512']);
    const file = of4({ launch: { parts: [base('file', 4 * GiB)] }, status: { RssFile: 3 * GiB } });
    expect(of(modelOf([file]), [3, 4])[0]?.moves).toEqual(['free guest_file 1024']);
    expect(of(modelOf([file]), [4, 2])[1]?.moves).toEqual(['guest_file free 2048']);
  });

  it('lose no byte, however it is split', () => {
    for (const to of [4 * GiB - 1, 4 * GiB - 2, 3 * GiB + 1]) {
      const model = modelOf([mixed]);
      const [, most] = balloonForecasts(model, [{ guest: model.guests[0]!, from: 4 * GiB, to }]);
      expect(most?.moves.reduce((sum, { bytes }) => sum + bytes, 0)).toBe(4 * GiB - to);
    }
  });

  it('give of no more than is in no hugepages, and of nothing where all is', () => {
    const parts = [base('anon', GiB), base('hugetlb', 3 * GiB)];
    const [part] = of(modelOf([of4({ launch: { parts } })]), [1, 4]);
    expect(part?.moves).toEqual(['free guest_anon 1024']);
    expect(of(modelOf([of4({ launch: { backend: 'hugetlb' } })]), [1, 4])).toEqual([
      {
        assumes: 'once all of it is used',
        moves: [],
        available: 7168,
        guests: { '100.5000': { balloon_actual: 4 * GiB } },
      },
    ]);
  });

  it('take a guest of which no kind is known for one with private memory', () => {
    const { backend: _backend, ...launch } = of4().launch;
    const [one] = of(modelOf([{ ...of4(), launch }]), [3, 4]);
    expect(one?.moves).toEqual(['free guest_anon 1024']);
  });
});
