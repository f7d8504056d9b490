import type { Field } from './fields/field.ts';
import { type GuestFieldId, guestFields } from './fields/guest.ts';
import { type HostFieldId, hostFields } from './fields/host.ts';
import { type NodeFieldId, nodeFields } from './fields/node.ts';
import { type PoolFieldId, poolFields } from './fields/pool.ts';
import { type ProcessFieldId, processFields } from './fields/process.ts';
import { known } from './known.ts';
import { type Ledger, ledger } from './ledger.ts';
import { own } from './own.ts';
import type { GuestSample, HostProcess, Numbers, Problem, Sample, SwapSample } from './sample.ts';
import { isMigrating } from './vmm/qemu/migration.ts';

/** A gauge's value, or a counter's rate per second. What is unknown is absent. */
export type Row<Id extends string> = Readonly<Partial<Record<Id, number>>>;

export interface GuestModel {
  readonly id: string;
  readonly name: string;
  readonly pid: number;
  /** What the guest does: QEMU's word (running, paused, …), `stopped` for a process halted by a signal, else `unknown`. */
  readonly state: string;
  readonly values: Row<GuestFieldId>;
  /** Counters since their source began. */
  readonly totals: Row<GuestFieldId>;
  /** What it was derived from: for the plan of an action, and for the reason why something is unknown. */
  readonly sample: GuestSample;
}

export interface PoolModel {
  /** Bytes. */
  readonly pageSize: number;
  readonly node?: number;
  readonly values: Row<PoolFieldId>;
}

export interface NodeModel {
  readonly id: number;
  readonly values: Row<NodeFieldId>;
}

/** A process of the host, guest or not. */
export interface ProcessModel {
  /** `PID.STARTTIME`. */
  readonly id: string;
  readonly values: Row<ProcessFieldId>;
  /** The guest that it runs. */
  readonly guest?: string;
  readonly sample: HostProcess;
}

/** All that is shown, exported and decided on. Computed, never stored. */
export interface Model {
  /** Wall clock, seconds since 1970. */
  readonly time: number;
  /** Seconds between the two Samples; absent for the first one, which has no rates. */
  readonly interval?: number;
  readonly host: { readonly values: Row<HostFieldId>; readonly totals: Row<HostFieldId> };
  readonly ledger?: Ledger;
  readonly nodes: readonly NodeModel[];
  readonly pools: readonly PoolModel[];
  readonly swaps: readonly SwapSample[];
  readonly guests: readonly GuestModel[];
  /** Guests that `-p` leaves out: neither shown nor changed, but they hold the host's memory too. */
  readonly others?: readonly GuestModel[];
  /** Absent when nobody asked for them. */
  readonly processes?: readonly ProcessModel[];
  /** By how much each line of /proc/meminfo grew, per second. */
  readonly meminfoRates?: Numbers;
  readonly problems: readonly Problem[];
  readonly sample: Sample;
}

interface Moment<Subject> {
  readonly subject: Subject;
  readonly sample: Sample;
}

type Table<Subject> = Readonly<Record<string, Field<Subject>>>;

/** When a field's source was read, on the monotonic clock: seconds. */
const readAt = ({ needs = [] }: Pick<Field<never>, 'needs'>, { monotonic, late }: Sample): number =>
  monotonic + (late?.[needs[0] ?? ''] ?? 0);

/** A counter that went backwards was reset (a driver reloaded, a guest restarted): its rate is unknown once, then right again. */
const rate = <Subject>(
  field: Field<Subject>,
  now: Moment<Subject>,
  before: Moment<Subject> | undefined,
  total: number,
) => {
  if (field.rate) return field.rate(now.subject);
  if (!before) return undefined;
  const seconds = readAt(field, now.sample) - readAt(field, before.sample);
  const last = field.read(before.subject, before.sample);
  return last === undefined || seconds <= 0 || total < last ? undefined : (total - last) / seconds;
};

/** Runs a table of fields over one subject. */
const rows = <Subject>(table: Table<Subject>, now: Moment<Subject>, before?: Moment<Subject>) => {
  const values: Record<string, number> = {};
  const totals: Record<string, number> = {};
  for (const id in table) {
    const field = table[id] as Field<Subject>;
    const value = field.read(now.subject, now.sample);
    if (value === undefined || !Number.isFinite(value)) continue;
    if (field.kind === 'gauge') {
      values[id] = value;
      continue;
    }
    totals[id] = value;
    const perSecond = rate(field, now, before, value);
    if (perSecond !== undefined && Number.isFinite(perSecond)) values[id] = perSecond;
  }
  return { values, totals };
};

