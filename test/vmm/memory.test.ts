import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type {
  Backing,
  GuestSample,
  LaunchSample,
  MemoryDeviceSample,
  MemoryPart,
  MonitorSample,
  Numbers,
} from '../../src/sample.ts';
import { GiB } from '../../src/units.ts';
import {
  allHugepages,
  backendWord,
  balloonMaximum,
  given,
  isUnseen,
  memSize,
  mostMemory,
  ordinaryRam,
  ramByKind,
  whyKept,
  whyPartlyKept,
  withheld,
} from '../../src/vmm/memory.ts';
import { guest } from '../samples.ts';

const device = (type: string, size: number): MemoryDeviceSample => ({ type, values: { size } });

const maximum = (monitor: Partial<MonitorSample>, size?: number): number | undefined =>
  balloonMaximum(guest({ launch: size === undefined ? {} : { size }, monitor: { state: 'ok', ...monitor } }));

const memory = { 'base-memory': GiB, 'plugged-memory': 3 * GiB };

describe('why a balloon frees nothing', () => {
  const why = (launch: LaunchSample, status: Numbers = {}) =>
    whyKept(guest({ launch: { size: 4 * GiB, backend: 'anon', memLock: false, ...launch }, process: { status } }));

  it.each<[string, LaunchSample, Numbers, string | undefined]>([
    ['ordinary memory', {}, { VmPin: 0, VmLck: 0 }, undefined],
    ['shared memory', { backend: 'shared' }, {}, undefined],
    ['hugepages', { backend: 'hugetlb' }, {}, 'its memory is in hugepages'],
    ['mem-lock', { memLock: true }, {}, 'its memory is locked (mem-lock)'],
    ['VFIO', { pinnedBy: 'vfio-pci' }, {}, 'its memory is pinned for a device (vfio-pci)'],
    ['SEV', { confidential: 'SEV' }, {}, 'its memory is kept from the host (SEV)'],
    ['a device plugged in later', {}, { VmLck: 4 * GiB + 4096 }, 'its memory is locked or pinned (VmLck)'],
    ['the same by iommufd or vDPA', {}, { VmPin: 3.7 * GiB }, 'its memory is pinned (VmPin)'],
    ['what io_uring pins', {}, { VmPin: 0.1 * GiB, VmLck: 0.1 * GiB }, undefined],
  ])('%s', (_what, launch, status, reason) => {
    expect(why(launch, status)).toBe(reason);
  });

  it('is not told of a guest of unknown size', () => {
    expect(whyKept(guest({ process: { status: { VmLck: GiB } } }))).toBeUndefined();
  });

  it('is all the more unknown of what is in a guest_memfd', () => {
    expect(['SEV', 'SEV-SNP', 'TDX'].map(confidential => isUnseen(guest({ launch: { confidential } })))).toEqual([
      false,
      true,
      true,
    ]);
    expect(isUnseen(guest({}))).toBe(false);
  });
});

describe('what a guest has', () => {
  const of = (monitor: Partial<MonitorSample>, size?: number) => {
    const one = guest({ launch: size === undefined ? {} : { size }, monitor: { state: 'ok', ...monitor } });
    return { size: memSize(one), withheld: withheld(one), given: given(one) };
  };
  const balloon = { device: true, actual: GiB };

  it('is all that is plugged, less what its balloon keeps from it, which is none of virtio-mem’s', () => {
    const summary = { 'base-memory': 2 * GiB, 'plugged-memory': 4 * GiB };
    const memoryDevices = [device('dimm', GiB), device('virtio-mem', 3 * GiB)];
    expect(of({ memory: summary, memoryDevices, balloon })).toEqual({
      size: 6 * GiB,
      withheld: 2 * GiB,
      given: 4 * GiB,
    });
  });

  it('is all that is plugged without a balloon, and what the balloon tells where nothing else does', () => {
    expect(of({ memory, balloon: { device: false } })).toEqual({ size: 4 * GiB, withheld: undefined, given: 4 * GiB });
    expect(of({ balloon }, 3 * GiB)).toEqual({ size: 3 * GiB, withheld: 2 * GiB, given: GiB });
    expect(of({ balloon })).toEqual({ size: undefined, withheld: undefined, given: GiB });
    expect(of({})).toEqual({ size: undefined, withheld: undefined, given: undefined });
  });
});

/** A guest of 1 GiB that was started with a DIMM of 2 GiB, and a virtio-mem that has 3 of 8. */
const parts: readonly MemoryPart[] = [
  { use: 'base', kind: 'anon', size: GiB },
  { use: 'dimm', kind: 'anon', size: 2 * GiB },
  { use: 'virtio-mem', kind: 'anon', size: 8 * GiB, requested: 3 * GiB },
];

