import { randomUUID } from 'node:crypto';
import { errorOf, messageOf } from '../../errors.ts';
import { known } from '../../known.ts';
import type { GuestStep } from '../../vmm/step.ts';
import type { Plan, Step } from '../action.ts';
import { type Control, Refused } from './control.ts';
import { type Journal, type JournalEntry, operator } from './journal.ts';

export interface Gate {
  /** Absent: this Source is read-only by its nature or by `--read-only`. */
  readonly control: Control | undefined;
  readonly journal: Journal;
}

/** Remembers what is not to be learnt afterwards. Nothing has to be told of it. */
const note = (control: Control, { guest, purpose }: GuestStep): undefined => {
  if (purpose?.kind === 'balloon') control.noteTarget(guest, purpose.target);
};

/** Does one step, and gives what must be told of it: where the kernel did something else than it was asked. */
const performStep = async (control: Control, step: Step): Promise<string | undefined> => {
  switch (step.kind) {
    case 'qmp':
      await control.execute(step.guest, step.command, step.arguments);
      return note(control, step);
    case 'write': {
      const now = await control.write(step.path, step.value);
      return now === step.value ? undefined : `${step.path}: asked for ${step.value}, the kernel gave ${now}`;
    }
    case 'virsh':
      await control.virsh(step.guest, step.words, step.purpose);
      return note(control, step);
    case 'api':
      await control.call(step.guest, step.method, step.path, step.body);
      return note(control, step);
    case 'client':
      await control.run(step.guest, step.words);
      return note(control, step);
    case 'file':
      await control.file(step.path, step.content);
      return undefined;
  }
};

/** What must be told of the steps, and what ended them. */
interface Outcome {
  readonly notes: readonly string[];
  readonly failure?: Error;
}

const inOrder = async (control: Control, steps: readonly Step[]): Promise<Outcome> => {
  const notes: string[] = [];
  try {
    for (const step of steps) {
      const note = await performStep(control, step);
      if (note !== undefined) notes.push(note);
    }
    return { notes };
  } catch (thrown) {
    return { notes, failure: errorOf(thrown) };
  }
};

/** At once, so that a guest that hangs holds up no other; a failure only when every one failed. */
const eachByItself = async (control: Control, steps: readonly Step[]): Promise<Outcome> => {
  const ends = await Promise.allSettled(steps.map(step => performStep(control, step)));
  const failures = ends.flatMap(end => (end.status === 'rejected' ? [errorOf(end.reason)] : []));
  const [first] = failures;
  if (first && failures.length === steps.length)
    return {
      notes: [],
      failure: failures.length === 1 ? first : new Error(failures.map(one => one.message).join('; ')),
    };
  const told = ends.flatMap(end => (end.status === 'fulfilled' && end.value !== undefined ? [end.value] : []));
  return { notes: [...failures.map(({ message }) => `failed: ${message}`), ...told] };
};

/** Why the journal can't take an entry; undefined once it has it. */
const unwrittenBecause = async (journal: Journal, entry: JournalEntry): Promise<string | undefined> => {
  try {
    await journal.append(entry);
    return undefined;
  } catch (thrown) {
    return messageOf(thrown);
  }
};

const unjournalled = ({ path }: Journal, why: string): string =>
  `the journal ${path} can't be written (${why}), so nothing was changed: free space there, or set XDG_STATE_HOME to ` +
  'another folder; in an emergency, override with kvmtop do … --force';

/**
 * The one place that changes a host or a guest. Checks the guard rails once more, writes to the journal what it is about to
 * do, does the steps in order and stops at the first that fails (independent ones all at once), and writes the outcome.
 * What can't be journalled is not done, unless `force` is given.
 * @throws Refused when the plan may not be done, or privilege is lacking; Error when a step failed (what was done before
 * it stays done).
 */
export const perform = async (
  gate: Gate,
  plan: Plan,
  how: { readonly by: JournalEntry['by']; readonly force?: boolean; readonly why?: string },
): Promise<JournalEntry> => {
  if (!gate.control)
    throw new Refused('read-only: nothing is changed here (started with --read-only, or not a live host)');
  if (plan.refusal && !(how.force && plan.refusal.forceable)) throw new Refused(plan.refusal.reason);
  const intent: JournalEntry = {
    id: randomUUID(),
    time: new Date().toISOString(),
    user: operator(process.env),
    by: how.by,
    request: plan.request,
    summary: plan.summary,
    ...known({ why: how.why }),
    steps: plan.steps,
    forced: plan.refusal !== undefined,
    outcome: 'begun',
    ...(plan.undo ? { undo: plan.undo } : {}),
  };
  const unwritten = await unwrittenBecause(gate.journal, intent);
  if (unwritten !== undefined && !how.force) throw new Refused(unjournalled(gate.journal, unwritten));
  const { notes, failure } = await (plan.independent ? eachByItself : inOrder)(gate.control, plan.steps);
  const told = unwritten === undefined ? notes : [...notes, `not journalled: ${unwritten}`];
  const entry: JournalEntry = {
    ...intent,
    time: new Date().toISOString(),
    forced: intent.forced || unwritten !== undefined,
    outcome: failure === undefined ? 'done' : 'failed',
    ...(told.length > 0 ? { notes: told } : {}),
    ...known({ error: failure?.message }),
  };
  const outcomeUnwritten = await unwrittenBecause(gate.journal, entry);
  if (outcomeUnwritten !== undefined && unwritten === undefined) {
    // What was done must not be told as not done. The journal has what was asked for, without its outcome.
    const what = failure === undefined ? 'this was done' : `this failed (${failure.message})`;
    throw new Error(
      `${what}, but its outcome could not be written to the journal ${gate.journal.path}: ${outcomeUnwritten}`,
    );
  }
  if (failure !== undefined) throw failure;
  return entry;
};
