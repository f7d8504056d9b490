import { describe, expect, it } from 'vitest';
import { guestFields } from '../../src/fields/guest.ts';
import { hostFields } from '../../src/fields/host.ts';
import { formatMost, valueOrMost } from '../../src/fields/most.ts';
import { processFields } from '../../src/fields/process.ts';
import { derive, type Model, whyUnknown } from '../../src/model.ts';
import type { GuestSample, HostSample, LaunchSample, Numbers, Values } from '../../src/sample.ts';
import { GiB, MiB } from '../../src/units.ts';
import { guest, sample } from '../samples.ts';

/** KSM has merged 300 places into 100 pages. */
const merged: Values = { run: 1, pages_shared: 100, pages_sharing: 200 };

const one = (launch: LaunchSample, status: Numbers, more: Partial<GuestSample> = {}): GuestSample =>
  guest({ launch, process: { status: { VmPTE: MiB, VmSwap: 2 * MiB, ...status } }, ...more });
const modelOf = (host: HostSample, ...guests: readonly GuestSample[]): Model =>
  derive(undefined, sample({ host, guests }));
const valuesOf = (host: HostSample, own: GuestSample) => modelOf(host, own).guests[0]!.values;

describe('what the host holds for a guest, where the kernel does not tell whose pages KSM merged', () => {
  const status = { VmRSS: GiB + 5 * MiB, RssAnon: GiB, RssShmem: 0, RssFile: 5 * MiB, HugetlbPages: 0 };

  it('is at most all of it', () => {
    const own = one({ backend: 'anon' }, status);
    expect(valuesOf({ ksm: merged }, own)).not.toHaveProperty('held');
    expect(valuesOf({ ksm: merged }, own).held_most).toBe(GiB + 3 * MiB);
    const told = modelOf({ ksm: merged }, own).guests[0]!;
    expect(whyUnknown(told, 'held')).toBe('needs root, and a kernel that tells it (5.19): merged pages count in full');
  });

  it.each<[string, LaunchSample, Numbers, number]>([
    ['on hugepages', { backend: 'hugetlb' }, { RssAnon: MiB, HugetlbPages: GiB }, GiB + 4 * MiB],
    ['on a memfd', { backend: 'shared' }, { RssAnon: MiB, RssShmem: GiB }, GiB + 4 * MiB],
    ['with mem-merge=off', { backend: 'anon', memMerge: false }, { RssAnon: GiB }, GiB + 3 * MiB],
  ])('is exact for those that KSM can’t merge: %s', (_what, launch, own, bytes) => {
    const values = valuesOf({ ksm: merged }, one(launch, own));
    expect(values.held).toBe(bytes);
    expect(values).not.toHaveProperty('held_most');
  });

  it('is not exact even for those where a process may offer all of itself (Linux 6.4)', () => {
    const own = one({ backend: 'hugetlb' }, { RssAnon: MiB, HugetlbPages: GiB });
    expect(valuesOf({ ksm: { ...merged, general_profit: 1 } }, own).held).toBeUndefined();
    const told = { ...own, process: { ...own.process, ksm_stat: { ksm_merging_pages: 0 } } };
    expect(valuesOf({ ksm: { ...merged, general_profit: 1 } }, told).held).toBe(GiB + 4 * MiB);
  });

  it('is exact where KSM has merged nothing', () => {
    expect(valuesOf({ ksm: { pages_shared: 0, pages_sharing: 0 } }, one({ backend: 'anon' }, status)).held).toBe(
      GiB + 3 * MiB,
    );
  });
});

describe('what the host holds of memory in a shared file on a disk', () => {
  const parts = [{ use: 'base', kind: 'file', size: GiB }] as const;
  const status = { RssAnon: 20 * MiB, RssShmem: 0, RssFile: 800 * MiB, VmExe: 6 * MiB, VmLib: 14 * MiB };

  it('counts, without the code of its program', () => {
    const values = valuesOf({}, one({ size: GiB, parts, backend: 'shared' }, status));
    expect(values.held).toBe((20 + 780 + 3) * MiB);
  });

  it('is no more than there is of such memory', () => {
    const values = valuesOf({}, one({ size: GiB, parts, backend: 'shared' }, { ...status, RssFile: 2 * GiB }));
    expect(values.held).toBe(GiB + (20 + 3) * MiB);
  });

  it('is nothing of other guests, whose mapped files are their program’s', () => {
    expect(valuesOf({}, one({ size: GiB, backend: 'anon' }, status)).held).toBe((20 + 3) * MiB);
    expect(valuesOf({}, one({ size: GiB, backend: 'shared' }, status)).held).toBe((20 + 3) * MiB);
  });
});