const guestState = (guest: GuestSample): string => {
  if (guest.process.state === 'T') return 'stopped';
  return guest.monitor.status ?? 'unknown';
};

const processModels = (previous: Sample | undefined, next: Sample): readonly ProcessModel[] | undefined => {
  const { processes } = next.host;
  if (!processes) return undefined;
  const before = new Map((previous?.host.processes ?? []).map(one => [one.pid, one]));
  const guests = new Map(next.guests.map(guest => [guest.pid, guest.name]));
  return processes.map(one => {
    const earlier = before.get(one.pid);
    const moment =
      previous && earlier?.starttime === one.starttime ? { subject: earlier, sample: previous } : undefined;
    const guest = guests.get(one.pid);
    return {
      id: `${one.pid}.${one.starttime}`,
      values: rows(processFields, { subject: one, sample: next }, moment).values,
      ...known({ guest }),
      sample: one,
    };
  });
};

const meminfoRates = (previous: Sample | undefined, next: Sample): Numbers | undefined => {
  const [now, before] = [next.host.meminfo, previous?.host.meminfo];
  if (!previous || !now || !before || next.monotonic <= previous.monotonic) return undefined;
  const rates: Record<string, number> = {};
  for (const key in now) {
    const [to, from] = [now[key], own(before, key)];
    const rate =
      to === undefined || from === undefined ? Number.NaN : (to - from) / (next.monotonic - previous.monotonic);
    if (Number.isFinite(rate)) rates[key] = rate;
  }
  return rates;
};

/** The host's numbers alone: for whoever wants those of many moments. */
export const deriveHost = (previous: Sample | undefined, next: Sample): Model['host'] =>
  rows(
    hostFields,
    { subject: next.host, sample: next },
    previous ? { subject: previous.host, sample: previous } : undefined,
  );

/** The Model of `next`, with rates against `previous`; pure, and the same for live and replay. */
export const derive = (previous: Sample | undefined, next: Sample): Model => {
  const before = new Map<string, GuestSample>();
  for (const guest of previous?.guests ?? []) before.set(guest.id, guest);

  const guests = next.guests.map((guest): GuestModel => {
    const earlier = before.get(guest.id);
    return {
      id: guest.id,
      name: guest.name,
      pid: guest.pid,
      state: guestState(guest),
      ...rows(
        guestFields,
        { subject: guest, sample: next },
        previous && earlier ? { subject: earlier, sample: previous } : undefined,
      ),
      sample: guest,
    };
  });
  const account = ledger(next);
  const processes = processModels(previous, next);
  const changes = meminfoRates(previous, next);
  return {
    time: next.time,
    ...(previous && next.monotonic > previous.monotonic ? { interval: next.monotonic - previous.monotonic } : {}),
    host: deriveHost(previous, next),
    ...(account ? { ledger: account } : {}),
    nodes: (next.host.nodes ?? []).map(node => ({
      id: node.id,
      values: rows(nodeFields, { subject: node, sample: next }).values,
    })),
    pools: (next.host.pools ?? []).map(pool => ({
      pageSize: pool.pageSize,
      ...known({ node: pool.node }),
      values: rows(poolFields, { subject: pool, sample: next }).values,
    })),
    swaps: next.host.swaps ?? [],
    guests,
    ...(processes ? { processes } : {}),
    ...(changes ? { meminfoRates: changes } : {}),
    problems: next.problems,
    sample: next,
  };
};

/** Why a guest's number is unknown, in words. */
export const whyUnknown = (guest: GuestModel, id: GuestFieldId): string => {
  const field: (typeof guestFields)[GuestFieldId] = guestFields[id];
  if (field.kind === 'counter' && guest.totals[id] !== undefined) {
    if (!('rate' in field)) return 'a rate needs two looks';
    return guest.values.stats_interval === 0
      ? 'a rate needs two reports, and nobody asks for another (polling interval 0)'
      : 'a rate needs two reports, and kvmtop has seen one';
  }
  return ('why' in field ? field.why(guest.sample) : undefined) ?? 'its source does not tell it';
};

/** `busy` says more than the last known state: nobody has heard of the guest since. */
export const guestWord = (guest: GuestModel): string => {
  const { monitor } = guest.sample;
  if (guest.state === 'stopped') return 'stopped';
  switch (monitor.state) {
    case 'ok':
      // QEMU calls it running until the last moment.
      return guest.state === 'running' && isMigrating(monitor.migration) ? 'migrating' : guest.state;
    case 'none':
      return 'no monitor';
    case 'unasked':
      return 'asking';
    default:
      return monitor.state;
  }
};
