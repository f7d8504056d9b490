import type { Backend, Backing, GuestSample, LaunchSample, MemoryPart } from '../sample.ts';

/** What a guest's RAM is made of, by where the kernel counts it. Pure. */

/** Bytes; a kind of which there is none is absent. */
export type Amounts = Readonly<Partial<Record<Backing, number>>>;

/** The word for each. */
export const backends: Readonly<Record<Backing, Backend>> = {
  anon: 'anon',
  shmem: 'shared',
  file: 'shared',
  hugetlb: 'hugetlb',
};

/** Hugepages last: what the process shows of them is taken from the others. */
const backings = ['anon', 'shmem', 'file', 'hugetlb'] as const;

const kinds: Readonly<Record<Backend, Backing>> = { anon: 'anon', shared: 'shmem', hugetlb: 'hugetlb' };

/** One word for all of it: what most is made of; of equals the first. */
export const mainBackend = (parts: readonly MemoryPart[]): Backend => {
  const sums = new Map<Backend, number>();
  for (const { kind, size = 0, requested = size } of parts)
    sums.set(backends[kind], (sums.get(backends[kind]) ?? 0) + requested);
  const [[main] = ['anon' as const]] = [...sums].sort(([, one], [, other]) => other - one);
  return main;
};

/** Older recordings, and VMMs of which no more is known, have the one word. */
const partsOf = ({ parts, backend }: LaunchSample): readonly MemoryPart[] =>
  parts ?? (backend === undefined ? [] : [{ use: 'base', kind: kinds[backend] }]);

/** How much of a part is there now: its monitor knows what was unplugged, or plugged by virtio-mem. */
const nowOf = ({ use, id, size = 0, requested = 0 }: MemoryPart, { monitor }: GuestSample): number => {
  if (use === 'base') return size;
  const device = monitor.memoryDevices?.find(one => one.type === use && one.id === id);
  if (device) return device.values['size'] ?? 0;
  return monitor.memoryDevices ? 0 : use === 'dimm' ? size : requested;
};

/**
 * The guest's RAM of `size` by its kinds. What was plugged later than at its start is taken to be as its boot memory is, but
 * for hugepages that its process shows. `undefined` where nothing is known.
 */
export const amountsOf = (guest: GuestSample, size: number | undefined): Amounts | undefined => {
  const parts = partsOf(guest.launch);
  const [first] = parts;
  if (!first || size === undefined) return undefined;
  const amounts = { anon: 0, shmem: 0, file: 0, hugetlb: 0 };
  if (parts.some(({ kind }) => kind !== first.kind)) {
    let told = 0;
    for (const part of parts) {
      const bytes = nowOf(part, guest);
      amounts[part.kind] += bytes;
      told += bytes;
    }
    // More than there is: something was unplugged, and it is not known what.
    const factor = told > size ? size / told : 1;
    for (const kind of backings) amounts[kind] = Math.floor(amounts[kind] * factor);
  }
  amounts[first.kind] += size - amounts.anon - amounts.shmem - amounts.file - amounts.hugetlb;
  const seen = Math.min(size, guest.process.status?.['HugetlbPages'] ?? 0);
  const there: Partial<Record<Backing, number>> = {};
  for (const kind of backings) {
    if (kind !== 'hugetlb') {
      const moved = Math.min(amounts[kind], Math.max(0, seen - amounts.hugetlb));
      amounts[kind] -= moved;
      amounts.hugetlb += moved;
    }
    if (amounts[kind] > 0) there[kind] = amounts[kind];
  }
  return there;
};

/** The kinds alone, where sizes are not known; empty where nothing is. */
export const kindsOf = (guest: GuestSample, amounts: Amounts | undefined): ReadonlySet<Backing> => {
  const found = Object.keys(amounts ?? {}) as Backing[];
  return new Set(found.length > 0 ? found : partsOf(guest.launch).map(({ kind }) => kind));
};
