import { WordsError } from '../../errors.ts';
import type { GuestModel, Model } from '../../model.ts';
import { longBytes, MiB, parseBytes } from '../../units.ts';
import { whyKept } from '../../vmm/memory.ts';
import type { Action } from '../action.ts';
import { refuse } from '../guest/guest.ts';
import { defaultLimits, type Limits } from '../limits.ts';
import { planMany } from './balloons.ts';
import { type Gives, givesNow } from './gives.ts';
import { whyNoReport } from './reports.ts';

/**
 * What must stay with each giver so that all of them together give `wanted`: those that could give most give down to the same
 * rest, and who has no more than that gives nothing. `undefined` where they can't give as much. Bytes.
 */
export const restOf = (gives: readonly number[], wanted: number): number | undefined => {
  const sorted = gives.toSorted((one, other) => other - one);
  let sum = 0;
  for (const [index, most] of sorted.entries()) {
    sum += most;
    const rest = (sum - wanted) / (index + 1);
    if (rest >= (sorted[index + 1] ?? 0)) return rest;
  }
  return undefined;
};

/** Less is not worth a step. */
const least = MiB;

const whyNothing = (guest: GuestModel, gives: Exclude<Gives, number>, limits: Limits): string => {
  if (gives === 'kept') return whyKept(guest.sample) ?? 'it gives nothing back';
  if (gives === 'unknown') return whyNoReport(guest, limits) ?? 'its driver does not report what it uses';
  return guest.state === 'running' ? 'it has no balloon that can be moved' : `it is ${guest.state}`;
};

interface Giver {
  readonly guest: GuestModel;
  readonly bytes: number;
}

/** Who could give what, and who gives nothing and why. */
const offersOf = (
  model: Model,
  limits: Limits,
): { readonly givers: readonly Giver[]; readonly others: readonly string[] } => {
  const givers: Giver[] = [];
  const others: string[] = [];
  for (const guest of model.guests) {
    const gives = givesNow(guest, limits);
    if (typeof gives !== 'number') others.push(`${guest.name}: ${whyNothing(guest, gives, limits)}`);
    else if (gives < least) others.push(`${guest.name}: at its minimum`);
    else givers.push({ guest, bytes: gives });
  }
  return { givers, others };
};

const total = (givers: readonly Giver[]): number => givers.reduce((sum, { bytes }) => sum + bytes, 0);

/** Takes memory where it hurts least: from the guests that can spare most, so that they are left with the same to spare. */
export const take: Action<number> = {
  id: 'take',
  title: 'Take memory',
  help: 'Shrink the guests that can spare most, by SIZE in all; each keeps as much to spare as the others.',
  usage: 'SIZE',
  example: '8G',

  parse(_model, words) {
    const [word, ...rest] = words;
    if (word === undefined || rest.length > 0) throw new WordsError('take takes SIZE, such as: take 8G');
    const bytes = /^\d/.test(word) ? parseBytes(word) : undefined;
    if (bytes === undefined || bytes < least)
      throw new WordsError(`Not a size: '${word}'. Try 8G or 512M, at least 1M`);
    return bytes;
  },

  plan(model, wanted, request, limits = defaultLimits) {
    const what = `Take ${longBytes(wanted)} from the guests that can spare most`;
    const { givers, others } = offersOf(model, limits);
    const rest = restOf(
      givers.map(({ bytes }) => bytes),
      wanted,
    );
    if (rest === undefined)
      return refuse(request, what, `guests can give ${longBytes(total(givers))} in all within the guard rails`);
    const wishes = givers.flatMap(({ guest, bytes }) => {
      // Whole MiB, never more than the guard rails allow.
      const taken = Math.min(Math.floor(bytes / MiB), Math.ceil((bytes - rest) / MiB)) * MiB;
      return bytes > rest && taken > 0 ? [{ guest, bytes: (guest.values.balloon_actual ?? 0) - taken }] : [];
    });
    return planMany(model, what, { wishes, left: others }, request, limits);
  },

  hint(model, _words, limits = defaultLimits) {
    const { givers } = offersOf(model, limits);
    return `${givers.length} of ${model.guests.length} guests can give ${longBytes(total(givers))} in all`;
  },
};
