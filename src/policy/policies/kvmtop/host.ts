import type { Model } from '../../../model.ts';
import type { Thresholds } from '../../thresholds.ts';
import { before } from '../history.ts';

/** Below the reserve the host is short, and stays it until this many reserves are available. */
export const relief = 1.2;
/** Below this share of the reserve, or where it swaps or stalls while short, it is critical. */
const criticalShare = 0.5;
/** Of the reserve, guests in need may have this share: far above the line below which the host is critical. */
const spendableShare = 0.2;
/** And in one round at most this share of it, so that it goes where it makes a guest well, and others can give theirs first. */
const spendStep = 0.01;
/** Only above this many reserves memory is given back to guests that do not ask for it. */
export const roomy = 1.5;

/** Seconds over which a trend is taken, and for which it is believed: about two rounds of a policy. */
export const trendSeconds = 10;

export type Pressure = 'calm' | 'short' | 'critical';

export interface HostState {
  readonly pressure: Pressure;
  /** What is available now, bytes. */
  readonly available: number;
  /** The least that was available in all that is remembered, bytes. */
  readonly lowest: number;
  /** What will be available soon if it goes on falling as it does, bytes. */
  readonly expected: number;
  readonly reserve: number;
  /** Of the reserve, what guests in need may have in all: nothing while the host swaps out. */
  readonly spendable: number;
  /** The same in one round. */
  readonly spendStep: number;
  /** Bytes to be had from guests: from what is expected up to where the host is no longer short; 0 when calm. */
  readonly shortfall: number;
}

const swapsOut = ({ host: { values } }: Model, { swapRate }: Thresholds): boolean => (values.swap_out ?? 0) >= swapRate;

/** Whether it swaps or everything waits for memory: MemAvailable tells of neither. What is unknown is no sign of it. */
const suffers = (model: Model, thresholds: Thresholds): boolean =>
  swapsOut(model, thresholds) ||
  (model.host.values.swap_in ?? 0) >= thresholds.swapRate ||
  (model.host.values.psi_mem_full_avg10 ?? 0) >= thresholds.pressureFull;

/** Whether it was short at the end of these: below the reserve once, and not above the line of relief since. */
const wasShort = (known: readonly number[], reserve: number): boolean => {
  const last = known.findLast(available => available < reserve || available >= relief * reserve);
  return last !== undefined && last < reserve;
};

/** How the host stands; `undefined` where its own numbers are missing. */
export const hostState = (models: readonly Model[], share: number, thresholds: Thresholds): HostState | undefined => {
  const model = models.at(-1) as Model;
  const { mem_outside_pools: total, mem_available_with_arc: available } = model.host.values;
  if (total === undefined || available === undefined) return undefined;
  const reserve = share * total;
  const known = models.flatMap(({ time, host }) =>
    host.values.mem_available_with_arc === undefined ? [] : [{ time, available: host.values.mem_available_with_arc }],
  );
  const earlier = before(known, trendSeconds);
  const seconds = earlier ? model.time - earlier.time : 0;
  const slope = earlier && seconds > 0 ? (available - earlier.available) / seconds : 0;
  const expected = Math.max(0, available + Math.min(0, slope) * trendSeconds);
  const short =
    expected < reserve ||
    wasShort(
      known.map(one => one.available),
      reserve,
    );
  const critical = available < criticalShare * reserve || (available < relief * reserve && suffers(model, thresholds));
  const pressure = critical ? 'critical' : short ? 'short' : 'calm';
  return {
    pressure,
    available,
    lowest: Math.min(...known.map(one => one.available)),
    expected,
    reserve,
    spendable: swapsOut(model, thresholds) ? 0 : spendableShare * reserve,
    spendStep: spendStep * reserve,
    shortfall: pressure === 'calm' ? 0 : Math.max(0, relief * reserve - expected),
  };
};
