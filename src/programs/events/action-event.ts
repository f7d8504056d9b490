import type { JournalEntry } from '../../actions/gate/journal.ts';
import type { TapeEvent } from '../../recording/tape.ts';

/** Whom it concerned: a guest, so many guests, or the host. */
const subjectOf = ({ steps }: JournalEntry): string => {
  const [first, ...others] = new Set(steps.flatMap(step => ('name' in step ? String(step.name) : [])));
  if (first === undefined) return 'host';
  return others.length === 0 ? first : `${others.length + 1} guests`;
};

const outcomeOf = ({ outcome, error }: JournalEntry): string => {
  if (outcome === 'begun') return 'outcome unknown';
  return outcome === 'done' ? 'done' : `failed: ${error ?? 'for an unknown reason'}`;
};

/** An entry of the journal as recordings keep it; `now` (wall clock, seconds) where it does not say when it was. */
export const actionEvent = (entry: JournalEntry, now: number): TapeEvent => {
  const time = Date.parse(entry.time) / 1000;
  const what = entry.why === undefined ? entry.summary : `${entry.summary}: ${entry.why}`;
  return {
    time: Number.isFinite(time) ? time : now,
    kind: 'action',
    subject: subjectOf(entry),
    text: `${what} (${outcomeOf(entry)})`,
    data: entry,
  };
};
