import { statsStale } from '../../actions/balloon/reports.ts';
import type { Model } from '../../model.ts';
import { formatRatio, longBytes } from '../../units.ts';
import type { Decision, Policy } from '../policy.ts';
import { type Candidate, candidatesOf, guarded, hostUnknown, resize } from './candidates.ts';
import { histories, type Moment, mean } from './history.ts';

// The numbers of oVirt's balloon.rules; all are shares, 0 to 1.

/** Free memory of the host (with buffers and cache), below which guests shrink. */
const pressureThreshold = 0.2;
/** And below which they are pushed into their own swap. */
const pressureCritical = 0.05;
/** Of a guest's size: what it would have free. */
const guestFree = 0.2;
const largestStep = 0.05;
const smallestChange = 0.0025;
/** Looks of which the mean is taken. */
const looks = 10;

const freeOf = ({ host: { values } }: Model): number | undefined => {
  const { mem_free: free, buffers, cached } = values;
  return free === undefined || buffers === undefined || cached === undefined ? undefined : free + buffers + cached;
};

/** What a guest has for all it knows to be unused, means of its last looks; old reports are left out. Bytes. */
const usedOf = (
  { actual, free }: Candidate,
  moments: readonly Moment[],
  limits: { readonly staleSeconds: number },
): number => {
  const fresh = moments.map(({ guest }) => guest).filter(guest => statsStale(guest, limits) === false);
  return (
    (mean(fresh.map(guest => guest.values.balloon_actual)) ?? actual) -
    (mean(fresh.map(guest => guest.values.guest_free)) ?? free)
  );
};

/** Where the host has `h` of its memory free, and the guest uses `used`: bytes. */
const shrunk = ({ actual, minimum }: Candidate, used: number, h: number): number => {
  const share = h <= pressureCritical ? h - pressureCritical : guestFree * (h / pressureThreshold);
  const floor = Math.max(minimum, used + share * actual);
  return Math.max((1 - largestStep) * actual, floor);
};

const grown = ({ actual, minimum, maximum }: Candidate, used: number): number => {
  const floor = Math.max(minimum, used + guestFree * actual);
  return Math.min(maximum, Math.max((1 + largestStep) * actual, floor));
};

/**
 * oVirt's Memory Overcommit Manager (MOM), its balloon.rules: while less than a fifth of the host is free all guests shrink
 * alike, by a twentieth each time, down to what they use and ever less free memory; else they grow by as much. What is in
 * a guest's page cache counts as used. Our guard rails hold beyond that: where the host is critical, MOM would push
 * guests into their own swap.
 */
export const mom: Policy = {
  id: 'mom',
  title: 'oVirt MOM',
  help: 'Shrinks all guests by 5 % each 10 s while less than 20 % of the host is free (with its page cache), else grows them.',
  every: 10,
  window: looks,

  decide(models, settings) {
    const model = models.at(-1) as Model;
    const { mem_total: total } = model.host.values;
    const recent = models.slice(-looks);
    const free = freeOf(model) === undefined ? undefined : mean(recent.map(freeOf));
    if (total === undefined || free === undefined) return hostUnknown('what is free on the host');
    const h = free / total;
    const { candidates, skipped } = candidatesOf(model, settings);
    const past = histories(recent);
    const decisions: Decision[] = [];
    const left = [...skipped];
    for (const one of candidates) {
      const used = usedOf(one, past.get(one.guest.id) ?? [], settings.limits);
      const shrinks = h < pressureThreshold;
      const target = shrinks ? shrunk(one, used, h) : grown(one, used);
      const wrongWay = shrinks ? target > one.actual : one.actual >= one.maximum || target < one.actual;
      if (wrongWay || Math.abs(target - one.actual) <= smallestChange * one.actual) continue;
      const decision = resize(
        one,
        target,
        model.sample.pageSize,
        `${formatRatio(h)} of the host is free, ${shrinks ? 'less than' : 'not less than'} ${formatRatio(pressureThreshold)}; the guest uses ${longBytes(used)} with its page cache`,
      );
      if (decision) decisions.push(decision);
      else if (shrinks) left.push(guarded(one));
    }
    return { decisions, skipped: left };
  },
};
