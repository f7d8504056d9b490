import type { Model } from '../model.ts';
import { type Headline, headlineOf } from '../recording/headline.ts';

/** Host numbers that are drawn over time. */
export const graphed = ['mem_used', 'swap_used', 'swap_in', 'swap_out', 'psi_mem_some_avg10', 'ksm_saved'] as const;
export type Graphed = (typeof graphed)[number];

/** Oldest first; `undefined` where it was unknown, so that a gap stays a gap. */
export type History = Readonly<Record<Graphed, readonly (number | undefined)[]>>;

/** As many as the widest graph can show: two samples a braille column at 200 columns and some. */
export const historyLength = 512;

export const emptyHistory: History = Object.fromEntries(graphed.map(id => [id, []])) as unknown as History;

/** RAM that can't be had without swapping or dropping what is in use: MemTotal − MemAvailable, bytes. */
export const usedOf = ({
  mem_total: total,
  mem_available: available,
}: Readonly<{ mem_total?: number; mem_available?: number }>): number | undefined =>
  total === undefined || available === undefined ? undefined : Math.max(0, total - available);

/** The same, of a Model. */
export const memUsed = (model: Model): number | undefined => usedOf(model.host.values);

/** Delays that may pass between two looks before what lies between them is a gap … */
const gapDelays = 3;
/** … and seconds on top of that. */
const gapSeconds = 1;

/** How many looks are missing between two moments, seconds, when one is due every `delay`; 0 when that is no gap. */
export const missedBetween = (before: number, after: number, delay: number): number => {
  const passed = after - before;
  return passed > gapDelays * delay + gapSeconds ? Math.round(passed / delay) - 1 : 0;
};

const graphedValue = (headline: Headline, id: Graphed): number | undefined =>
  id === 'mem_used' ? usedOf(headline) : headline[id];

/** What these moments, oldest first and `delay` seconds apart, look like drawn. */
export const historyOf = (headlines: readonly Headline[], delay: number): History => {
  const rows = headlines.flatMap((headline, index): readonly (Headline | undefined)[] => {
    const before = headlines[index - 1];
    const missed = before ? missedBetween(before.time, headline.time, delay) : 0;
    return [...Array.from({ length: Math.min(missed, historyLength) }, () => undefined), headline];
  });
  const kept = rows.slice(-historyLength);
  return Object.fromEntries(
    graphed.map(id => [id, kept.map(row => row && graphedValue(row, id))]),
  ) as unknown as History;
};

/** The history with one more moment, `passed` seconds after the one before it. */
export const remember = (history: History, model: Model, delay: number): History => {
  const { interval } = model;
  const missed = interval === undefined ? 0 : missedBetween(0, interval, delay);
  const headline = headlineOf(model);
  return Object.fromEntries(
    graphed.map(id => {
      const gap = Array.from({ length: Math.min(missed, historyLength - 1) }, () => undefined);
      return [id, [...history[id], ...gap, graphedValue(headline, id)].slice(-historyLength)];
    }),
  ) as unknown as History;
};

/** What the machine is: looked up once, late (systeminformation), never in the loop. */
export interface Identity {
  readonly os?: string;
  readonly cpu?: string;
  /** Such as `kvm` or `vmware`, when this host is itself a guest. */
  readonly virtual?: string;
  /** Such as `4 × 32 GiB DDR5 4800`. */
  readonly dimms?: string;
}
