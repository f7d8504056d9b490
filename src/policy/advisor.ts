import type { Need } from '../fields/field.ts';
import type { Model } from '../model.ts';
import type { Sample } from '../sample.ts';
import { compareWords } from '../text.ts';
import { type Finding, type Remark, type Rule, type Severity, strategies } from './finding.ts';
import { rules } from './rules.ts';
import type { Thresholds } from './thresholds.ts';
import { trimModel } from './trim.ts';

/** What must be read so that every rule can tell. */
export const adviceNeeds: ReadonlySet<Need> = new Set<Need>([
  'vmstat',
  'swaps',
  'pressure',
  'ksm',
  'pools',
  'sysctls',
  'guest_stat',
]);

/** The advisor looks once in so many seconds: rules look at what lasts. */
const every = 5;

/** In which of these stretches of the wall clock a moment is. */
const turnOf = (time: number): number => Math.floor(time / every);

/** The moment at which the stretch begins that `time` is in; wall clock, seconds. */
export const turnBegin = (time: number): number => turnOf(time) * every;

/** Whether all was read that rules need: the two files that nothing else asks for all the time. */
const isTelling = ({ host, guests }: Sample): boolean =>
  host.sysctls !== undefined && (guests.length === 0 || guests.some(({ process }) => process.stat !== undefined));

/**
 * Whether the advisor looks at a sample, after one that was taken at `last` (wall clock, seconds): at the first of each
 * stretch that has, with the one before it, what rules need. So a recording tells at each moment what was told live.
 */
export const isAdviceDue = (last: number | undefined, before: Sample | undefined, sample: Sample): boolean =>
  (last === undefined || turnOf(last) !== turnOf(sample.time)) &&
  before !== undefined &&
  isTelling(before) &&
  isTelling(sample);

/** Models that rules look back on: a minute in all. */
const kept = 12;
/** Seconds between two of them. */
const apart = 5;

/** Seconds for which a finding must be milder before it is told as milder. */
const calm = 10;

const severities: readonly Severity[] = ['critical', 'warning', 'notice'];

/** What is known of one rule and one subject. Times are of the monotonic clock unless they say otherwise. */
interface Watched {
  readonly rule: Rule;
  readonly remark: Remark;
  /** Wall clock at which it began to hold. */
  readonly since: number;
  readonly began: number;
  readonly last: number;
  /** It is a finding. */
  readonly told: boolean;
  readonly severity: Severity;
  /** Since when it has been milder than it is told. */
  readonly milder?: number;
}

/** By rule, and by the subject's key. */
type AllWatched = ReadonlyMap<Rule, ReadonlyMap<string, Watched>>;

export interface AdvisorState {
  /** Most urgent first. */
  readonly findings: readonly Finding[];
  /** What the last Model brought. */
  readonly began: readonly Finding[];
  /** What the last Model ended. */
  readonly ended: readonly Finding[];
  /** Oldest first, the newest last; of those before it there are only the counters and the host's values. */
  readonly window: readonly Model[];
  readonly watched: AllWatched;
  /** Whether what a rule says must have held for some time. */
  readonly patient: boolean;
}

/** An advisor that has seen nothing. One that is not patient tells at once what holds: for those who look only once. */
export const startAdvising = (patient = true): AdvisorState => ({
  findings: [],
  began: [],
  ended: [],
  window: [],
  watched: new Map(),
  patient,
});

const clock = (model: Model): number => model.sample.monotonic;

/** Rules look back at counters alone. */
const counters = (model: Model): Model => trimModel(model, ({ totals }) => ({ values: {}, totals }));

/** The newest takes the place of the one before it, unless that is far enough from the one before that. */
const advance = (window: readonly Model[], model: Model): readonly Model[] => {
  const [before, last] = [window.at(-2), window.at(-1)];
  const older = window.slice(0, -1);
  if (last && (!before || clock(last) - clock(before) >= apart)) older.push(counters(last));
  return [...older, model].slice(-kept - 1);
};

/** Names of guests repeat. */
const keyOf = ({ guest, subject }: Remark): string => guest ?? subject;

