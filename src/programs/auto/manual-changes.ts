import type { JournalEntry } from '../../actions/gate/journal.ts';
import { watchJournal } from '../../actions/gate/journal-watch.ts';
import type { GuestId } from '../../sample.ts';

/** Guests whose balloon somebody moved by hand. */
const touchedBy = ({ by, request, steps }: JournalEntry): readonly GuestId[] =>
  (by === 'key' || by === 'do') && /^(balloon|deflate-all)/.test(request.action)
    ? steps.flatMap(step => ('guest' in step ? [step.guest] : []))
    : [];

/** Tells whose balloons are moved by hand from now on, by whatever process writes to the journal at `path`. */
export const watchManualChanges = (path: string) => {
  const watch = watchJournal(path);
  return {
    look: (): readonly GuestId[] => watch.look().flatMap(touchedBy),
    close: watch.close,
  };
};
