import { setTimeout as delay } from 'node:timers/promises';
import type { Model } from '../model.ts';

/** Seconds to wait for monitors that have not answered yet; a busy one is told then. */
const patience = 3;

/** Looks until every monitor has answered or shown that it won't. */
export const settledModel = async (look: () => Promise<Model>): Promise<Model> => {
  const until = performance.now() + patience * 1000;
  for (;;) {
    const model = await look();
    if (performance.now() > until || !model.guests.some(guest => guest.sample.monitor.state === 'unasked'))
      return model;
    await delay(50);
  }
};
