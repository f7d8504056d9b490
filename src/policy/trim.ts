import type { GuestModel, Model } from '../model.ts';

/**
 * A Model without all that is not looked back at: a minute of a thousand guests would be some hundred MiB else. Of the guests
 * there is who they are, and what `kept` gives of each.
 */
export const trimModel = (
  { time, host, guests, sample }: Model,
  kept: (guest: GuestModel) => Pick<GuestModel, 'values' | 'totals'>,
): Model => {
  const { version, monotonic, pageSize } = sample;
  return {
    time,
    host,
    nodes: [],
    pools: [],
    swaps: [],
    guests: guests.map(guest => {
      const { id, name, pid, state } = guest;
      const { starttime, vmm } = guest.sample;
      const { values, totals } = kept(guest);
      return {
        id,
        name,
        pid,
        state,
        values,
        totals,
        sample: { id, pid, starttime, name, vmm, launch: {}, process: {}, monitor: { state: 'unasked' } },
      };
    }),
    problems: [],
    sample: { version, time, monotonic, pageSize, host: {}, guests: [], problems: [] },
  };
};