/** Worse is told at once, milder after a while: a number that lies between the two would not let it rest. */
const severityOf = (remark: Remark, now: number, before: Watched | undefined): Pick<Watched, 'severity' | 'milder'> => {
  if (!before?.told || severities.indexOf(remark.severity) <= severities.indexOf(before.severity))
    return { severity: remark.severity };
  const milder = before.milder ?? now;
  return now - milder >= calm ? { severity: remark.severity } : { severity: before.severity, milder };
};

/** What one rule says now, and what it said and may still stand. By the subject's key. */
const watch = (
  rule: Rule,
  window: readonly Model[],
  model: Model,
  thresholds: Thresholds,
  before: ReadonlyMap<string, Watched>,
  patient: boolean,
): ReadonlyMap<string, Watched> => {
  const now = clock(model);
  const sustain = patient ? (rule.sustain ?? 0) : 0;
  const after = new Map<string, Watched>();
  for (const remark of rule.check(window, thresholds, subject => before.get(subject)?.told === true)) {
    const key = keyOf(remark);
    const earlier = before.get(key);
    const began = earlier?.began ?? now;
    if (after.has(key)) continue;
    after.set(key, {
      rule,
      remark,
      since: earlier?.since ?? model.time,
      began,
      last: now,
      told: now - began >= sustain,
      ...severityOf(remark, now, earlier),
    });
  }
  const guests = new Set(model.guests.map(({ id }) => id));
  for (const [key, earlier] of before) {
    const gone = earlier.remark.guest !== undefined && !guests.has(earlier.remark.guest);
    if (!after.has(key) && earlier.told && !gone && now - earlier.last < sustain) after.set(key, earlier);
  }
  return after;
};

const findingOf = ({ rule, remark, since, severity }: Watched): Finding => ({
  ...remark,
  severity,
  id: rule.id,
  strategy: rule.strategy,
  since,
});

const urgency = (one: Watched): number =>
  severities.indexOf(one.severity) * strategies.length + strategies.indexOf(one.rule.strategy);

const byUrgency = (one: Watched, other: Watched): number =>
  urgency(one) - urgency(other) ||
  rules.indexOf(one.rule) - rules.indexOf(other.rule) ||
  compareWords(one.remark.subject, other.remark.subject) ||
  compareWords(keyOf(one.remark), keyOf(other.remark));

/** What one rule tells: a finding for each subject, or one that it gathers of them. */
const toldOf = (rule: Rule, watched: ReadonlyMap<string, Watched>, model: Model): readonly Watched[] => {
  const told = [...watched.values()].filter(one => one.told);
  const [first] = told;
  if (!rule.gather || !first) return told;
  const remark = rule.gather(
    told.map(one => one.remark),
    model,
  );
  return [{ ...first, remark, severity: remark.severity, since: Math.min(...told.map(({ since }) => since)) }];
};

const isSame = (one: Finding, other: Finding): boolean => one.id === other.id && keyOf(one) === keyOf(other);

/** The findings of `some` that `others` lack. */
const without = (some: readonly Finding[], others: readonly Finding[]): readonly Finding[] =>
  some.filter(one => !others.some(other => isSame(one, other)));

/**
 * The findings after one more Model. Pure. A clock that goes back (another boot, a recording wound back) begins anew.
 */
export const advise = (state: AdvisorState, model: Model, thresholds: Thresholds): AdvisorState => {
  const last = state.window.at(-1);
  const wound = last !== undefined && clock(model) < clock(last);
  const before = wound ? startAdvising(state.patient) : state;
  const window = advance(before.window, model);
  const watched = new Map(
    rules.map(rule => [
      rule,
      watch(rule, window, model, thresholds, before.watched.get(rule) ?? new Map(), state.patient),
    ]),
  );
  const findings = [...watched]
    .flatMap(([rule, ofRule]) => toldOf(rule, ofRule, model))
    .sort(byUrgency)
    .map(findingOf);
  return {
    findings,
    began: without(findings, state.findings),
    ended: without(state.findings, findings),
    window,
    watched,
    patient: state.patient,
  };
};
