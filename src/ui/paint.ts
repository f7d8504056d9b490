import type { Store } from '../store/store.ts';
import type { Glyphs } from './glyphs.ts';
import { fits, layout } from './layout.ts';
import { type Line, span } from './line.ts';
import { type Draw, drawPane } from './panes/pane.ts';
import type { Painter } from './parts/painter.ts';
import type { Rect } from './screen/layers.ts';

const waiting: readonly Line[] = [[span('looking …', 'dim')]];

/** A pane's lines, on the state of the moment it is drawn. */
export const linesOf = (store: Store, draw: Draw, rect: Rect, glyphs: Glyphs) => (): readonly Line[] => {
  const state = store.getState();
  const { model } = state;
  return model ? drawPane(draw, { state, model, glyphs, width: rect.width, height: rect.height }) : waiting;
};

/**
 * Keeps all panes painted where the layout puts them, as Ink's components do, but without Ink: the first frames are there
 * before it is loaded. Gives what ends it.
 */
export const paintPanes = (store: Store, painter: Painter, glyphs: Glyphs): (() => void) => {
  let placed: readonly string[] = [];
  const paint = (): void => {
    const state = store.getState();
    const { panes } = fits(state.size) ? layout(state) : { panes: [] };
    for (const { id, rect, draw } of panes) painter.set(id, { rect, draw: linesOf(store, draw, rect, glyphs) });
    const ids = panes.map(({ id }) => id);
    for (const id of placed) if (!ids.includes(id)) painter.remove(id);
    placed = ids;
  };
  paint();
  return store.subscribe(paint);
};
