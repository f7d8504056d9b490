import { own } from '../../own.ts';
import type { TapeEvent } from '../../recording/tape.ts';

/** One row of the table of changes, made of an event whose data may be anything. All texts are untrusted. */
export interface Change {
  readonly time: number;
  readonly who: string;
  readonly subject: string;
  readonly what: string;
  readonly outcome: string;
  readonly failed: boolean;
}

const word = (data: unknown, key: string): string | undefined => {
  const value =
    typeof data === 'object' && data !== null ? own(data as Readonly<Record<string, unknown>>, key) : undefined;
  return typeof value === 'string' && value !== '' ? value : undefined;
};

const ways: Readonly<Record<string, string>> = {
  key: 'by key',
  do: 'by kvmtop do',
  itself: 'kvmtop itself',
};

/** What was changed, and what came of it. */
export const changesOf = (events: readonly TapeEvent[]): readonly Change[] =>
  events
    .filter(({ kind }) => kind === 'action' || kind === 'outcome')
    .map(({ time, kind, subject, text, data }) => {
      const by = word(data, 'by');
      const who = [word(data, 'user'), by === undefined ? undefined : (own(ways, by) ?? by)].filter(
        part => part !== undefined,
      );
      const outcome = word(data, 'outcome');
      const error = word(data, 'error');
      return {
        time,
        who: who.join(', '),
        subject,
        // An entry of the journal, whose text tells the outcome once more.
        what: word(data, 'summary') ?? text,
        outcome: kind === 'outcome' ? 'came of it' : [outcome, error].filter(part => part !== undefined).join(': '),
        failed: outcome === 'failed',
      };
    });

export const severityOf = ({ data }: TapeEvent): string | undefined => word(data, 'severity');
