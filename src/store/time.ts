import { selectGuests } from '../guests.ts';
import { known } from '../known.ts';
import { derive, type Model } from '../model.ts';
import { type AdvisorState, startAdvising } from '../policy/advisor.ts';
import type { Headline } from '../recording/headline.ts';
import type { Span } from '../recording/moment.ts';
import type { Tape, TapeEvent } from '../recording/tape.ts';
import { type ActivityRow, activityOf } from './activity.ts';
import { type History, historyLength, historyOf, missedBetween, usedOf } from './data.ts';
import { type Tab, tabTable } from './tabs.ts';

/** What the screen shows of one moment. */
export interface Moment {
  readonly model: Model | undefined;
  readonly history: History;
  /** Rows of the vmstat tab, oldest first. */
  readonly activity: readonly ActivityRow[];
  /** What the advisor finds. */
  readonly advice: AdvisorState;
}

/** Where to go in time. */
export type Destination =
  | { readonly kind: 'samples'; readonly by: number }
  | { readonly kind: 'seconds'; readonly by: number }
  | { readonly kind: 'first' }
  | { readonly kind: 'last' }
  /** Wall clock, seconds: the newest sample that is not after it; of a whole second, one that was taken within it. */
  | { readonly kind: 'time'; readonly time: number }
  /** The next event of one of these kinds, or with −1 the one before. */
  | { readonly kind: 'event'; readonly of: readonly TapeEvent['kind'][]; readonly by: 1 | -1 };

/** A mark on the timeline: something was done, or found. */
export interface Mark {
  /** Wall clock, seconds. */
  readonly time: number;
  readonly kind: TapeEvent['kind'];
}

/** A whole recording at a glance. */
export interface Timeline {
  /** Wall clock of the first sample, seconds. */
  readonly from: number;
  /** Wall clock of the last sample, seconds. */
  readonly to: number;
  /** The worst of each of `timelineParts` equal stretches of that time; absent where nothing was recorded. */
  readonly parts: readonly (TimelinePart | undefined)[];
  readonly marks: readonly Mark[];
}

export interface TimelinePart {
  /** Used RAM as a share of all of it, 0 to 1. */
  readonly used?: number;
  /** Time in which tasks waited for memory (PSI some, 10 s), 0 to 1. */
  readonly stalled?: number;
}

/** Rows of the screen that the timeline takes. */
export const timelineRows = 2;

/** Enough for the widest screen. */
export const timelineParts = 400;

const worse = (a: number | undefined, b: number | undefined): number | undefined =>
  a === undefined ? b : b === undefined ? a : Math.max(a, b);

const partOf = (headline: Headline, before: TimelinePart | undefined): TimelinePart => {
  const used = usedOf(headline);
  const share = used === undefined || !headline.mem_total ? undefined : used / headline.mem_total;
  const part = { used: worse(before?.used, share), stalled: worse(before?.stalled, headline.psi_mem_some_avg10) };
  return {
    ...known({ used: part.used, stalled: part.stalled }),
  };
};

/** Which of `parts` a moment is in; the first, too, where that can't be told. */
export const partAt = ({ from, to }: Span, time: number, parts: number): number => {
  const share = (time - from) / (to - from);
  return share > 0 ? Math.min(parts - 1, Math.floor(share * parts)) : 0;
};

/** That a finding is over is no news to go to: such events have no data. */
const begins = ({ kind, data }: TapeEvent): boolean => kind !== 'finding' || data !== undefined;

/** Samples in a part from which on a tape that can tell the worst of each by itself is asked for that. */
const crowded = 8;

/** The parts by all headlines. `delay`: seconds between two looks, when none is missing. */
const partsOf = (headlines: readonly Headline[], span: Span, delay: number): Timeline['parts'] => {
  const parts: (TimelinePart | undefined)[] = Array.from({ length: timelineParts }, () => undefined);
  headlines.forEach((headline, at) => {
    const index = partAt(span, headline.time, timelineParts);
    parts[index] = partOf(headline, parts[index]);
    const before = headlines[at - 1];
    if (!before || missedBetween(before.time, headline.time, delay) > 0) return;
    // Where there are more parts than samples, each stands until the next.
    for (let part = partAt(span, before.time, timelineParts) + 1; part < index; part++)
      parts[part] = partOf(before, undefined);
  });
  return parts;
};

/** All of a tape at a glance; `undefined` when it is empty. `delay`: seconds between two looks, when none is missing. */
export const timelineOf = (tape: Tape, delay: number): Timeline | undefined => {
  const [first] = tape.headlines(tape.first, tape.first);
  const [last] = tape.headlines(tape.last, tape.last);
  if (!first || !last) return undefined;
  const span = { from: first.time, to: last.time };
  const worst = tape.last - tape.first > crowded * timelineParts ? tape.worst?.(timelineParts) : undefined;
  const parts = worst
    ? worst.map(headline => headline && partOf(headline, undefined))
    : partsOf(tape.headlines(tape.first, tape.last), span, delay);
  const marks = tape
    .events(span.from, span.to)
    .filter(begins)
    .map(({ time, kind }) => ({ time, kind }));
  return { ...span, parts, marks };
};

/** Id of the sample that a move from `id` ends at. */
export const destinationId = (tape: Tape, id: number, to: Destination): number => {
  const within = (one: number): number => Math.min(tape.last, Math.max(tape.first, one));
  switch (to.kind) {
    case 'samples':
      return within(id + to.by);
    case 'first':
      return tape.first;
    case 'last':
      return tape.last;
    case 'time': {
      const found = tape.find(to.time);
      // The header's clock shows whole seconds: who types one means the look that was shown with it.
      const next = Number.isInteger(to.time) ? tape.headlines(found + 1, found + 1)[0] : undefined;
      const shows = (time: number): boolean => Math.floor(time) === to.time;
      return next && shows(next.time) && !shows(tape.sample(found).time) ? found + 1 : found;
    }
    case 'seconds': {
      const found = tape.find(tape.sample(within(id)).time + to.by);
      // Over a gap, or where looks are rarer than that, it moves all the same.
      return found === id ? within(id + Math.sign(to.by)) : found;
    }
    case 'event': {
      const now = tape.sample(within(id)).time;
      const events = tape
        .events(to.by > 0 ? now : 0, to.by > 0 ? Number.MAX_SAFE_INTEGER : now)
        .filter(event => to.of.includes(event.kind) && begins(event))
        // The sample that shows it is the first one after it.
        .map(({ time }) => within(tape.find(time) + (tape.sample(tape.find(time)).time < time ? 1 : 0)))
        .filter(one => (to.by > 0 ? one > id : one < id));
      return (to.by > 0 ? events[0] : events.at(-1)) ?? id;
    }
  }
};

/** The moment of a sample, as it was seen then; of what costs many samples, only what the tab shows, and no advice yet. */
export const momentOf = (tape: Tape, id: number, tab: Tab, setting: MomentSetting): Moment => {
  const model = selectGuests(derive(tape.before(id), tape.sample(id)), setting.only);
  return {
    model,
    history: historyOf(tape.headlines(Math.max(tape.first, id - historyLength + 1), id), setting.delay),
    activity: tabTable[tab].past === 'activity' ? activityOf(tape, id) : [],
    advice: startAdvising(),
  };
};

interface MomentSetting {
  /** Seconds between two looks. */
  readonly delay: number;
  /** What `-p` chose. */
  readonly only: readonly string[];
}
