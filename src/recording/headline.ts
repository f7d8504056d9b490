import type { Model } from '../model.ts';

/**
 * The few numbers of each sample that are kept beside it as they are, for graphs, for the timeline and for SQL. Bytes,
 * bytes a second, ratios and counts, under the names of docs/fields.md where there is one.
 */
export const headlineIds = [
  'mem_total',
  'mem_available',
  'mem_free',
  'swap_total',
  'swap_used',
  'swap_in',
  'swap_out',
  'psi_mem_some_avg10',
  'psi_mem_full_avg10',
  'ksm_saved',
  'hugetlb_total',
  'committed_as',
  'dirty',
  'guests_mem_max',
  'guests_actual',
  'guests_held',
  'guests',
  'guests_used',
] as const;
export type HeadlineId = (typeof headlineIds)[number];

/** Unknown is absent. */
export type Headline = { readonly time: number } & Readonly<Partial<Record<HeadlineId, number>>>;

/** `guests`: how many there are; `guests_used`: what those that tell it use, absent when none does. */
export const headlineOf = (model: Model): Headline => {
  const { guests, host } = model;
  const used = guests.flatMap(({ values }) => values.guest_used ?? []);
  const values: Readonly<Partial<Record<HeadlineId, number | undefined>>> = {
    ...host.values,
    guests: guests.length,
    guests_used: used.length === 0 ? undefined : used.reduce((total, bytes) => total + bytes, 0),
  };
  return {
    time: model.time,
    ...Object.fromEntries(headlineIds.flatMap(id => (values[id] === undefined ? [] : [[id, values[id]]]))),
  };
};
