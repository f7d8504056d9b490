import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Plan } from '../../../src/actions/action.ts';
import { planStrictly } from '../../../src/actions/actions.ts';
import { derive, type Model } from '../../../src/model.ts';
import type { Backing, GuestSample, LaunchSample, MemoryDeviceSample, MemoryPart } from '../../../src/sample.ts';
import { GiB, MiB } from '../../../src/units.ts';
import { guest, sample } from '../../samples.ts';

const now = 1_800_000_000;

const device = (values: Record<string, number> = {}, more: Partial<MemoryDeviceSample> = {}): MemoryDeviceSample => ({
  type: 'virtio-mem',
  id: 'vm0',
  path: '/machine/peripheral/vm0',
  values: { size: GiB, 'requested-size': GiB, 'max-size': 4 * GiB, 'block-size': 2 * MiB, ...values },
  ...more,
});

/** A guest of 2 GiB besides its virtio-mem that uses `used` bytes. */
const db = (devices: readonly MemoryDeviceSample[] | undefined, used = GiB): GuestSample =>
  guest({
    name: 'db',
    monitor: {
      state: 'ok',
      status: 'running',
      ...(devices ? { memoryDevices: devices } : {}),
      balloon: {
        device: true,
        stats: {
          lastUpdate: now - 1,
          values: { 'stat-total-memory': 3 * GiB, 'stat-available-memory': 3 * GiB - used, 'stat-free-memory': 0 },
        },
      },
    },
  });

const modelOf = (...guests: GuestSample[]): Model => derive(undefined, sample({ time: now, guests }));
const asked = (one: GuestSample, ...words: string[]): Plan =>
  planStrictly(modelOf(one), { action: 'virtio-mem', words: ['db', ...words] });
const sent = ({ steps: [step] }: Plan) => (step?.kind === 'qmp' ? step.arguments : undefined);

