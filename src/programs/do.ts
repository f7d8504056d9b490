import { createInterface } from 'node:readline/promises';
import type { Follow, Plan, Request } from '../actions/action.ts';
import { actions, planStrictly } from '../actions/actions.ts';
import { reportOf } from '../actions/balloon/reports.ts';
import { describePlan } from '../actions/describe.ts';
import { advance, contend, describeFollowing, type Rival, startFollowing } from '../actions/follow.ts';
import { Refused } from '../actions/gate/control.ts';
import type { Gate } from '../actions/gate/perform.ts';
import { NoGuest } from '../actions/guest/guest.ts';
import type { Limits } from '../actions/limits.ts';
import { limitsOf, patienceOf, type Settings } from '../config/settings.ts';
import { bugOf, WordsError } from '../errors.ts';
import { whatIf } from '../export/what-if.ts';
import { planNeeds } from '../fields/needs.ts';
import { guestById } from '../guests.ts';
import { derive, type GuestModel, type Model } from '../model.ts';
import type { Sample } from '../sample.ts';
import type { Source } from '../source/source.ts';
import { safe } from '../text.ts';
import type { Clock } from './clock.ts';
import { openMigrationLimits } from './migration-limits.ts';
import { Failure, type Options, UsageError } from './options.ts';
import { openOutput } from './output.ts';
import { openPolling, tellOn } from './polling.ts';
import { watchRivals } from './rivals.ts';
import { settledModel } from './settle.ts';
import type { Surroundings } from './surroundings.ts';

/** Prints lines. A reader that has gone is no reason to leave a change half done. */
type Print = (lines: readonly string[]) => Promise<void>;

const createLooker = (source: Source) => {
  let previous: Sample | undefined;
  return async (): Promise<Model> => {
    const sample = await source.look(planNeeds);
    const model = derive(previous, sample);
    previous = sample;
    return model;
  };
};

/** @throws Failure where there is no answer: the input ended, or Ctrl-C. */
const agreed = async ({ stdin, stdout }: Pick<Surroundings, 'stdin' | 'stdout'>): Promise<boolean> => {
  const terminal = createInterface({ input: stdin, output: stdout });
  const ended = new Promise<undefined>(resolve => terminal.once('close', () => resolve(undefined)));
  try {
    const answer = await Promise.race([terminal.question('Do it? [y/N] ').catch(() => undefined), ended]);
    if (answer === undefined)
      throw new Failure('the question was not answered: nothing was changed; --yes does it without asking');
    return /^y(es)?$/i.test(answer.trim());
  } finally {
    terminal.close();
  }
};

/** Tells how all that was asked for moves until it has arrived; a Failure, at the end, where something doesn't. */
const followUp = async (
  follow: readonly Follow[],
  rivals: (follow: Follow) => readonly Rival[],
  look: () => Promise<Model>,
  print: Print,
  { delay: every, settings }: Pick<Options, 'delay' | 'settings'>,
  clock: Clock,
): Promise<void> => {
  const limits = limitsOf(settings);
  let following = follow.map(one => startFollowing(one, clock.now()));
  while (following.some(one => one.state === 'moving')) {
    await clock.wait(every);
    const model = await look();
    const before = following;
    // What stalled is told once and given up, though it may move again.
    following = before.map(one =>
      one.state === 'moving' ? contend(advance(one, model, limits), rivals(one.follow)) : one,
    );
    const told = following.filter(
      (one, index) => one !== before[index] && (one.state === 'moving' || one.state === 'arrived'),
    );
    await print(told.map(one => safe(describeFollowing(one))));
  }
  const missed = following.filter(one => one.state !== 'arrived');
  if (missed.length > 0) throw new Failure(missed.map(one => safe(describeFollowing(one))).join('; '));
};

const refuse = (plan: Plan): never => {
  const { refusal } = plan;
  const hint = refusal?.forceable ? '; --force overrules this' : '';
  throw new Refused(`${safe(refusal?.reason ?? 'refused')}${hint}; nothing was changed`);
};

/** The plan; words that mean nothing are wrong usage, a guest that is not there is not. */
const planned = (model: Model, request: Request, settings: Settings): Plan => {
  try {
    return planStrictly(model, request, limitsOf(settings));
  } catch (error) {
    if (!(error instanceof WordsError)) throw new Failure(safe(bugOf(error)));
    const message = safe(error.message);
    throw error instanceof NoGuest ? new Failure(message) : new UsageError(message);
  }
};

/** Seconds in which a guest that is asked for its first report gives it, or won't. */
const reportPatience = 8;

/** A plan, and the Model that it was made on: what is foreseen of one moment says nothing of another. */
interface Planned {
  readonly plan: Plan;
  readonly model: Model;
}

/**
 * What a guest uses must be known before it may be shrunk. Where nobody has its driver report, it is made to, for as long
 * as this takes. Gives the plan on what all of them then say; who says nothing is refused.
 */
