import type { GuestId } from '../sample.ts';
import type { Plan, Step } from './action.ts';
import { type Journal, type JournalEntry, operator } from './journal.ts';

/** The hands of the gate: only a Source that can change the world has them. */
export interface Control {
  /** One QMP command; rejects with an Error that says what, why and what to do. Checks first that the guest is still the same. */
  execute(guest: GuestId, command: string, args: Readonly<Record<string, unknown>>): Promise<unknown>;
  /** Remembers what was asked of a balloon, since QEMU does not tell it. */
  noteTarget(guest: GuestId, bytes: number | undefined): void;
}

export interface Gate {
  /** Absent: this Source is read-only by its nature or by `--read-only`. */
  readonly control: Control | undefined;
  readonly journal: Journal;
}

/** The gate said no; nothing was changed. */
export class Refused extends Error {}

const performStep = async (control: Control, step: Step): Promise<void> => {
  await control.execute(step.guest, step.command, step.arguments);
  if (step.command === 'balloon') control.noteTarget(step.guest, Number(step.arguments['value']));
};

/**
 * The one place that changes a host or a guest. Checks the guard rails once more, does the steps in order, stops at the
 * first that fails, and writes the journal either way.
 * @throws Refused when the plan may not be done; Error when a step failed (what was done before it stays done).
 */
export const perform = async (
  gate: Gate,
  plan: Plan,
  how: { readonly by: JournalEntry['by']; readonly force?: boolean },
): Promise<JournalEntry> => {
  if (!gate.control)
    throw new Refused('read-only: nothing is changed here (started with --read-only, or not a live host)');
  const forced = plan.refusal !== undefined;
  if (plan.refusal && !(how.force && plan.refusal.forceable)) throw new Refused(plan.refusal.reason);
  gate.journal.check();
  let error: string | undefined;
  try {
    for (const step of plan.steps) await performStep(gate.control, step);
  } catch (failure) {
    error = failure instanceof Error ? failure.message : String(failure);
  }
  const entry: JournalEntry = {
    time: new Date().toISOString(),
    user: operator(process.env),
    by: how.by,
    request: plan.request,
    summary: plan.summary,
    steps: plan.steps,
    forced,
    outcome: error === undefined ? 'done' : 'failed',
    ...(error === undefined ? {} : { error }),
    ...(plan.undo ? { undo: plan.undo } : {}),
  };
  gate.journal.append(entry);
  if (error !== undefined) throw new Error(error);
  return entry;
};
