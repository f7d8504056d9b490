import type { GuestSample, HostProcess, HostSample, Numbers, Sample } from '../sample.ts';
import { isUnseen, ramByKind, ramKinds } from '../vmm/memory.ts';
import { hugetlbUsed } from './memory.ts';
import { whyNotMerged } from './mergeable.ts';

/** What the host holds for a process: bytes, and whether that is exact or the most that it can be. */
interface Held {
  readonly bytes: number;
  readonly exact: boolean;
}

/**
 * RAM, hugepages, page tables and swap of a process, merged pages in full. Before Linux 4.5 a process tells VmRSS alone,
 * which has the files that it maps in it, too: so it is the most that there can be, but for hugepages, which it does not
 * tell either. `hugepages`: the most that it may have of those; `undefined` when unknown. `files`: what it holds in files.
 */
const heldBy = (status: Numbers, hugepages: number | undefined, files = 0): Held | undefined => {
  const {
    VmRSS: rss,
    RssAnon: anon,
    RssShmem: shmem = 0,
    HugetlbPages: told,
    VmPTE: tables = 0,
    VmSwap: swap = 0,
  } = status;
  if (anon !== undefined) return { bytes: anon + shmem + files + (told ?? 0) + tables + swap, exact: true };
  const most = told ?? hugepages;
  return rss === undefined || most === undefined ? undefined : { bytes: rss + most + tables + swap, exact: false };
};

/** Nothing tells whether a process uses hugepages that it does not tell, but that nobody does. */
const noHugepages = (host: HostSample): 0 | undefined => ((hugetlbUsed(host) ?? 0) === 0 ? 0 : undefined);

/** What the host holds for any process, merged pages in full. */
export const processHeld = ({ status }: HostProcess, { host }: Sample): Held | undefined =>
  heldBy(status, noHugepages(host));

const count = ({ ksm }: HostSample, file: string): number | undefined => {
  const value = ksm?.[file];
  return typeof value === 'number' ? value : undefined;
};

/**
 * The guest's pages that KSM has merged with others, bytes. Unknown where KSM merges and the kernel does not say whose pages,
 * but for guests that offer it none. (Since Linux 6.4, of the age of `general_profit`, a process may offer all of itself:
 * prctl(2), PR_SET_MEMORY_MERGE.)
 */
export const mergedOf = (guest: GuestSample, { host, pageSize }: Sample): number | undefined => {
  if (!count(host, 'pages_shared') && !count(host, 'pages_sharing')) return 0;
  const merging = guest.process.ksm_stat?.['ksm_merging_pages'];
  if (merging !== undefined) return merging * pageSize;
  return count(host, 'general_profit') === undefined && whyNotMerged(guest) !== undefined ? 0 : undefined;
};

/**
 * Merged pages are in every user's RssAnon, and in RAM once. A guest is charged its share of them: so the sum over
 * guests is what the host really holds.
 */
const savedBy = (guest: GuestSample, sample: Sample): number | undefined => {
  const merged = mergedOf(guest, sample);
  if (!merged) return merged;
  const [shared = 0, sharing = 0] = [count(sample.host, 'pages_shared'), count(sample.host, 'pages_sharing')];
  return merged * (sharing / (shared + sharing));
};

/** What a guest may have of hugepages, by how it was started: no more than are in use, or than it was given. Bytes. */
const mostHugepages = (guest: GuestSample, host: HostSample): number | undefined => {
  const kinds = ramKinds(guest);
  if (kinds.size === 0) return noHugepages(host);
  if (!kinds.has('hugetlb')) return 0;
  const given = ramByKind(guest)?.hugetlb ?? Number.POSITIVE_INFINITY;
  const most = Math.min(given, hugetlbUsed(host) ?? Number.POSITIVE_INFINITY);
  return Number.isFinite(most) ? most : undefined;
};

/**
 * RAM of a guest that is a shared file on a disk: what its process has of files beyond its program's own code. Bytes; 0 of a
 * guest that has no such memory, and before Linux 4.5, where no kinds are told.
 */
export const guestFiles = (guest: GuestSample): number => {
  const { RssFile: files = 0, VmExe: program = 0, VmLib: libraries = 0 } = guest.process.status ?? {};
  return Math.min(ramByKind(guest)?.file ?? 0, Math.max(0, files - program - libraries));
};

/**
 * What the host holds for a guest, merged pages by share; where their share is unknown, in full. Unknown of one whose memory
 * its process does not show.
 */
export const guestHeld = (guest: GuestSample, sample: Sample): Held | undefined => {
  if (isUnseen(guest)) return undefined;
  const own = guest.process.status;
  const whole = own && heldBy(own, mostHugepages(guest, sample.host), guestFiles(guest));
  if (!whole?.exact) return whole;
  const saved = savedBy(guest, sample);
  return { bytes: whole.bytes - Math.min(own?.['RssAnon'] ?? 0, saved ?? 0), exact: saved !== undefined };
};
