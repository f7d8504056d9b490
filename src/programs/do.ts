import { createInterface } from 'node:readline/promises';
import type { Follow, Plan, Request } from '../actions/action.ts';
import { actions, planStrictly } from '../actions/actions.ts';
import { describePlan } from '../actions/describe.ts';
import { advance, describeFollowing, startFollowing } from '../actions/follow.ts';
import { Refused } from '../actions/gate/control.ts';
import { type Gate, perform } from '../actions/gate/perform.ts';
import { NoGuest } from '../actions/guest/guest.ts';
import { limitsOf, type Settings } from '../config/settings.ts';
import { messageOf } from '../errors.ts';
import { whatIf } from '../export/what-if.ts';
import { planNeeds } from '../fields/needs.ts';
import { derive, type Model } from '../model.ts';
import type { Sample } from '../sample.ts';
import type { Source } from '../source/source.ts';
import { safe } from '../text.ts';
import type { Clock } from './clock.ts';
import { Failure, type Options, UsageError } from './options.ts';
import { openOutput } from './output.ts';
import { openPolling, tellOn } from './polling.ts';
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
    following = before.map(one => (one.state === 'moving' ? advance(one, model, limits) : one));
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
    const message = safe(messageOf(error));
    throw error instanceof NoGuest ? new Failure(message) : new UsageError(message);
  }
};

/** Seconds in which a guest that is asked for its first report gives it, or won't. */
const reportPatience = 8;

/**
 * What a guest uses must be known before it may be shrunk. Where nobody has its driver report, it is made to for as long
 * as this takes. Gives the plan on what it then says, or the old one when it says nothing.
 */
const informed = async (
  plan: Plan,
  model: Model,
  polling: ReturnType<typeof openPolling>,
  look: () => Promise<Model>,
  planAgain: (model: Model) => Plan,
  clock: Clock,
): Promise<Plan> => {
  const changed = new Set(plan.steps.map(step => ('guest' in step ? step.guest : undefined)));
  const silent = model.guests.filter(({ id, values }) => changed.has(id) && values.stats_interval === 0);
  if (!plan.refusal?.forceable || silent.length === 0) return plan;
  polling.ensure({ ...model, guests: silent });
  const until = clock.steady() + reportPatience;
  for (let now = plan; ; ) {
    if (!now.refusal || clock.steady() > until) return now;
    await clock.wait(0.25);
    now = planAgain(await look());
  }
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
  const model = await settledModel(look, clock);
  const planOn = (now: Model): Plan => planned(now, { action, words }, options.settings);
  const polling = openPolling(
    options.dryRun ? { ...gate, control: undefined } : gate,
    options.settings['statistics.polling_seconds'],
    { tell: tellOn(around.stderr) },
  );
  try {
    const first = planOn(model);
    const plan = gate.control && !options.dryRun ? await informed(first, model, polling, look, planOn, clock) : first;
    await carryOut(plan, gate, options, around, look, whatIf(model, plan));
  } finally {
    await polling.putBack(look);
  }
};

/** Shows the plan and what is `foreseen`, asks, does it, and tells how it goes on. */
const carryOut = async (
  plan: Plan,
  gate: Gate,
  options: Options,
  around: Pick<Surroundings, 'stdin' | 'stdout' | 'clock'>,
  look: () => Promise<Model>,
  foreseen: readonly string[],
): Promise<void> => {
  const output = openOutput(around.stdout);
  const print: Print = async lines => {
    if (lines.length > 0) await output.write(`${lines.join('\n')}\n`);
  };
  await print([...describePlan(plan).map(({ text }) => text), ...foreseen]);
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
  const { notes = [] } = await perform(gate, plan, { by: 'do', force: overruled });
  await print(notes.map(safe));
  if (plan.follow) await followUp(plan.follow, look, print, options, around.clock);
};
