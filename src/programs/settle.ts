import type { Patience } from '../collect/guests/monitors/contract.ts';
import type { Model } from '../model.ts';
import type { Clock } from './clock.ts';

/** Looks until every monitor has answered or shown that it won't, as long as it may take to greet and to answer a round. */
export const settledModel = async (
  look: () => Promise<Model>,
  clock: Clock,
  { greeting, round }: Pick<Patience, 'greeting' | 'round'>,
): Promise<Model> => {
  const until = clock.steady() + greeting + round;
  for (;;) {
    const model = await look();
    if (clock.steady() > until || !model.guests.some(guest => guest.sample.monitor.state === 'unasked')) return model;
    await clock.wait(0.05);
  }
};