const informed = async (
  first: Planned,
  polling: ReturnType<typeof openPolling>,
  look: () => Promise<Model>,
  planAgain: (model: Model) => Plan,
  { clock, limits }: { readonly clock: Clock; readonly limits: Limits },
): Promise<Planned> => {
  const asked = first.model.guests.filter(({ id }) => first.plan.unreported?.includes(id));
  if (asked.length === 0) return first;
  polling.ensure({ ...first.model, guests: asked });
  const isAwaited = (model: Model, { id }: GuestModel): boolean => {
    const guest = guestById(model, id);
    const state = guest?.sample.monitor.state;
    return guest !== undefined && (state === 'busy' || (state === 'ok' && reportOf(guest, limits) !== 'fresh'));
  };
  const until = clock.steady() + reportPatience;
  for (let { model } = first; ; model = await look()) {
    if (!asked.some(guest => isAwaited(model, guest)) || clock.steady() > until)
      return { plan: planAgain(model), model };
    await clock.wait(0.25);
  }
};

/** Said by a dry run, which asks nobody, of what it so can't know. */
const wouldAsk = ({ plan, model }: Planned): string | undefined => {
  const names = model.guests.filter(({ id }) => plan.unreported?.includes(id)).map(({ name }) => safe(name));
  return names.length === 0
    ? undefined
    : `would first ask for a fresh report, and plan on that: nobody has it report: ${names.join(', ')}`;
};

/**
 * `kvmtop do ACTION ARGUMENTS [--dry-run] [--yes] [--force]`: the same plan, gate and journal as by key. Shows the plan, asks
 * unless `--yes`, does it, and tells how it goes on. The caller closes the source.
 * @throws UsageError for words that mean nothing, and where there is nobody to ask; Refused, with nothing changed; Failure for
 * a guest that is not there, and where what was asked for did not arrive.
 */
export const doAction = async (
  source: Source,
  gate: Gate,
  options: Options,
  around: Pick<Surroundings, 'stdin' | 'stdout' | 'stderr' | 'clock'>,
): Promise<void> => {
  const [action, ...words] = options.words;
  if (action === undefined || !actions.has(action))
    throw new UsageError(
      `do takes one of: ${[...actions.values()].map(({ id, usage }) => `${id} ${usage}`).join(', ')}`,
    );
  const { clock } = around;
  const look = createLooker(source);
  const tell = tellOn(around.stderr);
  const model = await settledModel(look, clock, patienceOf(options.settings), { words, tell });
  const planOn = (now: Model): Plan => planned(now, { action, words }, options.settings);
  const pollEvery = options.settings['statistics.polling_seconds'];
  const mayAsk = gate.control !== undefined && pollEvery > 0;
  const polling = openPolling(options.dryRun ? { ...gate, control: undefined } : gate, pollEvery, {
    tell,
  });
  try {
    const first = { plan: planOn(model), model };
    const limits = limitsOf(options.settings);
    const planned = mayAsk && !options.dryRun ? await informed(first, polling, look, planOn, { clock, limits }) : first;
    await carryOut(planned, gate, options, around, look, mayAsk && options.dryRun ? wouldAsk(first) : undefined);
  } finally {
    await polling.putBack(look);
  }
};

/**
 * Shows the plan and what is foreseen, asks, does it, and tells how it goes on. `before`: what would be done first, were this no
 * dry run.
 */
const carryOut = async (
  { plan, model }: Planned,
  gate: Gate,
  options: Options,
  around: Pick<Surroundings, 'stdin' | 'stdout' | 'clock'>,
  look: () => Promise<Model>,
  before: string | undefined,
): Promise<void> => {
  const output = openOutput(around.stdout);
  const print: Print = async lines => {
    if (lines.length > 0) await output.write(`${lines.join('\n')}\n`);
  };
  const lines = (one: Plan): string[] => [...describePlan(one).map(({ text }) => text), ...whatIf(model, one)];
  if (before !== undefined) {
    // What it is refused for now may not be so then.
    const { refusal: _, ...rest } = plan;
    return print([...lines(rest), before, 'dry run: nothing was changed']);
  }
  await print(lines(plan));
  const overruled = options.force && plan.refusal?.forceable === true;
  if (plan.refusal && !overruled) refuse(plan);
  if (options.dryRun) return print(['dry run: nothing was changed']);
  if (!gate.control)
    throw new Refused('read-only: nothing is changed here (started with --read-only, or not a live host)');
  if (!options.yes) {
    if (!around.stdin.isTTY)
      throw new UsageError('there is no terminal to ask on: add --yes, or --dry-run to see the plan');
    if (!(await agreed(around))) return print(['nothing was changed']);
  }
  const limits = openMigrationLimits(gate);
  const rivals = watchRivals(gate.journal.path);
  try {
    const entry = await limits.perform(plan, { by: 'do', force: overruled });
    await print((entry.notes ?? []).map(safe));
    const { follow } = plan;
    if (follow) await followUp(follow, one => rivals.of(one, entry), look, print, options, around.clock);
  } finally {
    rivals.close();
    await limits.leave(look);
  }
};
