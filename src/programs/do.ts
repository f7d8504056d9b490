import { createInterface } from 'node:readline/promises';
import { setTimeout as delay } from 'node:timers/promises';
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
import { Failure, type Options, UsageError } from './options.ts';
import { openPolling } from './polling.ts';
import { openGate } from './session.ts';
import { settledModel } from './settle.ts';

interface Terminal {
  readonly stdin: NodeJS.ReadStream;
  readonly stdout: NodeJS.WriteStream;
}

const createLooker = (source: Source) => {
  let previous: Sample | undefined;
  return async (): Promise<Model> => {
    const sample = await source.look(planNeeds);
    const model = derive(previous, sample);
    previous = sample;
    return model;
  };
};

const agreed = async ({ stdin, stdout }: Terminal): Promise<boolean> => {
  const question = createInterface({ input: stdin, output: stdout });
  try {
    return /^y(es)?$/i.test((await question.question('Do it? [y/N] ')).trim());
  } finally {
    question.close();
  }
};

/** Tells how all that was asked for moves until it has arrived; a Failure, at the end, where something doesn't. */
const followUp = async (
  follow: readonly Follow[],
  look: () => Promise<Model>,
  out: NodeJS.WritableStream,
  { delay: every, settings }: Pick<Options, 'delay' | 'settings'>,
): Promise<void> => {
  const limits = limitsOf(settings);
  let following = follow.map(one => startFollowing(one, Date.now() / 1000));
  while (following.some(one => one.state === 'moving')) {
    await delay(every * 1000);
    const model = await look();
    following = following.map(last => {
      // What stalled is told once and given up, though it may move again.
      if (last.state !== 'moving') return last;
      const next = advance(last, model, limits);
      if (next !== last && (next.state === 'moving' || next.state === 'arrived'))
        out.write(safe(describeFollowing(next)) + '\n');
      return next;
    });
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
): Promise<Plan> => {
  const changed = new Set(plan.steps.map(step => ('guest' in step ? step.guest : undefined)));
  const silent = model.guests.filter(({ id, values }) => changed.has(id) && values.stats_interval === 0);
  if (!plan.refusal?.forceable || silent.length === 0) return plan;
  polling.ensure({ ...model, guests: silent });
  const until = performance.now() + reportPatience * 1000;
  for (let now = plan; ; ) {
    if (!now.refusal || performance.now() > until) return now;
    await delay(250);
    now = planAgain(await look());
  }
};

/** `kvmtop do ACTION …`: the same plan, gate and journal as by key. */
export const doAction = async (source: Source, options: Options, terminal: Terminal): Promise<void> => {
  const [action, ...words] = options.words;
  if (action === undefined || !actions.has(action))
    throw new UsageError(
      `do takes one of: ${[...actions.values()].map(({ id, usage }) => `${id} ${usage}`).join(', ')}`,
    );
  const look = createLooker(source);
  const model = await settledModel(look);
  const planOn = (now: Model): Plan => planned(now, { action, words }, options.settings);
  const gate = openGate(source, options);
  const polling = openPolling(
    options.dryRun ? { ...gate, control: undefined } : gate,
    options.settings['statistics.polling_seconds'],
  );
  try {
    const plan =
      gate.control && !options.dryRun ? await informed(planOn(model), model, polling, look, planOn) : planOn(model);
    await carryOut(plan, gate, options, terminal, look, whatIf(model, plan));
  } finally {
    await polling.putBack(look);
  }
};

/** Shows the plan and what is `foreseen`, asks, does it, and tells how it goes on. */
const carryOut = async (
  plan: Plan,
  gate: Gate,
  options: Options,
  terminal: Terminal,
  look: () => Promise<Model>,
  foreseen: readonly string[],
): Promise<void> => {
  const { stdout } = terminal;
  for (const { text } of describePlan(plan)) stdout.write(text + '\n');
  for (const row of foreseen) stdout.write(row + '\n');
  const overruled = options.force && plan.refusal?.forceable === true;
  if (plan.refusal && !overruled) refuse(plan);
  if (options.dryRun) {
    stdout.write('dry run: nothing was changed\n');
    return;
  }
  if (!gate.control)
    throw new Refused('read-only: nothing is changed here (started with --read-only, or not a live host)');
  if (!options.yes) {
    if (!terminal.stdin.isTTY)
      throw new UsageError('there is no terminal to ask on: add --yes, or --dry-run to see the plan');
    if (!(await agreed(terminal))) {
      stdout.write('nothing was changed\n');
      return;
    }
  }
  const { notes = [] } = await perform(gate, plan, { by: 'do', force: overruled });
  for (const note of notes) stdout.write(safe(note) + '\n');
  if (plan.follow) await followUp(plan.follow, look, stdout, options);
};
