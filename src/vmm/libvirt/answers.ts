import { known } from '../../known.ts';
import type { BalloonSample, BalloonStats, MemoryDeviceSample, MonitorSample, Numbers } from '../../sample.ts';
import { earlierOf, withSize } from '../reports.ts';

/** What libvirt tells of a domain, and how it becomes a MonitorSample with QMP's names. Pure. */

/** The numbers in one domain's `domstats --raw`: `Domain: 'NAME'` and then lines of `  balloon.current=262144`. */
export const parseDomstats = (text: string): ReadonlyMap<string, number> =>
  new Map(
    [...text.matchAll(/^ {2}([a-z]+\.[a-z][a-z0-9._-]{0,63})=(\d{1,20})$/gm)].map(([, key = '', value]) => [
      key,
      Number(value),
    ]),
  );

/** The first of virsh's own error lines; those of a reconnect are none. */
export const errorIn = (text: string): string | undefined =>
  [...text.matchAll(/^error: (.*)$/gm)].map(([, said = '']) => said).find(said => !/^Reconnected/.test(said));

/**
 * Whether these are numbers of now: `balloon.rss` comes only when libvirt could look at the running QEMU. Without it the rest
 * is libvirt's memory of an earlier time, since somebody else's work on the domain, or a QEMU that does not answer, kept it
 * from asking.
 */
export const isCurrent = (values: ReadonlyMap<string, number>): boolean => values.has('balloon.rss');

/** What hardly changes of a domain, from its XML. Bytes. */
export interface DomainFacts {
  /** Whether it has a balloon device. */
  readonly balloon: boolean;
  readonly deflateOnOom: boolean;
  /** Seconds between the reports of its driver; 0 is off. */
  readonly pollingInterval: number;
  /** Plugged now by DIMMs and virtio-mem, beyond the memory it booted with. */
  readonly plugged: number;
  /** DIMMs and virtio-mem devices, under QMP's names; a virtio-mem that no alias names can't be changed. */
  readonly devices: readonly MemoryDeviceSample[];
  /** `hard_limit`, `soft_limit`, `swap_hard_limit`, as far as they are set. */
  readonly memtune: Numbers;
}

/** The domain's XML as `dumpxml` prints it, quotes and units always alike. `undefined` when it is none. */
export const parseDomainXml = (text: string): DomainFacts | undefined => {
  const xml = withoutMetadata(text);
  if (!/<domain[\s>]/.test(xml) || !xml.includes('</domain>')) return undefined;
  // Without content it ends in `/>`.
  const balloon = /<memballoon ([^>]*?)(?:\/>|>(.*?)<\/memballoon>)/s.exec(xml);
  const attributes = balloon?.[1] ?? '';
  const memtune: Record<string, number> = {};
  for (const name of ['hard_limit', 'soft_limit', 'swap_hard_limit']) {
    const bytes = bytesIn(/<memtune>(.*?)<\/memtune>/s.exec(xml)?.[1] ?? '', name);
    if (bytes !== undefined) memtune[name] = bytes;
  }
  const devices = [...xml.matchAll(/<memory model='(dimm|virtio-mem)'[^>]*>(.*?)<\/memory>/gs)].map(
    ([, model, device = '']) => (model === 'dimm' ? dimmOf(device) : virtioMemOf(device)),
  );
  return {
    balloon: /\bmodel='virtio/.test(attributes),
    deflateOnOom: /\bautodeflate='on'/.test(attributes),
    pollingInterval: Number(/<stats period='(\d{1,6})'/.exec(balloon?.[2] ?? '')?.[1] ?? 0),
    plugged: devices.reduce((sum, { values }) => sum + (values['size'] ?? 0), 0),
    devices,
    memtune,
  };
};

/** QMP's names for the elements of a virtio-mem. libvirt's size is the most that it can plug, its current what it has. */
const virtioMemElements = {
  size: 'current',
  'requested-size': 'requested',
  'max-size': 'size',
  'block-size': 'block',
} as const;

const dimmOf = (xml: string): MemoryDeviceSample => ({ type: 'dimm', values: known({ size: bytesIn(xml, 'size') }) });

/** libvirt gives QEMU its own alias of a device as that device's id, so its place in QEMU follows. */
const virtioMemOf = (xml: string): MemoryDeviceSample => {
  const values: Record<string, number> = {};
  for (const [name, element] of Object.entries(virtioMemElements)) {
    const bytes = bytesIn(xml, element);
    if (bytes !== undefined) values[name] = bytes;
  }
  const alias = /<alias name='(\w[\w.-]{0,63})'\/>/.exec(xml)?.[1];
  return {
    type: 'virtio-mem',
    ...(alias === undefined ? {} : { id: alias, path: `/machine/peripheral/${alias}` }),
    values,
  };
};

/** Whether a virtio-mem has not come to where it was asked to be. */
export const isPlugging = ({ devices }: DomainFacts): boolean =>
  devices.some(({ type, values }) => type === 'virtio-mem' && values['size'] !== values['requested-size']);

/** Anybody's words, in anybody's elements. */
const withoutMetadata = (text: string): string => {
  const start = text.indexOf('<metadata');
  const end = text.lastIndexOf('</metadata>');
  return start < 0 || end < start ? text : text.slice(0, start) + text.slice(end);
};

const bytesIn = (xml: string, element: string): number | undefined => {
  const kib = new RegExp(`<${element} unit='KiB'>(\\d{1,15})</${element}>`).exec(xml)?.[1];
  return kib === undefined ? undefined : Number(kib) * 1024;
};

