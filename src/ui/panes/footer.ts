import type { State } from '../../store/store.ts';
import type { Key } from '../keys/key.ts';
import { timeKeys } from '../keys/time.ts';
import { keysNow } from '../keys.ts';
import { aim, type Line, type Span, span } from '../line.ts';
import stringWidth from '../width.ts';
import type { Draw } from './pane.ts';

/** While the screen is in the past, the keys that move in time come after those for leaving and for help. */
const inOrder = (state: State): readonly Key[] => {
  const keys = keysNow(state);
  if (state.at === undefined) return keys;
  const moves = keys.filter(key => timeKeys.includes(key));
  return [...keys.slice(0, 2), ...moves, ...keys.slice(2).filter(key => !moves.includes(key))];
};

/** The keys that work now, the most useful first, as many as fit. While a filter is typed, the filter. */
export const footer: Draw = ({ state, width }) => {
  const prompt = state.filtering ? (['filter ', state.filter] as const) : (['find ', state.search] as const);
  const row: Span[] =
    state.filtering || state.searching ? [span(prompt[0], 'dim'), span(prompt[1], 'strong'), span('_ ', 'key')] : [];
  let used = row.reduce((sum, piece) => sum + stringWidth(piece.text), 0);
  for (const { label, names, title, titled, changes } of inOrder(state)) {
    if (title === undefined || titled?.(state) === false) continue;
    const wide = label.length + 1 + title.length + (used > 0 ? 2 : 0);
    if (used + wide > width) continue;
    if (used > 0) row.push(span('  '));
    const dim = changes && (state.setting.readOnly || state.at !== undefined);
    const shown = [span(label, dim ? 'dim' : 'key'), span(' ' + title, dim ? 'dim' : 'text')];
    row.push(...aim(shown, { kind: 'key', name: names[0] ?? '' }));
    used += wide;
  }
  return [row satisfies Line];
};
