import type { Plan, Request } from '../actions/action.ts';
import { plan as planOf } from '../actions/actions.ts';
import { describeRequest } from '../actions/describe.ts';
import { advance, describeFollowing, type Following, isSameFollowed, startFollowing } from '../actions/follow.ts';
import type { JournalEntry } from '../actions/gate/journal.ts';
import type { Model } from '../model.ts';
import type { Finding } from '../policy/finding.ts';
import type { TapeEvent } from '../recording/tape.ts';
import { describeTried, judgeTried, type Tried } from './advice.ts';
import type { Message, State } from './store.ts';

/** The plan of what a confirm dialog asks about, on the newest numbers; none while the screen shows those of the past. */
export const currentPlan = ({ at, now, setting }: State, request: Request): Plan | undefined =>
  at === undefined && now.model ? planOf(now.model, request, setting.limits) : undefined;

/** After the gate did it: follow what moves, and keep the way back. */
export const withPerformed = (state: State, plan: Plan, entry: JournalEntry, isUndo: boolean): Partial<State> => {
  const time = state.now.model?.time ?? Date.now() / 1000;
  // The Model may be older than what was done.
  const done = Math.max(time, Date.parse(entry.time) / 1000);
  const started = (plan.follow ?? []).map(follow => startFollowing(follow, done));
  const others = state.following.filter(one => !started.some(other => isSameFollowed(one, other)));
  const fixed = state.now.advice.findings.find(
    ({ fix }) => fix && describeRequest(fix) === describeRequest(plan.request),
  );
  const undoable = isUndo ? state.undoable.slice(0, -1) : entry.undo ? [...state.undoable, entry.undo] : state.undoable;
  return {
    dialog: undefined,
    undoable,
    journal: [...state.journal, entry],
    ...(fixed
      ? { tried: [...state.tried, { finding: fixed, request: plan.request, time: done, outcome: 'waiting' }] }
      : {}),
    following: [...others, ...started],
    message: entry.notes
      ? { text: `${plan.summary}: ${entry.notes.join('; ')}`, tone: 'warn', time }
      : { text: plan.summary + ': asked', tone: 'good', time },
  };
};

/** How far what was changed has come, by the newest Model and what is found in it. */
interface Progress {
  readonly following: readonly Following[];
  /** Of these, what came to an end with this Model. */
  readonly ended: readonly Following[];
  readonly tried: readonly Tried[];
  /** Of these, what is judged otherwise with this Model. */
  readonly judged: readonly Tried[];
}

const progressOf = (
  { following, tried, setting }: Pick<State, 'following' | 'tried' | 'setting'>,
  model: Model,
  findings: readonly Finding[],
): Progress => {
  const moved = following.map(one => advance(one, model, setting.limits));
  const judged = judgeTried(tried, findings, model.time);
  return {
    following: moved,
    ended: moved.filter((one, index) => one.state !== following[index]?.state && one.state !== 'moving'),
    tried: judged,
    judged: judged.filter((one, index) => one.outcome !== tried[index]?.outcome),
  };
};

const tones = {
  moving: 'dim',
  waiting: 'warn',
  arrived: 'good',
  stalled: 'bad',
  replaced: 'warn',
  failed: 'bad',
  gone: 'bad',
} as const;

/** What is told of it: the first that came to an end, or else a message that has not stood for long enough yet. */
const messageAfter = (
  { ended, judged }: Progress,
  { message, setting }: State,
  { time }: Model,
): Message | undefined => {
  const [arrived] = ended;
  if (arrived) return { text: describeFollowing(arrived), tone: tones[arrived.state], time };
  const [fix] = judged;
  if (fix) return { text: describeTried(fix, time), tone: fix.outcome === 'helped' ? 'good' : 'warn', time };
  return message && time - message.time > setting.messageSeconds ? undefined : message;
};

/** What the newest Model says of changes on their way, and of fixes that were tried. */
export const withProgress = (
  state: State,
  model: Model,
  findings: readonly Finding[],
): Pick<State, 'following' | 'tried' | 'message'> => {
  const progress = progressOf(state, model, findings);
  return {
    following: progress.following.filter(({ state: at }) => at === 'moving' || at === 'waiting' || at === 'stalled'),
    tried: progress.tried,
    message: messageAfter(progress, state, model),
  };
};

/** What came of changes on their way, and of fixes that were tried, as the newest Model has it: for recordings. */
export const outcomesOf = (state: State, { now }: State): readonly TapeEvent[] => {
  const { model } = now;
  if (!model) return [];
  const event = (subject: string, text: string): TapeEvent => ({ time: model.time, kind: 'outcome', subject, text });
  const { ended, judged } = progressOf(state, model, now.advice.findings);
  return [
    ...ended.map(one => event(one.follow.name, describeFollowing(one))),
    ...judged.map(one => event(one.finding.subject, describeTried(one, model.time))),
  ];
};
