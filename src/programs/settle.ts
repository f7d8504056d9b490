import type { Patience } from '../collect/guests/monitors/contract.ts';
import { guestsCalled } from '../guests.ts';
import type { GuestModel, Model } from '../model.ts';
import type { Clock } from './clock.ts';

/** Seconds in which the monitor of a guest that is meant is free: others, such as more of kvmtop, hold it for milliseconds. */
const meantPatience = 15;

const hasNotAnswered = ({ sample, state }: GuestModel): boolean =>
  sample.monitor.state === 'unasked' || (sample.monitor.state === 'busy' && state !== 'stopped');

/** Guests that are waited for longer: those that one of `words` calls; `tell` says once whom. */
interface Meant {
  readonly words: readonly string[];
  readonly tell: (text: string) => void;
}

/**
 * Looks until every monitor has answered or shown that it won't, as long as it may take to greet and to answer a round; and longer
 * for guests that are `meant`.
 */
export const settledModel = async (
  look: () => Promise<Model>,
  clock: Clock,
  { greeting, round }: Pick<Patience, 'greeting' | 'round'>,
  { words, tell }: Meant = { words: [], tell: () => undefined },
): Promise<Model> => {
  const until = clock.steady() + greeting + round;
  let told = false;
  for (;;) {
    const model = await look();
    const late = clock.steady() - until;
    const isOpen = late <= 0 && model.guests.some(({ sample }) => sample.monitor.state === 'unasked');
    const meant =
      late <= meantPatience ? words.flatMap(word => guestsCalled(model.guests, word)).filter(hasNotAnswered) : [];
    if (!isOpen && meant.length === 0) return model;
    if (!told && late > 0) {
      told = true;
      tell(
        `${meant.map(({ name }) => name).join(', ')}: its monitor does not answer yet; waiting up to ${meantPatience} s`,
      );
    }
    // Later it is others that it waits for, who have the processors, too.
    await clock.wait(late <= 0 ? 0.05 : 0.5);
  }
};
