import { readFileSync } from 'node:fs';
import type { Guest } from './lab.ts';

/** The same numbers as kvmtop shows, read by hand; nothing here comes from src/. */

export const mib = 2 ** 20;
const page = 4096;

/** Before the names of a run's guests, so that they are told from all others on this host. */
export const prefix = `k${process.pid % 1000}-`;

/** `Name: 123 kB` lines in bytes. */
export const kilobytes = (path: string): ReadonlyMap<string, number> =>
  new Map(
    [...readFileSync(path, 'utf8').matchAll(/^(\S+):\s+(\d+) kB$/gm)].map(([, name, value]) => [
      name ?? '',
      Number(value) * 1024,
    ]),
  );

/** A count in a file of `name 123` lines. */
export const countOf = (path: string, name: string): number =>
  Number(new RegExp(`^${name} (\\d+)$`, 'm').exec(readFileSync(path, 'utf8'))?.[1]);

export const knob = (path: string): number => Number(readFileSync(path, 'utf8'));
const ksm = (name: string): number => knob(`/sys/kernel/mm/ksm/${name}`);

/** Bytes of the guest that KSM has merged. */
export const merged = (guest: Guest): number =>
  Number(/ksm_merging_pages (\d+)/.exec(readFileSync(`/proc/${guest.pid}/ksm_stat`, 'utf8'))?.[1]) * page;

/** What the host holds: merged pages by the guest's share of them. */
export const held = (guest: Guest): number => {
  const own = kilobytes(`/proc/${guest.pid}/status`);
  const bytes = (name: string): number => own.get(name) ?? Number.NaN;
  const [shared, sharing] = [ksm('pages_shared'), ksm('pages_sharing')];
  const saved = shared + sharing === 0 ? 0 : (merged(guest) * sharing) / (shared + sharing);
  return bytes('RssAnon') - saved + bytes('RssShmem') + bytes('HugetlbPages') + bytes('VmPTE') + bytes('VmSwap');
};

export const balloonOf = async (guest: Guest): Promise<number> => (await guest.qmp('query-balloon')).actual;

/** QOM path of the guest's balloon; `undefined` when it has none. */
const balloonPath = async (guest: Guest): Promise<string | undefined> => {
  for (const folder of ['/machine/peripheral', '/machine/peripheral-anon']) {
    const entries: { name: string; type: string }[] = await guest.qmp('qom-list', { path: folder });
    const found = entries.find(({ type }) => type.startsWith('child<virtio-balloon'));
    if (found) return `${folder}/${found.name}`;
  }
  return undefined;
};

const polling = 'guest-stats-polling-interval';

export const intervalOf = async (guest: Guest): Promise<number> =>
  guest.qmp('qom-get', { path: await balloonPath(guest), property: polling });

export const setInterval = async (guest: Guest, value: number): Promise<void> => {
  await guest.qmp('qom-set', { path: await balloonPath(guest), property: polling, value });
};

export interface Inside {
  /** Seconds since 1970. */
  readonly reported: number;
  readonly used: number;
  readonly available: number;
}

/** What the guest itself uses, as its driver last reported; `undefined` when it never did. */
export const insideOf = async (guest: Guest): Promise<Inside | undefined> => {
  const path = await balloonPath(guest);
  if (path === undefined) return undefined;
  const answer = await guest.qmp('qom-get', { path, property: 'guest-stats' });
  const { 'stat-total-memory': total, 'stat-available-memory': available, 'stat-free-memory': free } = answer.stats;
  if (answer['last-update'] === 0 || total >= 2 ** 63) return undefined;
  return { reported: answer['last-update'], used: total - Math.max(available, free), available };
};

export interface Numbers {
  readonly size: number;
  readonly balloon: number | undefined;
  readonly used: number | undefined;
  readonly reported: number | undefined;
  readonly held: number;
  readonly ksm: number;
}

export const numbersOf = async (guest: Guest): Promise<Numbers> => {
  const summary = await guest.qmp('query-memory-size-summary');
  const inside = await insideOf(guest);
  return {
    size: summary['base-memory'] + (summary['plugged-memory'] ?? 0),
    balloon: await balloonOf(guest).catch(() => undefined),
    used: inside?.used,
    reported: inside?.reported,
    held: held(guest),
    ksm: merged(guest),
  };
};

const letters = 'BKMGTPE';

/** The least and the most that a shown size may stand for, bytes: `1.95G` is from 1.945 to 1.955 GiB. */
const rangeOf = (shown: string): readonly [number, number] | undefined => {
  const match = /^(\d+)(?:\.(\d+))?([BKMGTPE])$/.exec(shown);
  if (!match) return undefined;
  const unit = 1024 ** letters.indexOf(match[3] ?? '');
  const value = Number(`${match[1]}.${match[2] ?? 0}`) * unit;
  const half = (0.5 * unit) / 10 ** (match[2]?.length ?? 0);
  return [value - half, value + half];
};

/** The sizes in a sentence, in the form of the table: `1.95 GiB` is `1.95G`. */
export const sizesIn = (text: string): readonly string[] =>
  [...text.matchAll(/(\d[\d.]*) ([KMGT])iB/g)].map(([, count, unit]) => `${count}${unit}`);

/**
 * Whether a shown size is the true one, which was read before and after it was shown; `slack` bytes for what moves in
 * between. What is unknown must be shown as `–`.
 */
export const isShown = (
  shown: string | undefined,
  before: number | undefined,
  after: number | undefined,
  slack = 0,
): boolean => {
  if (before === undefined || after === undefined) return before === after && shown === '–';
  const range = rangeOf(shown ?? '');
  return (
    range !== undefined && range[1] >= Math.min(before, after) - slack && range[0] <= Math.max(before, after) + slack
  );
};
