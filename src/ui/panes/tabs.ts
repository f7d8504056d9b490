import { tabs, visibleGuests } from '../../store/view.ts';
import { columnTitle } from '../columns.ts';
import { span } from '../line.ts';
import { type Draw, spread } from './pane.ts';

/** The tabs with their number keys; to the right, what the guest table lists and in which order. */
export const tabBar: Draw = ({ state, model, width, glyphs }) => {
  const { sort, filter, tab } = state;
  const left = tabs.flatMap((one, index) => [
    span(String(index + 1), 'key'),
    span(` ${one[0]?.toUpperCase()}${one.slice(1)} `, one === tab ? 'badge' : 'text'),
    span(' '),
  ]);
  const listed = visibleGuests(model, filter, sort).length;
  const all = model.guests.length;
  const count = filter === '' ? `${all}` : `${listed} of ${all}`;
  const order = `${columnTitle(sort.column)}${sort.reverse ? glyphs.up : glyphs.down}`;
  return [spread(left, [span(`${count} ${all === 1 ? 'guest' : 'guests'}, by `, 'dim'), span(order)], width)];
};
