import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Plan } from '../../../src/actions/action.ts';
import { actions, plan, planStrictly } from '../../../src/actions/actions.ts';
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

  it('is plugged by one step, with what the host gives and the way back', () => {
    const { id: _id, ...unnamed } = device({ size: 512 * MiB });
    const model = derive(
      undefined,
      sample({ time: now, guests: [db([unnamed])], host: { meminfo: { MemTotal: 64 * GiB, MemAvailable: 2 * GiB } } }),
    );
    const request = { action: 'virtio-mem', words: ['db', '2G'] };
    expect(planStrictly(model, request)).toEqual({
      request,
      subject: 'db',
      summary: 'Plug into db: virtio-mem from 512 MiB to 2.00 GiB',
      steps: [
        {
          kind: 'qmp',
          guest: '100.5000',
          name: 'db',
          command: 'qom-set',
          arguments: { path: '/machine/peripheral/vm0', property: 'requested-size', value: 2 * GiB },
        },
      ],
      effect: [
        'guest: 1.50 GiB more, as its driver plugs the blocks',
        'host: gives it as the guest touches it; 2.00 GiB available now',
      ],
      warnings: [],
      undo: { action: 'virtio-mem', words: ['100.5000', `${GiB}B`] },
      follow: [
        {
          kind: 'virtio-mem',
          guest: '100.5000',
          name: 'db',
          device: '/machine/peripheral/vm0',
          from: 512 * MiB,
          target: 2 * GiB,
        },
      ],
    });
  });

  it('is unplugged as far as the guest can, asked to report where nobody does', () => {
    const plan = asked(db([device()]), '512M');
    expect(plan).toMatchObject({
      summary: 'Unplug from db: virtio-mem from 1.00 GiB to 512 MiB',
      effect: [
        'guest: its driver unplugs 512 MiB, as far as it can empty the blocks; it may stop short',
        'host: gets back at most 512 MiB, block by block',
      ],
      warnings: [],
    });
    expect(plan).not.toHaveProperty('refusal');
    expect(plan).not.toHaveProperty('unreported');
    const one = db([device()]);
    const unasked = {
      ...one,
      monitor: {
        ...one.monitor,
        balloon: { device: true, path: '/machine/peripheral/balloon0', pollingInterval: 0 },
      },
    };
    expect(asked(unasked, '512M')).toMatchObject({ unreported: ['100.5000'], refusal: { forceable: true } });
    expect(asked(unasked, '2G')).not.toHaveProperty('unreported');
    expect(asked(unasked, '2G')).not.toHaveProperty('refusal');
  });

  it('leaves what the guest uses and 128 MiB, or a tenth more, to the byte', () => {
    const reason = (used: number, to: number) => asked(db([device()], used), `${to}B`).refusal?.reason;
    // Of its 3 GiB it may lose 1 GiB: 2 GiB are left for what it uses, and 10 % of that.
    expect(reason((2 * GiB) / 1.1 - 1, 0)).toBeUndefined();
    expect(reason((2 * GiB) / 1.1 + 1, 0)).toMatch(/no more than 1.00 GiB may go$/);
    // Of 1 GiB a tenth is less than 128 MiB.
    const small = (used: number) => asked(db([device({ size: 3 * GiB, 'requested-size': 3 * GiB })], used), '1G');
    expect(small(GiB - 128 * MiB)).not.toHaveProperty('refusal');
    expect(small(GiB - 128 * MiB + 1).refusal?.reason).toMatch(/no more than 2.00 GiB may go$/);
    expect(reason(3 * GiB, 0)).toMatch(/no more than 0 B may go$/);
  });

  it('warns of what keeps it, and of what the host lacks', () => {
    const warned = (change: Partial<GuestSample>, size: string, available = 8 * GiB) =>
      planStrictly(
        derive(
          undefined,
          sample({
            time: now,
            guests: [{ ...db([device({ 'block-size': 128 * MiB })]), ...change }],
            host: { meminfo: { MemTotal: 64 * GiB, MemAvailable: available } },
          }),
        ),
        { action: 'virtio-mem', words: ['db', size] },
      ).warnings;
    const standing = (status: string) => ({ monitor: { ...db([device()]).monitor, status } });
    expect(warned({}, '2G')).toEqual([]);
    expect(warned({}, '2049M')).toEqual([expect.stringMatching(/whole blocks.* 2.00 GiB$/)]);
    expect(warned({}, '5G')).toEqual([expect.stringMatching(/whole blocks.* 4.00 GiB$/)]);
    expect(warned(standing('paused'), '2G')).toEqual(['the guest is paused: nothing moves until it continues']);
    expect(warned({ process: { state: 'T' } }, '2G')).toEqual([
      'the guest is stopped: nothing moves until it continues',
    ]);
    // What it gets is compared, not what it has then.
    expect(warned({}, '2G', GiB)).toEqual([]);
    expect(warned({}, '2G', GiB - 1)).toEqual([expect.stringMatching(/only 1.00 GiB available: it would swap/)]);
    expect(warned({}, '0', 0)).toEqual([]);
    expect(warned({ launch: { backend: 'hugetlb' } }, '2G', 0)).toEqual([expect.stringMatching(/the pool must/)]);
    expect(warned({ launch: { backend: 'hugetlb' } }, '0')).toEqual([]);
    // The part of another device says nothing of this one.
    const boot: MemoryPart = { use: 'base', kind: 'anon', size: 2 * GiB };
    const other = { id: 'vm1', kind: 'hugetlb', size: GiB } as const;
    for (const part of [
      { ...other, use: 'virtio-mem' },
      { ...other, id: 'vm0', use: 'dimm' },
    ] satisfies MemoryPart[])
      expect(warned({ launch: { parts: [boot, part], backend: 'anon' } }, '2G')).toEqual([]);
  });

  it.each(['size', 'requested-size', 'max-size', 'block-size'])('is not set where QEMU tells no %s', name => {
    const { [name]: _gone, ...values } = device().values;
    expect(asked(db([{ ...device(), values }]), '2G').refusal).toEqual({
      reason: 'QEMU does not tell its sizes',
      forceable: false,
    });
  });

  it('takes no other words', () => {
    const refused =
      (...words: string[]) =>
      () =>
        planStrictly(modelOf(db([device()])), { action: 'virtio-mem', words });
    for (const words of [[], ['db'], ['db', '1G', 'vm0', 'now']]) expect(refused(...words)).toThrow(/takes GUEST SIZE/);
    expect(refused('db', 'much')).toThrow(/Not a size: 'much'/);
    expect(refused('nobody', '1G')).toThrow(/no guest 'nobody'/);
    expect(asked(db([]), '50%').refusal?.reason).toMatch(/no virtio-mem device/);
    const input = { guest: 'gone', bytes: GiB };
    expect(
      actions.get('virtio-mem')?.plan(modelOf(), input, { action: 'virtio-mem', words: [] }).refusal?.reason,
    ).toMatch(/gone/);
    expect(plan(modelOf(), { action: 'virtio-mem', words: ['db', '1G'] }).refusal?.forceable).toBe(false);
  });

  it('tells each device’s sizes while it is typed, by what it is called', () => {
    const hint = (devices?: readonly MemoryDeviceSample[]) =>
      actions.get('virtio-mem')?.hint?.(modelOf(db(devices)), ['db']);
    const { id: _id, ...pathed } = device();
    const { path: _path, ...bare } = pathed;
    const dimm = { ...device(), type: 'dimm' };
    expect(
      hint([dimm, device(), { ...pathed, memdev: '/objects/mem1' }, { ...bare, memdev: '/objects/mem2' }, bare]),
    ).toBe(
      `db: ${['vm0', '/machine/peripheral/vm0', '/objects/mem2', 'a nameless one']
        .map(name => `${name} has 1.00 GiB of at most 4.00 GiB, in blocks of 2.00 MiB`)
        .join('; ')}`,
    );
    expect([hint(), hint([dimm])]).toEqual(Array(2).fill('db: no virtio-mem device'));
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
    for (const name of ['vm1', '/machine/peripheral/vm1'])
      expect(sent(asked(two, '2G', name))?.['path']).toBe('/machine/peripheral/vm1');
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
