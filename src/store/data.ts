import type { HostFieldId } from '../fields/host.ts';
import type { Model } from '../model.ts';

/** Host numbers that are drawn over time. */
export const graphed = ['mem_used', 'swap_used', 'swap_in', 'swap_out', 'psi_mem_some_avg10', 'ksm_saved'] as const;
export type Graphed = (typeof graphed)[number];

/** Oldest first; `undefined` where it was unknown, so that a gap stays a gap. */
export type History = Readonly<Record<Graphed, readonly (number | undefined)[]>>;

/** As many as the widest graph can show: two samples a braille column at 200 columns and some. */
const kept = 512;

export const emptyHistory: History = Object.fromEntries(graphed.map(id => [id, []])) as unknown as History;

/** RAM that can't be had without swapping or dropping what is in use: MemTotal − MemAvailable, bytes. */
export const memUsed = (model: Model): number | undefined => {
  const { mem_total: total, mem_available: available } = model.host.values;
  return total === undefined || available === undefined ? undefined : Math.max(0, total - available);
};

const graphedValue = (model: Model, id: Graphed): number | undefined =>
  id === 'mem_used' ? memUsed(model) : model.host.values[id satisfies HostFieldId];

/** The history with one more moment. */
export const remember = (history: History, model: Model): History =>
  Object.fromEntries(
    graphed.map(id => [id, [...history[id].slice(1 - kept), graphedValue(model, id)]]),
  ) as unknown as History;

/** What the machine is: looked up once, late (systeminformation), never in the loop. */
export interface Identity {
  readonly os?: string;
  readonly cpu?: string;
  /** Such as `kvm` or `vmware`, when this host is itself a guest. */
  readonly virtual?: string;
  /** Such as `4 × 32 GiB DDR5 4800`. */
  readonly dimms?: string;
}
