import { type JournalEntry, readEntry } from '../actions/gate/journal.ts';
import { type PolicyEvent, readPolicyEvent } from '../policy/pilot.ts';
import type { TapeEvent } from '../recording/tape.ts';
import type { State } from './store.ts';

/** Policy events that are kept. */
export const keptPolicyEvents = 200;

/** One more event of the policy that runs. */
export const withPolicyEvent = ({ pilot }: State, event: PolicyEvent): Partial<State> => ({
  pilot: { ...pilot, events: [...pilot.events.slice(1 - keptPolicyEvents), event] },
});

/** An entry of the journal that a policy is behind, as the policy itself would tell it; another process may have written it. */
const policyEventOf = (entry: JournalEntry, { time, subject }: TapeEvent): PolicyEvent | undefined =>
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
export const policyEventsOf = (events: readonly TapeEvent[]): readonly PolicyEvent[] => {
  const own = events.flatMap(({ kind, data }) => (kind === 'policy' ? (readPolicyEvent(data) ?? []) : []));
  const told = new Set(own.map(({ text }) => text));
  const others = events.flatMap((event): PolicyEvent[] => {
    const entry = event.kind === 'action' ? readEntry(event.data) : undefined;
    const policyEvent = entry && policyEventOf(entry, event);
    return policyEvent && !told.has(policyEvent.text) ? [policyEvent] : [];
  });
  return [...own, ...others].sort((a, b) => a.time - b.time);
};
