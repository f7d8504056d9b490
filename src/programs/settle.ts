import type { Patience } from '../collect/guests/monitors/contract.ts';
import { guestsCalled } from '../guests.ts';
import type { GuestModel, Model } from '../model.ts';
import type { Clock } from './clock.ts';

/** Seconds in which the monitor of a guest that is meant is free: others, such as more of kvmtop, hold it for milliseconds. */
const meantPatience = 15;

const hasNotAnswered = ({ sample, state }: GuestModel): boolean =>
  sample.monitor.state === 'unasked' || (sample.monitor.state === 'busy' && state !== 'stopped');

/**
 * Looks until every monitor has answered or shown that it won't, as long as it may take to greet and to answer a round; and longer
 * for guests that one of `words` calls.
 */
export const settledModel = async (
  look: () => Promise<Model>,
  clock: Clock,
  { greeting, round }: Pick<Patience, 'greeting' | 'round'>,
  words: readonly string[] = [],
): Promise<Model> => {
  const until = clock.steady() + greeting + round;
  for (;;) {
    const model = await look();
    const late = clock.steady() - until;
    const isOpen =
      (late <= 0 && model.guests.some(({ sample }) => sample.monitor.state === 'unasked')) ||
      (late <= meantPatience && words.some(word => guestsCalled(model.guests, word).some(hasNotAnswered)));
    if (!isOpen) return model;
    // Later it is others that it waits for, who have the processors, too.
    await clock.wait(late <= 0 ? 0.05 : 0.5);
  }
};
