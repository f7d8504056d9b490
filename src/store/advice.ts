import type { Request } from '../actions/action.ts';
import { derive } from '../model.ts';
import { type AdvisorState, advise, startAdvising } from '../policy/advisor.ts';
import type { Finding } from '../policy/finding.ts';
import type { Thresholds } from '../policy/thresholds.ts';
import type { Tape } from '../recording/tape.ts';

/** A finding whose fix was carried out from here, and what came of it. */
export interface Tried {
  readonly finding: Finding;
  readonly request: Request;
  /** Wall clock, seconds. */
  readonly time: number;
  /** helped: the finding ended; not: it stands all the same, after a while. */
  readonly outcome: 'waiting' | 'helped' | 'not';
}

/** Seconds after which a fix should have been seen to help: balloons take some, and so do means over 10 s. */
const patience = 60;

/** Names of guests repeat, rules tell of several subjects. */
export const isSameFinding = (a: Finding, b: Finding): boolean =>
  a.id === b.id && (a.guest ?? a.subject) === (b.guest ?? b.subject);

/** What came of the fixes, by what is found now. `time`: wall clock, seconds. */
export const judgeTried = (tried: readonly Tried[], findings: readonly Finding[], time: number): readonly Tried[] =>
  tried.map(one => {
    if (one.outcome === 'helped') return one;
    if (!findings.some(finding => isSameFinding(finding, one.finding))) return { ...one, outcome: 'helped' };
    return one.outcome === 'waiting' && time - one.time > patience ? { ...one, outcome: 'not' } : one;
  });

/** Told once, when it is known. */
export const describeTried = ({ finding, outcome, time }: Tried, now: number): string =>
  outcome === 'helped'
    ? `helped: ${finding.subject}: ${finding.id} ended ${Math.round(now - time)} s after it`
    : `did not help so far: ${finding.subject}: ${finding.id} stands ${Math.round(now - time)} s after it`;

/** Seconds of a tape that are looked at for what was found at a moment; findings look back no further. */
const lookBack = 90;
const apart = 5;

/** What the advisor would have told at a sample of a tape. What had held for longer than it looks back began later here. */
export const adviceAt = (tape: Tape, id: number, thresholds: Thresholds): AdvisorState => {
  const { time } = tape.sample(id);
  let state = startAdvising();
  let last = Number.NEGATIVE_INFINITY;
  for (let one = Math.max(tape.first, tape.find(time - lookBack)); one <= id; one++) {
    const sample = tape.sample(one);
    if (one < id && sample.time - last < apart) continue;
    last = sample.time;
    state = advise(state, derive(tape.before(one), sample), thresholds);
  }
  return state;
};
