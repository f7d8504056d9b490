import { guestById } from '../guests.ts';
import { type GuestTape, RecordingError, type TapeEvent } from '../recording/tape.ts';
import type { GuestId } from '../sample.ts';
import { type GuestPoint, pointOf } from './guest-history.ts';
import type { State, Store } from './store.ts';

/** Milliseconds of reading at once, and between: keys, looks and frames come first. */
const sliceMs = 12;
const pauseMs = 12;
/** Milliseconds until what was read meanwhile is shown. */
const showMs = 100;
/** From so many looks on a span is first read in steps, at the begin of each chain: there reading is cheap. */
const longSpan = 256;
/** Points that are enough for the widest graph in steps. */
const enough = 400;
/** Looks of a longer span are not read one by one: of 800 guests each takes some 3 ms. */
const mostLooks = 4000;
/** Points that are kept, those of looks beside the span that is shown among them. */
const mostPoints = 8192;

/** What is to be read: samples of the tape, for one guest. */
interface Wanted {
  readonly guest: GuestId;
  readonly from: number;
  readonly to: number;
}

const timeOf = (tape: GuestTape, id: number): number => tape.headlines(id, id)[0]?.time ?? 0;

const wantedBy = ({ detail, selected, at, zoom }: State, tape: GuestTape): Wanted | undefined => {
  if (!detail || selected === undefined || tape.last < tape.first) return undefined;
  const to = Math.min(tape.last, at ?? tape.last);
  return { guest: selected, from: tape.find(timeOf(tape, to) - zoom), to };
};

/** The ids in the order in which they are to be read: a few of a long span, then chain by chain, the newest first. */
function* idsToRead(tape: GuestTape, { from, to }: Wanted): Generator<number> {
  const starts = tape.starts(from, to);
  if (to - from > longSpan) {
    const every = Math.ceil(starts.length / enough);
    for (let at = starts.length - 1; at >= 0; at -= every) yield starts[at]!;
  }
  if (to - from > mostLooks) return;
  let end = to;
  for (const start of [...starts.toReversed(), from]) {
    for (let id = start; id <= end; id++) yield id;
    end = start - 1;
  }
}

/**
 * Keeps the history of the guest whose detail is open, read from the tape in small slices; nothing is read while none is open.
 * `refresh`: after the tape has got new samples, or lost its oldest.
 */
export const followGuest = (store: Store, tape: GuestTape): { readonly refresh: () => void } => {
  let wanted: Wanted | undefined;
  let points = new Map<number, GuestPoint>();
  let ids: Generator<number> | undefined;
  let outcomes: readonly TapeEvent[] = [];
  let timer: NodeJS.Timeout | undefined;

  const show = (): void => {
    if (!wanted) return;
    const { guest, from, to } = wanted;
    const shown = [...points.values()].filter(({ id }) => id >= from && id <= to).sort((a, b) => a.id - b.id);
    const kept = timeOf(tape, to) - timeOf(tape, tape.first);
    store.setState({ guestHistory: { guest, points: shown, unread: to - from + 1 - shown.length, kept, outcomes } });
  };

  const read = (id: number, guest: GuestId): void => {
    try {
      points.set(id, pointOf(id, tape.sampleOf(id, guest), guest));
    } catch (error) {
      // Others can be read all the same; and the oldest may have gone meanwhile.
      if (!(error instanceof RecordingError || error instanceof RangeError)) throw error;
    }
  };

  let shownAt = 0;
  const readOn = (): void => {
    timer = undefined;
    const until = performance.now() + sliceMs;
    while (wanted && ids && performance.now() < until) {
      const { value: id, done } = ids.next();
      if (done) ids = undefined;
      else if (!points.has(id)) read(id, wanted.guest);
    }
    const now = performance.now();
    if (!ids || now - shownAt > showMs) {
      shownAt = now;
      show();
    }
    if (ids) timer = setTimeout(readOn, pauseMs);
  };

  const want = (): void => {
    const next = wantedBy(store.getState(), tape);
    if (!next) {
      clearTimeout(timer);
      timer = undefined;
      ids = undefined;
      if (wanted) store.setState({ guestHistory: undefined });
      points = new Map();
      wanted = undefined;
      return;
    }
    if (next.guest !== wanted?.guest) points = new Map();
    wanted = next;
    for (const id of points.keys())
      if (id < tape.first || (points.size > mostPoints && (id < next.from || id > next.to))) points.delete(id);
    ids = idsToRead(tape, next);
    const name = guestById(store.getState().model, next.guest)?.name;
    outcomes = tape
      .events(0, timeOf(tape, next.to))
      .filter(({ kind, subject }) => kind === 'outcome' && subject === name);
    timer ??= setTimeout(readOn);
  };

  store.subscribe((state, before) => {
    const isOpen = state.detail !== undefined;
    const moved = state.at !== before.at || state.selected !== before.selected || state.zoom !== before.zoom;
    if (isOpen !== (before.detail !== undefined) || (isOpen && moved)) want();
  });
  want();
  return {
    refresh: () => {
      // Also where nothing was wanted yet: a detail may be open before there is a sample.
      if (store.getState().detail) want();
    },
  };
};
