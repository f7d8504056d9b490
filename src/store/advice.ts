import type { Request } from '../actions/action.ts';
import { selectFindings } from '../guests.ts';
import type { Model } from '../model.ts';
import { derive } from '../model.ts';
import { type AdvisorState, advise, isAdviceDue, startAdvising, turnBegin } from '../policy/advisor.ts';
import type { Finding } from '../policy/finding.ts';
import type { Thresholds } from '../policy/thresholds.ts';
import { RecordingError, type Tape } from '../recording/tape.ts';
import type { GuestId, Sample } from '../sample.ts';

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
    : `has not helped so far: ${finding.subject}: ${finding.id} stands ${Math.round(now - time)} s after it`;

/** Seconds of a tape that are looked at for what was found at a moment; findings look back no further. */
const lookBack = 90;

/** A finding as an event keeps it: files may hold anything. */
const isFinding = (data: unknown): data is Finding =>
  typeof data === 'object' && data !== null && 'since' in data && Number.isFinite(data.since);

/** The findings, those that were told longer ago than was looked back with the moment at which they began. */
const sinceTold = (findings: readonly Finding[], tape: Tape, time: number): readonly Finding[] => {
  if (findings.length === 0) return findings;
  const told = tape.events(0, time).flatMap(({ kind, data }) => (kind === 'finding' && isFinding(data) ? [data] : []));
  return findings.map(finding => {
    const since = told.findLast(one => isSameFinding(one, finding))?.since ?? finding.since;
    return { ...finding, since: Math.min(since, finding.since) };
  });
};

/** No rule looks at processes, and there are many. */
const withoutProcesses = (sample: Sample): Sample => {
  const { processes: _, ...host } = sample.host;
  return { ...sample, host };
};

/** What was told last of a tape, and so what the advisor goes on from: a replay that plays on looks back once. */
interface Followed {
  readonly id: number;
  readonly thresholds: Thresholds;
  readonly state: AdvisorState;
  /** When the advisor looked last; wall clock, seconds. */
  readonly last: number | undefined;
}
const followed = new WeakMap<Tape, Followed>();

/** Where the advisor begins that is to tell of a sample. */
const begin = (tape: Tape, id: number, from: number, thresholds: Thresholds): Followed => {
  const before = followed.get(tape);
  const goesOn = before && before.thresholds === thresholds && before.id <= id && (before.last ?? 0) >= from;
  return goesOn ? before : { id: tape.find(from) - 1, thresholds, state: startAdvising(), last: undefined };
};

/**
 * Looks back for what the advisor told at a sample of a tape, and pauses after each sample that it had looked at: there may be some
 * eighteen, each with a thousand guests. What it told before that and lay within a limit's hysteresis since may be missing.
 */
export function* lookBackAt(tape: Tape, id: number, thresholds: Thresholds): Generator<void, AdvisorState, void> {
  const { time } = tape.sample(id);
  const from = turnBegin(time - lookBack);
  const start = begin(tape, id, from, thresholds);
  let { state, last } = start;
  const since = Math.max(tape.first, start.id + 1);
  for (const [index, { time: then }] of tape.headlines(since, id).entries()) {
    // Decoding a sample costs more than all the rest: most of them are in a turn that it has had.
    if (then < from || (last !== undefined && turnBegin(last) === turnBegin(then))) continue;
    const one = since + index;
    try {
      const [before, sample] = [tape.before(one), tape.sample(one)];
      if (!isAdviceDue(last, before, sample)) continue;
      last = sample.time;
      state = advise(state, derive(before && withoutProcesses(before), withoutProcesses(sample)), thresholds);
    } catch (error) {
      // Those after a damaged one can be shown again from some place on.
      if (!(error instanceof RecordingError) || one === id) throw error;
    }
    yield;
  }
  followed.set(tape, { id, thresholds, state, last });
  return { ...state, findings: sinceTold(state.findings, tape, time) };
}

/** The same at once. */
export const adviceAt = (tape: Tape, id: number, thresholds: Thresholds): AdvisorState => {
  const looking = lookBackAt(tape, id, thresholds);
  for (;;) {
    const step = looking.next();
    if (step.done) return step.value;
  }
};

/** What the advisor tells of the host and of the guests that are shown. It looks at all of them, whatever `-p` chose. */
export const adviceOn = (advice: AdvisorState, model: Model): AdvisorState =>
  model.others ? { ...advice, findings: selectFindings(advice.findings, model) } : advice;

/** What is found about one guest, from the most urgent. */
export const findingsOf = ({ advice }: { readonly advice: AdvisorState }, guest: GuestId): readonly Finding[] =>
  advice.findings.filter(finding => finding.guest === guest);

/** The most urgent of these that there is a fix for. */
export const fixableOf = (state: { readonly advice: AdvisorState }, guest: GuestId): Finding | undefined =>
  findingsOf(state, guest).find(({ fix }) => fix !== undefined);
