import { known } from '../../known.ts';
import type { BalloonSample, BalloonStats, MemoryDeviceSample, MonitorSample, Numbers } from '../../sample.ts';
import { earlierOf, withSize } from '../reports.ts';

/** What virsh prints, and how it becomes a MonitorSample with QMP's names. Pure. */

/** One domain's `domstats --raw`, under libvirt's own names and in its own units (KiB); or what went wrong. */
export type DomainStats =
  | { readonly kind: 'stats'; readonly values: Numbers }
  /** Somebody else's work on the domain, or a QEMU that does not answer, kept libvirt from asking it. */
  | { readonly kind: 'withheld' }
  /** This libvirt does not know the domain. */
  | { readonly kind: 'unknown' }
  /** libvirtd went away. */
  | { readonly kind: 'disconnected'; readonly message: string }
  | { readonly kind: 'refused'; readonly message: string };

/**
 * `Domain: 'NAME'` and then lines of `  balloon.current=262144`. `balloon.rss` is last and comes only when libvirt could
 * look at the running QEMU; without it the rest is libvirt's memory of an earlier time.
 */
export const parseDomstats = (text: string): DomainStats => {
  const message = errorIn(text);
  if (message !== undefined) return { kind: troubleOf(message), message };
  const values: Record<string, number> = {};
  for (const [, key = '', value] of text.matchAll(/^ {2}([a-z]+\.[a-z][a-z0-9._-]{0,63})=(\d{1,20})$/gm))
    values[key] = Number(value);
  if (values['state.state'] === undefined) return { kind: 'refused', message: 'it printed no state' };
  return values['balloon.rss'] === undefined ? { kind: 'withheld' } : { kind: 'stats', values };
};

/** The first of virsh's own error lines; those of a reconnect are none. */
export const errorIn = (text: string): string | undefined =>
  [...text.matchAll(/^error: (.*)$/gm)].map(([, said = '']) => said).find(said => !/^Reconnected/.test(said));

const troubleOf = (message: string): 'unknown' | 'disconnected' | 'refused' => {
  if (/^(failed to connect|Disconnected)|client socket is closed|Cannot (recv|write) data|end of file/i.test(message))
    return 'disconnected';
  return /^failed to get domain|Domain not found/.test(message) ? 'unknown' : 'refused';
};

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

/** QMP's names for libvirt's, and the bytes in one of libvirt's. */
const statistics: Readonly<Record<string, readonly [string, number]>> = {
  'balloon.swap_in': ['stat-swap-in', 1024],
  'balloon.swap_out': ['stat-swap-out', 1024],
  'balloon.major_fault': ['stat-major-faults', 1],
  'balloon.minor_fault': ['stat-minor-faults', 1],
  'balloon.unused': ['stat-free-memory', 1024],
  'balloon.available': ['stat-total-memory', 1024],
  'balloon.usable': ['stat-available-memory', 1024],
  'balloon.disk_caches': ['stat-disk-caches', 1024],
  'balloon.hugetlb_pgalloc': ['stat-htlb-pgalloc', 1],
  'balloon.hugetlb_pgfail': ['stat-htlb-pgfail', 1],
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
  values: Numbers,
  facts: DomainFacts | undefined,
  heard: { readonly time: number; readonly size: number | undefined; readonly idle: boolean },
): MonitorSample => {
  const state = values['state.state'] ?? 0;
  const status =
    isPausedByMigration(values) && heard.idle
      ? 'postmigrate'
      : ((state === 3 ? pauses[values['state.reason'] ?? 0] : undefined) ?? states[state]);
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
export const isPausedByMigration = (values: Numbers): boolean =>
  values['state.state'] === 3 && values['state.reason'] === pausedByMigration;

/**
 * libvirt adds what virtio-mem plugged to the size of a balloon (qemuProcessHandleBalloonChange() in qemu_process.c);
 * `setmem` takes it without. Bytes.
 */
const virtioMemIn = (facts: DomainFacts | undefined): number =>
  facts?.devices.reduce((sum, { type, values }) => sum + (type === 'virtio-mem' ? (values['size'] ?? 0) : 0), 0) ?? 0;

/** Without its XML a balloon is known by its statistics only: libvirt gives a size for guests that have none, too. */
const balloonOf = (
  last: BalloonSample | undefined,
  values: Numbers,
  facts: DomainFacts | undefined,
): BalloonSample | undefined => {
  const current = amount(values['balloon.current'], 1024);
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
const statsOf = (given: Numbers): BalloonStats | undefined => {
  const lastUpdate = amount(given['balloon.last-update'], 1);
  if (lastUpdate === undefined || lastUpdate === 0) return undefined;
  const values: Record<string, number> = {};
  for (const [key, [name, bytes]] of Object.entries(statistics)) {
    const value = amount(given[key], bytes);
    if (value !== undefined) values[name] = value;
  }
  return { lastUpdate, values };
};

/** QEMU's 2^64−1 for what it does not know is left out by libvirt, or comes through divided by 1024. */
const amount = (value: number | undefined, bytes: number): number | undefined =>
  value === undefined || value * bytes >= 2 ** 63 ? undefined : value * bytes;
