import { keysNow } from '../keys.ts';
import { type Line, type Span, span } from '../line.ts';
import stringWidth from '../width.ts';
import type { Draw } from './pane.ts';

/** The keys that work now, the most useful first, as many as fit. While a filter is typed, the filter. */
export const footer: Draw = ({ state, width }) => {
  const row: Span[] = state.filtering ? [span('filter ', 'dim'), span(state.filter, 'strong'), span('_ ', 'key')] : [];
  let used = row.reduce((sum, piece) => sum + stringWidth(piece.text), 0);
  for (const { label, title, titled, changes } of keysNow(state)) {
    if (title === undefined || titled?.(state) === false) continue;
    const wide = label.length + 1 + title.length + (used > 0 ? 2 : 0);
    if (used + wide > width) continue;
    if (used > 0) row.push(span('  '));
    const dim = changes && (state.setting.readOnly || state.at !== undefined);
    row.push(span(label, dim ? 'dim' : 'key'), span(' ' + title, dim ? 'dim' : 'text'));
    used += wide;
  }
  return [row satisfies Line];
};
