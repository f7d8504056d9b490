import type { Step } from '../../../actions/action.ts';
import { describeStep } from '../../../actions/describe.ts';
import type { JournalEntry } from '../../../actions/gate/journal.ts';
import type { GuestModel } from '../../../model.ts';
import { formatMoment } from '../../../recording/moment.ts';
import type { TapeEvent } from '../../../recording/tape.ts';
import { safe } from '../../../text.ts';
import { longBytes, parseBytes } from '../../../units.ts';
import { type Line, span, type Tone } from '../../line.ts';
import { type Canvas, heading, wrap } from '../pane.ts';

/** Changes that are told at most. */
const most = 12;

/** A line of what was done, and what came of it. */
interface Told {
  /** Wall clock, seconds. */
  readonly time: number;
  readonly head: string;
  readonly text: string;
  readonly tone: Tone;
}

const tones = { begun: 'warn', done: 'text', failed: 'bad' } as const;
const words = { begun: 'outcome unknown', done: 'done', failed: 'failed' } as const;

/** The steps of an entry that are on this guest; of an earlier one of that name, too, which was started with another PID. */
const stepsOn = ({ steps }: JournalEntry, { id, name }: GuestModel, others: ReadonlySet<string>) =>
  steps.filter(step => 'guest' in step && (step.guest === id || (step.name === name && !others.has(step.guest))));

/** `8.00 GiB to 6.40 GiB`: of a change of many balloons what it was to this one, by its step and its way back. */
const balloonOf = (step: Step, { undo }: JournalEntry): string => {
  if (!('guest' in step) || !('purpose' in step) || step.purpose?.kind !== 'balloon') return describeStep(step);
  const { words = [] } = undo ?? {};
  const from = parseBytes(words[words.indexOf(step.guest) + 1] ?? '');
  return `${from === undefined ? '' : `${longBytes(from)} to `}${longBytes(step.purpose.target)}`;
};

const toldOf = (entry: JournalEntry, guest: GuestModel, others: ReadonlySet<string>): readonly Told[] => {
  const steps = stepsOn(entry, guest, others);
  const time = Date.parse(entry.time) / 1000;
  if (steps.length === 0 || Number.isNaN(time)) return [];
  // What was done to many guests says nothing of this one.
  const isAlone = steps.length === entry.steps.length;
  const what = isAlone ? entry.summary : `${entry.summary}: ${steps.map(step => balloonOf(step, entry)).join('; ')}`;
  const after = [entry.why, entry.error, ...(entry.notes ?? [])].filter(text => text !== undefined);
  return [
    {
      time,
      head: `${entry.user}, ${entry.by}`,
      text: [`${what}: ${words[entry.outcome]}${entry.forced ? ', guard rail overruled' : ''}`, ...after].join('; '),
      tone: tones[entry.outcome],
    },
  ];
};

const outcomeOf = ({ time, text }: TapeEvent, { name }: GuestModel): Told => ({
  time,
  head: '',
  text: text.startsWith(`${name}: `) ? text.slice(name.length + 2) : text,
  tone: 'dim',
});

/** What kvmtop did to this guest until the moment that is shown, newest first: when, who, what, and what came of it. */
export const changeLines = (guest: GuestModel, canvas: Canvas): readonly Line[] => {
  const { state, model, width } = canvas;
  const others = new Set(model.guests.flatMap(({ id }) => (id === guest.id ? [] : [id])));
  const outcomes = state.guestHistory?.guest === guest.id ? state.guestHistory.outcomes : [];
  const told = [
    ...state.journal.flatMap(entry => toldOf(entry, guest, others)),
    ...outcomes.map(event => outcomeOf(event, guest)),
  ]
    .filter(({ time }) => time <= model.time + 1)
    .sort((a, b) => b.time - a.time)
    .slice(0, most);
  const when = 21;
  const who = Math.max(0, ...told.map(({ head }) => Math.min(18, safe(head).length))) + 2;
  return [
    heading('Changes', canvas),
    ...(told.length === 0 ? [[span('none that kvmtop made', 'dim')]] : []),
    ...told.flatMap(({ time, head, text, tone }) =>
      wrap(safe(text), Math.max(20, width - when - who)).map(
        (row, index): Line => [
          span((index === 0 ? formatMoment(time) : '').padEnd(when), 'dim'),
          span((index === 0 ? safe(head).slice(0, who - 2) : '').padEnd(who)),
          span(row, tone),
        ],
      ),
    ),
  ];
};
