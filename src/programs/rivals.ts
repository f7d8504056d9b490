import type { Follow } from '../actions/action.ts';
import { closeEnough, type Rival } from '../actions/follow.ts';
import type { JournalEntry } from '../actions/gate/journal.ts';
import { watchJournal } from '../actions/gate/journal-watch.ts';
import { own as ownOf } from '../own.ts';

const ways: Readonly<Record<string, string>> = { key: 'by key', do: 'by kvmtop do', policy: 'by a policy' };

/** What an entry, by whoever has written it, asks of the balloon that is followed: another size. */
const rivalIn = (
  { outcome, user, by, steps, time }: JournalEntry,
  follow: Follow,
  own: JournalEntry,
): readonly Rival[] =>
  follow.kind !== 'balloon' || outcome !== 'done'
    ? []
    : steps.flatMap(step => {
        if (!('guest' in step) || step.guest !== follow.guest || step.purpose?.kind !== 'balloon') return [];
        const { target } = step.purpose;
        const isOther = Number.isFinite(target) && Math.abs(target - follow.target) > closeEnough;
        const who = `${user} (${ownOf(ways, by) ?? by})`;
        return isOther ? [{ target, by: who, after: Date.parse(time) >= Date.parse(own.time) }] : [];
      });

/** Tells what others ask of the same balloons from now on, as far as they write to the journal at `path`. */
export const watchRivals = (path: string) => {
  const watch = path === 'none' ? undefined : watchJournal(path);
  const seen: JournalEntry[] = [];
  return {
    /** `own`: the entry by which it was asked for. */
    of(follow: Follow, own: JournalEntry): readonly Rival[] {
      seen.push(...(watch?.look() ?? []));
      return seen.filter(({ id }) => id !== own.id).flatMap(entry => rivalIn(entry, follow, own));
    },
    close: () => watch?.close(),
  };
};