describe('before Linux 4.5, which tells VmRSS alone,', () => {
  const rss = { VmRSS: GiB };
  const pools = { meminfo: { HugePages_Total: 1024, HugePages_Free: 512, Hugepagesize: 2 * MiB } };

  it('a guest holds at most that, its page tables and swap', () => {
    expect(valuesOf({}, one({ backend: 'anon' }, rss))).toMatchObject({ held_most: GiB + 3 * MiB });
    expect(valuesOf({}, one({ backend: 'anon' }, rss))).not.toHaveProperty('held');
    expect(whyUnknown(modelOf({}, one({}, rss)).guests[0]!, 'held')).toMatch(/at most VmRSS/);
  });

  it('and the hugepages that are in use, or that it was given', () => {
    const own = one({ backend: 'hugetlb', size: 4 * GiB }, rss);
    expect(valuesOf(pools, own).held_most).toBe(2 * GiB + 3 * MiB);
    expect(valuesOf({}, own).held_most).toBe(5 * GiB + 3 * MiB);
    expect(valuesOf({}, one({ backend: 'hugetlb' }, rss))).not.toHaveProperty('held_most');
    expect(valuesOf(pools, one({ backend: 'anon' }, rss)).held_most).toBe(GiB + 3 * MiB);
    const parts = [
      { use: 'base', kind: 'anon', size: 4 * GiB },
      { use: 'dimm', kind: 'hugetlb', size: 512 * MiB },
    ] as const;
    const mixed = one({ backend: 'anon', size: 4 * GiB, parts }, rss);
    expect(valuesOf(pools, mixed).held_most).toBe(GiB + 512 * MiB + 3 * MiB);
  });

  it('so does any process, where nobody uses hugepages', () => {
    const processes = [{ pid: 1, starttime: 1, name: 'x', status: { VmRSS: GiB, VmPTE: MiB }, stat: {} }];
    const at = (host: HostSample) => modelOf({ ...host, processes }).processes?.[0]?.values;
    expect(at({})).toMatchObject({ held_most: GiB + MiB });
    expect(at({})).not.toHaveProperty('held');
    expect(at(pools)).not.toHaveProperty('held_most');
  });
});

describe('what it holds for all guests together', () => {
  const exact = one({ backend: 'hugetlb' }, { RssAnon: MiB, HugetlbPages: GiB }, { id: '1.1' });
  const most = one({ backend: 'anon' }, { RssAnon: GiB }, { id: '2.2' });

  it('is at most the sum, as soon as it is not exact for one', () => {
    const { values } = modelOf({ ksm: merged }, exact, most).host;
    expect(values).not.toHaveProperty('guests_held');
    expect(values.guests_held_most).toBe(2 * GiB + 7 * MiB);
    expect(modelOf({}, exact, most).host.values).toMatchObject({ guests_held: 2 * GiB + 7 * MiB });
    expect(modelOf({}, exact, most).host.values).not.toHaveProperty('guests_held_most');
  });

  it('is unknown where nothing is known of one', () => {
    const { values } = modelOf({ ksm: merged }, exact, most, guest({ id: '3.3' })).host;
    expect(values).not.toHaveProperty('guests_held');
    expect(values).not.toHaveProperty('guests_held_most');
  });
});

it('names a field of its own table as the most', () => {
  for (const table of [guestFields, hostFields, processFields] as readonly Readonly<
    Record<string, { most?: string }>
  >[])
    for (const { most } of Object.values(table)) if (most !== undefined) expect(table).toHaveProperty(most);
});

it('is told as the most that it can be, and ordered by that', () => {
  expect(formatMost(guestFields, 'held', { held: GiB })).toBe('1.00G');
  expect(formatMost(guestFields, 'held', { held_most: GiB })).toBe('≤1.00G');
  expect(formatMost(guestFields, 'held', {})).toBe('–');
  expect(formatMost(hostFields, 'guests_held', { guests_held_most: 0 })).toBe('≤0B');
  expect(formatMost(guestFields, 'swap', { held_most: GiB })).toBe('–');
  expect(valueOrMost(guestFields, 'held', { held_most: 5 })).toBe(5);
});

it('is not known at all of a guest whose memory is in a guest_memfd', () => {
  const model = modelOf({}, one({ confidential: 'TDX' }, { RssAnon: 90 * MiB }));
  const [own] = model.guests;
  expect([own!.values.held, own!.values.held_most, model.host.values.guests_held]).toEqual([
    undefined,
    undefined,
    undefined,
  ]);
  expect([whyUnknown(own!, 'held'), whyUnknown(own!, 'held_most')]).toEqual([
    expect.stringMatching(/guest_memfd/),
    expect.stringMatching(/guest_memfd/),
  ]);
});
