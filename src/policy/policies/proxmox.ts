import type { Model } from '../../model.ts';
import { longBytes, MiB } from '../../units.ts';
import type { Decision, Policy } from '../policy.ts';
import { type Candidate, candidatesOf, guarded, hostUnknown, resize } from './candidates.ts';
import { shareOut, sum } from './share-out.ts';

// The numbers of Proxmox VE's pvestatd.

/** Share of the host's RAM that is to be used. */
const usedGoal = 0.8;
/** Nothing is done about less. Bytes. */
const smallestGoal = 10 * MiB;
/** Of one guest in one cycle. Bytes. */
const largestChange = 100 * MiB;
/** A guest is relaxed when it has more than this share of its minimum free. */
const relaxedShare = 0.25;

const isRelaxed = ({ free, minimum, actual }: Candidate): boolean => free > relaxedShare * minimum && actual >= minimum;

/**
 * The sizes of these guests after `change` bytes were shared out by their shares: `min + A·shares/Σshares` each, where A is
 * what they have above their minima and the change. Who grows does not shrink here, nor the other way round, and nobody
 * moves further than the largest change. Proxmox repeats its pass until nothing changes; this is where that ends.
 */
const pass = (guests: readonly Candidate[], change: number): readonly number[] =>
  shareOut(
    guests.map(({ actual, minimum, maximum, shares }) => ({
      base: minimum,
      weight: shares,
      least: change > 0 ? actual : Math.min(actual, Math.max(minimum, actual - largestChange)),
      most: change > 0 ? Math.max(actual, Math.min(maximum, actual + largestChange)) : actual,
    })),
    sum(guests.map(({ actual }) => actual)) + change,
  );

interface Wish {
  readonly one: Candidate;
  readonly target: number;
}

/** First of those whose turn it is; of all where none of these can move. */
const wishes = (candidates: readonly Candidate[], goal: number): readonly Wish[] => {
  const first = candidates.filter(one => isRelaxed(one) === goal < 0);
  const moved = (guests: readonly Candidate[]): readonly Wish[] => {
    const targets = pass(guests, goal);
    return guests
      .map((one, index) => ({ one, target: targets[index] as number }))
      .filter(({ one, target }) => target !== one.actual);
  };
  const some = moved(first);
  return some.length > 0 ? some : moved(candidates);
};

/**
 * Proxmox VE's automatic ballooning: aims at 80 % of the host's RAM used. What is over or under is shared out among the
 * guests by their shares, from (or to) those first that have more (or less) than a quarter of their minimum free, at most
 * 100 MiB a guest each time.
 */
export const proxmox: Policy = {
  id: 'proxmox',
  title: 'Proxmox VE',
  help: 'Aims at 80 % of the host’s RAM used: shares out what is over or under among the guests, at most 100 MiB each in 10 s.',
  every: 10,
  window: 1,

  decide(models, settings) {
    const model = models.at(-1) as Model;
    const { mem_total: total, mem_available: available } = model.host.values;
    if (total === undefined || available === undefined) return hostUnknown('what is available on the host');
    const goal = total * usedGoal - (total - available);
    const { candidates, skipped } = candidatesOf(model, settings);
    if (Math.abs(goal) <= smallestGoal) return { decisions: [], skipped };
    const decisions: Decision[] = [];
    const left = [...skipped];
    for (const { one, target } of wishes(candidates, goal)) {
      const why = `the host uses ${longBytes(total - available)}, ${longBytes(Math.abs(goal))} ${goal > 0 ? 'less' : 'more'} than 80 % of its RAM; the guest has ${longBytes(one.free)} free`;
      const decision = resize(one, target, model.sample.pageSize, why);
      if (decision) decisions.push(decision);
      else if (goal < 0) left.push(guarded(one));
    }
    return { decisions, skipped: left };
  },
};
