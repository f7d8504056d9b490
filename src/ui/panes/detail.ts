import { guestById, guestGone } from '../../guests.ts';
import { type GuestModel, guestWord } from '../../model.ts';
import { findingsOf, fixableOf } from '../../store/advice.ts';
import { troubleWord } from '../../store/trouble.ts';
import { type Line, span } from '../line.ts';
import { changeLines } from './detail/changes.ts';
import { findingLines, worstLines } from './detail/findings.ts';
import { graphLines } from './detail/graphs.ts';
import { chainLines, numberLines, unknownLines } from './detail/numbers.ts';
import { startLines } from './detail/start.ts';
import { type Canvas, type Draw, pairs, spread } from './pane.ts';
import { severityTones } from './trouble.ts';
import { stateTone } from './worry.ts';

/** All lines but the first, which stays. */
const linesOf = (guest: GuestModel, canvas: Canvas): readonly Line[] => {
  const findings = findingsOf(canvas.state, guest.id);
  const { setting, at } = canvas.state;
  // What is past can't be acted on.
  const fixed = setting.source === 'recording' || at !== undefined ? undefined : fixableOf(canvas.state, guest.id);
  return [
    ...worstLines(findings, fixed, canvas),
    ...graphLines(guest, canvas),
    ...chainLines(guest, canvas),
    ...findingLines(findings, fixed, canvas),
    ...changeLines(guest, canvas),
    ...startLines(guest, canvas),
    ...numberLines(guest, canvas),
    ...unknownLines(guest, canvas),
  ];
};

/** Whose detail it is, and where in it the screen is. */
const title = (guest: GuestModel, hidden: number, { state, width, glyphs }: Canvas): Line => {
  const word = guestWord(guest);
  const worst = findingsOf(state, guest.id)[0];
  const { scroll = 0 } = state.detail ?? {};
  const left = pairs(
    width - 22,
    [span(guest.name, 'title')],
    [span(word, stateTone(word))],
    ...(worst ? [[span(troubleWord(worst), severityTones[worst.severity])]] : []),
    ...(state.pilot.pinned.has(guest.id) ? [[span('pinned', 'accent')]] : []),
  );
  const more = [
    ...(scroll > 0 ? [span(`${glyphs.up} ${scroll} `, 'key')] : []),
    ...(hidden > 0 ? [span(`${glyphs.down} ${hidden} more lines`, 'key')] : []),
  ];
  return spread(left, more, width);
};

/** How far the detail can be scrolled, rows. */
export const lastDetailScroll = (canvas: Canvas): number => {
  const guest = guestById(canvas.model, canvas.state.selected);
  return guest ? Math.max(0, linesOf(guest, canvas).length - (canvas.height - 1)) : 0;
};

/** One guest in depth: what is wrong with it, how its memory came to be as it is, what was done to it, and all that is known. */
export const detailPane: Draw = canvas => {
  const { state, model, height } = canvas;
  const guest = guestById(model, state.selected);
  if (!guest) return [[span(state.at === undefined ? guestGone : 'the guest was not there at this moment', 'warn')]];
  const lines = linesOf(guest, canvas);
  const room = Math.max(0, height - 1);
  const first = Math.max(0, Math.min(state.detail?.scroll ?? 0, lines.length - room));
  return [title(guest, Math.max(0, lines.length - first - room), canvas), ...lines.slice(first, first + room)];
};