/** QMP's names for libvirt's where another is not made by the same rule, and the bytes in one of libvirt's. */
const statistics: ReadonlyMap<string, readonly [string, number]> = new Map([
  ['balloon.swap_in', ['stat-swap-in', 1024]],
  ['balloon.swap_out', ['stat-swap-out', 1024]],
  ['balloon.major_fault', ['stat-major-faults', 1]],
  ['balloon.minor_fault', ['stat-minor-faults', 1]],
  ['balloon.unused', ['stat-free-memory', 1024]],
  ['balloon.available', ['stat-total-memory', 1024]],
  ['balloon.usable', ['stat-available-memory', 1024]],
  ['balloon.disk_caches', ['stat-disk-caches', 1024]],
  ['balloon.hugetlb_pgalloc', ['stat-htlb-pgalloc', 1]],
  ['balloon.hugetlb_pgfail', ['stat-htlb-pgfail', 1]],
]);
/** What libvirt tells among them and is none of the guest's. */
const others = new Set(['balloon.current', 'balloon.maximum', 'balloon.last-update', 'balloon.rss']);

/** QMP's name for a statistic, and the bytes in one: those that come later are counts, as all new ones of QEMU's are. */
const statisticOf = (key: string): readonly [string, number] | undefined => {
  const known = statistics.get(key);
  if (known || others.has(key)) return known;
  const name = /^balloon\.([a-z][a-z0-9_-]{0,63})$/.exec(key)?.[1];
  return name === undefined ? undefined : [`stat-${name.replaceAll('_', '-')}`, 1];
};

/** virDomainState, in QEMU's words where it has one. */
const states: Readonly<Record<number, string>> = {
  1: 'running',
  2: 'running',
  3: 'paused',
  4: 'shutdown',
  5: 'shutdown',
  6: 'guest-panicked',
  7: 'suspended',
};
/** virDomainPausedReason: by a migration, which is over or under way. */
const pausedByMigration = 2;
/** The other reasons where QEMU has a word of its own for it. */
const pauses: Readonly<Record<number, string>> = { 5: 'io-error', 6: 'watchdog', 11: 'prelaunch' };

/**
 * The sample after a round that was answered at `time` (wall clock, seconds). `size`: what the guest booted with, bytes.
 * `idle`: libvirt said in the same round that it is at no work on the domain; only then is a migration known to be over.
 */
export const digestDomain = (
  last: MonitorSample,
  values: ReadonlyMap<string, number>,
  facts: DomainFacts | undefined,
  heard: { readonly time: number; readonly size: number | undefined; readonly idle: boolean },
): MonitorSample => {
  const state = values.get('state.state') ?? 0;
  const status =
    isPausedByMigration(values) && heard.idle
      ? 'postmigrate'
      : ((state === 3 ? pauses[values.get('state.reason') ?? 0] : undefined) ?? states[state]);
  const balloon = balloonOf(last.balloon, values, facts);
  return {
    state: 'ok',
    time: heard.time,
    ...known({ status }),
    ...(heard.size === undefined || !facts
      ? {}
      : { memory: { 'base-memory': heard.size, 'plugged-memory': facts.plugged } }),
    ...(balloon ? { balloon } : {}),
    ...(facts ? { memoryDevices: facts.devices } : {}),
    ...(facts && Object.keys(facts.memtune).length > 0 ? { memtune: facts.memtune } : {}),
  };
};

/** The domain stands still on this side of a migration. */
export const isPausedByMigration = (values: ReadonlyMap<string, number>): boolean =>
  values.get('state.state') === 3 && values.get('state.reason') === pausedByMigration;

/**
 * libvirt adds what virtio-mem plugged to the size of a balloon (qemuProcessHandleBalloonChange() in qemu_process.c);
 * `setmem` takes it without. Bytes.
 */
const virtioMemIn = (facts: DomainFacts | undefined): number =>
  facts?.devices.reduce((sum, { type, values }) => sum + (type === 'virtio-mem' ? (values['size'] ?? 0) : 0), 0) ?? 0;

/** Without its XML a balloon is known by its statistics only: libvirt gives a size for guests that have none, too. */
const balloonOf = (
  last: BalloonSample | undefined,
  values: ReadonlyMap<string, number>,
  facts: DomainFacts | undefined,
): BalloonSample | undefined => {
  const current = amount(values.get('balloon.current'), 1024);
  const actual = current === undefined ? undefined : Math.max(0, current - virtioMemIn(facts));
  const stats = withSize(last, statsOf(values), actual);
  if (!facts && !stats) return undefined;
  if (facts && !facts.balloon) return { device: false };
  const earlier = earlierOf(last, stats);
  return {
    device: true,
    ...known({ actual }),
    ...(facts ? { deflateOnOom: facts.deflateOnOom, pollingInterval: facts.pollingInterval } : {}),
    ...(stats ? { stats } : {}),
    ...(earlier ? { earlier } : {}),
  };
};

/** `undefined` until the guest's driver reported for the first time. */
const statsOf = (given: ReadonlyMap<string, number>): BalloonStats | undefined => {
  const lastUpdate = amount(given.get('balloon.last-update'), 1);
  if (lastUpdate === undefined || lastUpdate === 0) return undefined;
  const values: Record<string, number> = {};
  for (const [key, number] of given) {
    const statistic = statisticOf(key);
    if (!statistic) continue;
    const [name, bytes] = statistic;
    const value = amount(number, bytes);
    if (value !== undefined) values[name] = value;
  }
  return { lastUpdate, values };
};

/** QEMU's 2^64−1 for what it does not know is left out by libvirt, or comes through divided by 1024. */
const amount = (value: number | undefined, bytes: number): number | undefined =>
  value === undefined || !(value >= 0 && value * bytes < 2 ** 63) ? undefined : value * bytes;
