import { describeRequest, describeStep } from '../../actions/describe.ts';
import type { JournalEntry } from '../../actions/gate/journal.ts';
import { formatClock } from '../../units.ts';
import { aim, type Line, span } from '../line.ts';
import { type Canvas, type Draw, fill } from './pane.ts';

const when = (time: string): string => {
  const date = new Date(time);
  const two = (value: number): string => String(value).padStart(2, '0');
  if (Number.isNaN(date.getTime())) return 'unknown time';
  return `${two(date.getMonth() + 1)}-${two(date.getDate())} ${formatClock(date.getTime() / 1000)}`;
};

const outcomeOf = ({ outcome, forced }: JournalEntry): string => {
  if (outcome === 'begun') return '?';
  return outcome === 'done' && forced ? 'forced' : outcome;
};

const tones = { begun: 'warn', done: 'text', failed: 'bad' } as const;

const row = (entry: JournalEntry, selected: boolean, { width, glyphs }: Canvas): Line => {
  const text = [
    when(entry.time),
    fill(entry.user, 10, glyphs),
    fill(entry.by, 6, glyphs),
    fill(outcomeOf(entry), 6, glyphs),
    entry.undo ? 'undo' : '    ',
  ].join('  ');
  const rest = fill(entry.summary, Math.max(0, width - text.length - 2), glyphs);
  const tone = selected ? 'selected' : tones[entry.outcome];
  return [span(`${text}  ${rest}`, tone)];
};

const details = (entry: JournalEntry | undefined): readonly Line[] =>
  entry
    ? [
        ...(entry.why === undefined ? [] : [[span('why   ', 'dim'), span(entry.why)]]),
        ...entry.steps.map((step): Line => [span('did   ', 'dim'), span(describeStep(step))]),
        ...(entry.outcome === 'begun'
          ? [[span('note  ', 'dim'), span('no outcome is known: it may have been done', 'warn')]]
          : []),
        ...(entry.error ? [[span('error ', 'dim'), span(entry.error, 'bad')]] : []),
        ...(entry.notes ?? []).map((note): Line => [span('note  ', 'dim'), span(note, 'warn')]),
        ...(entry.undo ? [[span('undo  ', 'dim'), span([entry.undo].flat().map(describeRequest).join('; '))]] : []),
      ]
    : [];

/** What was done to this host, newest first: when, by whom, the exact step, and the way back. */
export const journalPane: Draw = canvas => {
  const { state, width, height } = canvas;
  const entries = state.journal.toReversed();
  const head: Line = [span('WHEN            WHO         HOW     RESULT        WHAT'.padEnd(width), 'head')];
  if (entries.length === 0) return [head, [], [span('Nothing was changed by kvmtop here yet.', 'dim')]];
  const at = Math.min(state.journalCursor, entries.length - 1);
  const below = details(entries[at]).slice(0, Math.max(0, height - 3));
  const room = Math.max(1, height - 1 - below.length - (below.length > 0 ? 1 : 0));
  const first = Math.max(0, Math.min(at - room + 1, entries.length - room));
  const rows = entries
    .slice(first, first + room)
    .map((entry, index) => aim(row(entry, first + index === at, canvas), { kind: 'entry', at: first + index }));
  return [head, ...rows, ...(below.length > 0 ? [[] as Line] : []), ...below];
};
