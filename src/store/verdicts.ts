import { type JournalEntry, readEntry } from '../actions/gate/journal.ts';
import { readVerdict, type Verdict } from '../policy/pilot.ts';
import type { TapeEvent } from '../recording/tape.ts';
import type { State } from './store.ts';

/** Verdicts that are kept. */
export const keptVerdicts = 200;

/** One more verdict of the policy that runs. */
export const withVerdict = ({ pilot }: State, verdict: Verdict): Partial<State> => ({
  pilot: { ...pilot, verdicts: [...pilot.verdicts.slice(1 - keptVerdicts), verdict] },
});

/** An entry of the journal that a policy is behind, as the policy itself would tell it; another process may have written it. */
const verdictOf = (entry: JournalEntry, { time, subject }: TapeEvent): Verdict | undefined =>
  entry.by === 'policy' && entry.why !== undefined
    ? {
        time,
        policy: 'policy',
        subject,
        outcome: entry.outcome === 'done' ? 'asked' : 'failed',
        text:
          entry.outcome === 'done'
            ? [`${entry.summary}: ${entry.why}`, ...(entry.notes ?? [])].join('; ')
            : `${entry.summary}: ${entry.why}. ${entry.error}`,
      }
    : undefined;

/**
 * What policies did, or would have done, by what a recording tells of that. One that ran on the recorded screen told it
 * itself, with what became of it; of one in another process the journal tells what it changed, and why.
 */
export const verdictsOf = (events: readonly TapeEvent[]): readonly Verdict[] => {
  const own = events.flatMap(({ kind, data }) => (kind === 'policy' ? (readVerdict(data) ?? []) : []));
  const told = new Set(own.map(({ text }) => text));
  const others = events.flatMap((event): Verdict[] => {
    const entry = event.kind === 'action' ? readEntry(event.data) : undefined;
    const verdict = entry && verdictOf(entry, event);
    return verdict && !told.has(verdict.text) ? [verdict] : [];
  });
  return [...own, ...others].sort((a, b) => a.time - b.time);
};