describe('without a monitor', () => {
  const silent = guest({ launch: { size: GiB, parts }, monitor: { state: 'none' } });

  it('a guest has its DIMMs, and what its virtio-mem was asked for', () => {
    expect(memSize(silent)).toBe(6 * GiB);
    expect(balloonMaximum(silent)).toBe(3 * GiB);
  });

  it('its monitor knows better', () => {
    const memoryDevices = [device('dimm', 4 * GiB)];
    const told = guest({ launch: { size: GiB, parts }, monitor: { state: 'ok', memory, memoryDevices } });
    expect(memSize(told)).toBe(4 * GiB);
    expect(balloonMaximum(told)).toBe(5 * GiB);
  });

  it('without a size nothing is known', () => {
    expect(memSize(guest({ launch: { parts }, monitor: { state: 'none' } }))).toBeUndefined();
  });
});

describe('the kinds of a guest’s memory', () => {
  /** Boot memory of 1 GiB and a DIMM of 2, of these kinds. */
  const mixed = (base: Backing, dimm: Backing, more: Partial<GuestSample> = {}) =>
    guest({
      launch: {
        size: GiB,
        parts: [
          { use: 'base', kind: base, size: GiB },
          { use: 'dimm', id: 'd', kind: dimm, size: 2 * GiB },
        ],
      },
      ...more,
    });

  it('are amounts, not one word', () => {
    expect(ramByKind(mixed('anon', 'shmem'))).toEqual({ anon: GiB, shmem: 2 * GiB });
    expect(ramByKind(mixed('file', 'file'))).toEqual({ file: 3 * GiB });
    expect(backendWord(mixed('anon', 'shmem'))).toBe('mixed');
    expect(backendWord(mixed('file', 'shmem', { launch: { backend: 'shared' } }))).toBe('shared');
  });

  it('of what a recording or another VMM tells are by its one word', () => {
    expect(ramByKind(guest({ launch: { size: GiB, backend: 'shared' } }))).toEqual({ shmem: GiB });
    expect(ramByKind(guest({ launch: { size: GiB } }))).toBeUndefined();
    expect(ramByKind(guest({ launch: { backend: 'hugetlb' } }))).toBeUndefined();
    expect(allHugepages(guest({ launch: { backend: 'hugetlb' } }))).toBe(true);
  });

  it('count what virtio-mem has plugged, and no DIMM that is gone', () => {
    const vm: MemoryPart = { use: 'virtio-mem', id: 'v', kind: 'hugetlb', size: 8 * GiB, requested: 0 };
    const launch = { size: GiB, parts: [...parts.slice(0, 1), vm] };
    expect(ramByKind(guest({ launch }))).toEqual({ anon: GiB });
    const memoryDevices = [{ type: 'virtio-mem', id: 'v', values: { size: 3 * GiB } }];
    const monitor = { state: 'ok', memory, memoryDevices } as const;
    expect(ramByKind(guest({ launch, monitor }))).toEqual({ anon: GiB, hugetlb: 3 * GiB });
    const left = { 'base-memory': GiB, 'plugged-memory': 0 };
    const gone = mixed('anon', 'hugetlb', { monitor: { state: 'ok', memory: left, memoryDevices: [] } });
    expect(ramByKind(gone)).toEqual({ anon: GiB });
  });

  it('of what was plugged later is as boot memory, but for hugepages that the process has', () => {
    const monitor = { state: 'ok', memory, memoryDevices: [device('dimm', 3 * GiB)] } as const;
    const launch = { size: GiB, parts: parts.slice(0, 1) };
    expect(ramByKind(guest({ launch, monitor }))).toEqual({ anon: 4 * GiB });
    const process = { status: { HugetlbPages: 3 * GiB } };
    expect(ramByKind(guest({ launch, monitor, process }))).toEqual({ anon: GiB, hugetlb: 3 * GiB });
  });

  it('sum to its size, whatever its parts and its process say', () => {
    const kind = fc.constantFrom<Backing>('anon', 'shmem', 'file', 'hugetlb');
    const size = fc.nat(64);
    fc.assert(
      fc.property(fc.array(fc.tuple(kind, size), { minLength: 1 }), size, size, size, (told, base, plugged, huge) => {
        const amounts = ramByKind(
          guest({
            launch: { parts: told.map(([of, bytes]) => ({ use: 'base', kind: of, size: bytes })) },
            process: { status: { HugetlbPages: huge } },
            monitor: { state: 'ok', memory: { 'base-memory': base, 'plugged-memory': plugged } },
          }),
        );
        const values = Object.values(amounts ?? {});
        expect(values.every(bytes => bytes > 0)).toBe(true);
        expect(values.reduce((sum, bytes) => sum + bytes, 0)).toBe(base + plugged);
      }),
    );
  });

  it('decide what a balloon frees: nothing of hugepages, a part of what is partly there, all of the rest', () => {
    expect(whyKept(mixed('hugetlb', 'hugetlb'))).toBe('its memory is in hugepages');
    expect(whyPartlyKept(mixed('hugetlb', 'hugetlb'))).toBeUndefined();
    expect(whyKept(mixed('anon', 'hugetlb'))).toBeUndefined();
    expect(whyPartlyKept(mixed('anon', 'hugetlb'))).toBe('2.00 GiB of its 3.00 GiB are in hugepages');
    expect(ordinaryRam(mixed('anon', 'hugetlb'))).toBe(GiB);
    expect(whyKept(mixed('anon', 'file'))).toBeUndefined();
    expect(whyPartlyKept(mixed('anon', 'file'))).toBeUndefined();
    expect(ordinaryRam(mixed('anon', 'file'))).toBe(3 * GiB);
  });
});