describe('virtio-mem', () => {
  it('is not unplugged by what the balloon holds, though a guest with deflate-on-oom counts it', () => {
    // Of 3 GiB the balloon holds 1.5, and the guest uses 1: only some 400 MiB can go.
    const one = db([device()], GiB);
    const values = { ...one.monitor.balloon!.stats!.values, 'stat-available-memory': 0.5 * GiB };
    const balloon = {
      device: true,
      deflateOnOom: true,
      actual: 0.5 * GiB,
      stats: { lastUpdate: now - 1, values },
    };
    const memory = { 'base-memory': 2 * GiB, 'plugged-memory': GiB };
    const { refusal } = asked({ ...one, monitor: { ...one.monitor, memory, balloon } }, '0');
    expect(refusal?.reason).toBe('unsafe: it uses 1.00 GiB, so of its 1.50 GiB no more than 384 MiB may go');
  });

  it('is plugged from a pool where the device is on hugepages, whatever boot memory is', () => {
    const parts = (kind: Backing): readonly MemoryPart[] => [
      { use: 'base', kind: 'anon', size: 2 * GiB },
      { use: 'virtio-mem', id: 'vm0', kind, size: 4 * GiB, requested: 0 },
    ];
    const warned = (launch: LaunchSample) => asked({ ...db([device()]), launch }, '2G').warnings.join();
    expect(warned({ parts: parts('hugetlb'), backend: 'anon' })).toMatch(/the pool must have that many free/);
    expect(warned({ parts: parts('anon'), backend: 'anon' })).not.toMatch(/pool/);
    expect(warned({ backend: 'hugetlb' })).toMatch(/the pool must have that many free/);
  });

  it('is set in whole blocks, with the way back and what to follow', () => {
    const plan = asked(db([device()]), '1537M');
    expect(sent(plan)).toEqual({ path: '/machine/peripheral/vm0', property: 'requested-size', value: 1536 * MiB });
    expect(plan.warnings.join()).toMatch(/whole blocks only.*1.50 GiB/);
    expect(plan.undo).toEqual({ action: 'virtio-mem', words: ['100.5000', `${GiB}B`, 'vm0'] });
    expect(plan.follow).toEqual([
      {
        kind: 'virtio-mem',
        guest: '100.5000',
        name: 'db',
        device: '/machine/peripheral/vm0',
        from: GiB,
        target: 1536 * MiB,
      },
    ]);
  });

  it('is given at once where a device pins all memory', () => {
    const grown = (launch: GuestSample['launch']) => asked({ ...db([device()]), launch }, '2G').effect[1];
    expect(grown({})).toMatch(/^host: gives it as the guest touches it;/);
    expect(grown({ pinnedBy: 'vfio-pci' })).toMatch(/^host: gives it at once, since vfio-pci pins it;/);
  });

  it('takes sizes of what was asked and of its room', () => {
    expect(sent(asked(db([device({ size: 0 })]), '+512M'))?.['value']).toBe(1.5 * GiB);
    expect(sent(asked(db([device()]), '75%'))?.['value']).toBe(3 * GiB);
    expect(sent(asked(db([device()]), 'max'))?.['value']).toBe(4 * GiB);
    expect(sent(asked(db([device()]), '99G'))?.['value']).toBe(4 * GiB);
    expect(sent(asked(db([device()]), '0'))?.['value']).toBe(0);
  });

  it('asks for whole blocks within its room, whatever is typed', () => {
    const block = fc.constantFrom(2 * MiB, 128 * MiB, GiB);
    fc.assert(
      fc.property(fc.integer({ min: -(2 ** 33), max: 2 ** 33 }), block, (bytes, size) => {
        const plan = asked(db([device({ 'block-size': size, size: 0, 'requested-size': 4 * GiB })]), `${bytes}B`);
        const value = sent(plan)?.['value'];
        if (plan.steps.length === 0) expect(plan.refusal).toBeDefined();
        else {
          expect(value).toBeGreaterThanOrEqual(0);
          expect(value).toBeLessThanOrEqual(4 * GiB);
          expect((value as number) % size).toBe(0);
        }
      }),
    );
  });

  it('is taken from where there are several, by name only', () => {
    const two = db([device(), device({}, { id: 'vm1', path: '/machine/peripheral/vm1' })]);
    expect(() => asked(two, '2G')).toThrow(/2 virtio-mem devices: name one of vm0, vm1/);
    expect(() => asked(two, '2G', 'vm7')).toThrow(/no virtio-mem device 'vm7'/);
    expect(sent(asked(two, '2G', 'vm1'))?.['path']).toBe('/machine/peripheral/vm1');
  });

  const { path: _, id: __, ...nameless } = device();
  it.each<[string, GuestSample, string, RegExp, boolean]>([
    ['what would starve the guest', db([device()], 2.5 * GiB), '0', /unsafe: it uses 2.50 GiB/, true],
    ['a size that it was asked for', db([device({ size: 0 })]), '1G', /asked for already; it has 0 B/, false],
    ['the size that it has', db([device()]), '1G', /already has 1.00 GiB \(its blocks are 2.00 MiB\)/, false],
    ['a guest without', db([]), '1G', /no virtio-mem device/, false],
    ['a device that can’t be told', db([nameless]), '2G', /nameless/, false],
    [
      'unknown use',
      { ...db([device()]), monitor: { ...db([device()]).monitor, balloon: { device: false } } },
      '0',
      /unknown/,
      true,
    ],
    [
      'a busy monitor',
      { ...db([device()]), monitor: { ...db([device()]).monitor, state: 'busy' } },
      '2G',
      /does not answer/,
      false,
    ],
    ['another VMM', { ...db([device()]), vmm: 'firecracker' }, '2G', /no QEMU/, false],
  ])('refuses %s', (_what, one, size, reason, forceable) => {
    const { refusal } = asked(one, size);
    expect(refusal).toEqual({ reason: expect.stringMatching(reason), forceable });
  });

  it('shows its sizes, summed over devices, and unknown where a part is', () => {
    const values = (...devices: MemoryDeviceSample[]) => modelOf(db(devices)).guests[0]?.values;
    expect(values(device(), device({ size: 2 * GiB }))).toMatchObject({
      virtio_mem_size: 3 * GiB,
      virtio_mem_requested: 2 * GiB,
      virtio_mem_max: 8 * GiB,
    });
    expect(values({ ...device(), values: { size: 1 } }, device())).not.toHaveProperty('virtio_mem_max');
    expect(values()).not.toHaveProperty('virtio_mem_size');
  });
});
