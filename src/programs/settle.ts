import type { Model } from '../model.ts';
import type { Clock } from './clock.ts';

/** Seconds to wait for monitors that have not answered yet; a busy one is told then. */
const patience = 3;

/** Looks until every monitor has answered or shown that it won't. */
export const settledModel = async (look: () => Promise<Model>, clock: Clock): Promise<Model> => {
  const until = clock.steady() + patience;
  for (;;) {
    const model = await look();
    if (clock.steady() > until || !model.guests.some(guest => guest.sample.monitor.state === 'unasked')) return model;
    await clock.wait(0.05);
  }
};