describe('what is plugged and no RAM', () => {
  it('is not of the guest’s size: Kata’s image is an NVDIMM', () => {
    const memoryDevices = [device('nvdimm', 2 * GiB), device('dimm', GiB)];
    expect(memSize(guest({ monitor: { state: 'ok', memory, memoryDevices } }))).toBe(2 * GiB);
  });
});

describe('the most that a guest can have', () => {
  const most = (launch: LaunchSample, hostTotal?: number, monitor: Partial<MonitorSample> = {}) =>
    mostMemory(guest({ launch, monitor: { state: 'none', ...monitor } }), hostTotal);

  it('is maxmem where somebody chose it', () => {
    expect(most({ size: GiB, maxmem: 16 * GiB }, 64 * GiB)).toBe(16 * GiB);
    expect(most({ size: GiB, maxmem: 16 * GiB })).toBe(16 * GiB);
    expect(most({ maxmem: 16 * GiB }, 64 * GiB)).toBe(16 * GiB);
  });

  it('is what it has where maxmem is the host’s RAM, in whole MiB, or more', () => {
    expect(most({ size: GiB, maxmem: 64 * GiB }, 64 * GiB + 4096)).toBe(GiB);
    expect(most({ size: GiB, maxmem: 4096 * GiB }, 64 * GiB)).toBe(GiB);
    expect(most({ maxmem: 4096 * GiB }, 64 * GiB)).toBeUndefined();
  });

  it('is what it has where its manager always gives the same', () => {
    expect(most({ size: GiB, maxmem: 512 * GiB, maxmemFormal: true }, 1024 * GiB)).toBe(GiB);
  });

  it('is with DIMMs and all that virtio-mem can plug', () => {
    expect(most({ size: GiB, parts, maxmem: 4096 * GiB }, 64 * GiB)).toBe(11 * GiB);
    const values = { size: GiB, 'max-size': 6 * GiB };
    const memoryDevices = [{ type: 'virtio-mem', values }];
    expect(most({ maxmemFormal: true, maxmem: 9 * GiB }, undefined, { memory, memoryDevices })).toBe(7 * GiB);
  });

  it('is never less than it has', () => {
    expect(most({ size: 4 * GiB, maxmem: 2 * GiB }, 64 * GiB)).toBe(4 * GiB);
  });
});

describe('the most that a balloon can leave a guest', () => {
  it('is boot memory and DIMMs', () => {
    expect(maximum({ memory, memoryDevices: [device('dimm', GiB), device('dimm', 2 * GiB)] })).toBe(4 * GiB);
  });

  it('is not what virtio-mem plugged, nor what is no RAM', () => {
    const memoryDevices = [device('virtio-mem', 3 * GiB), device('nvdimm', GiB), device('virtio-pmem', GiB)];
    expect(maximum({ memory, memoryDevices })).toBe(GiB);
    expect(maximum({ memory, memoryDevices: [device('dimm', GiB), device('virtio-mem', 2 * GiB)] })).toBe(2 * GiB);
  });

  it('is all that is plugged where QEMU tells no devices: it knows DIMMs only', () => {
    expect(maximum({ memory })).toBe(4 * GiB);
  });

  it('is what the command line says until the monitor answers, and else unknown', () => {
    expect(maximum({}, 2 * GiB)).toBe(2 * GiB);
    expect(maximum({ balloon: { device: true, actual: GiB } })).toBeUndefined();
  });

  it('is never less than the guest has, whatever else is told', () => {
    const sizes = fc.integer({ min: 0, max: 64 });
    const devices = fc.array(fc.tuple(fc.constantFrom('dimm', 'virtio-mem', 'nvdimm', 'toString'), sizes));
    fc.assert(
      fc.property(sizes, sizes, fc.option(devices, { nil: undefined }), sizes, (base, plugged, told, actual) => {
        const most = maximum({
          memory: { 'base-memory': base * GiB, 'plugged-memory': plugged * GiB },
          ...(told ? { memoryDevices: told.map(([type, size]) => device(type, size * GiB)) } : {}),
          balloon: { device: true, actual: actual * GiB },
        });
        expect(most).toBeGreaterThanOrEqual(Math.max(base, actual) * GiB);
      }),
    );
  });
});
