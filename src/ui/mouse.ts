import { listedGuests } from '../store/listed.ts';
import type { State } from '../store/store.ts';
import { tabTable } from '../store/tabs.ts';
import type { Glyphs } from './glyphs.ts';
import { type App, anywhere, change, type Mode, modeOf } from './keys/key.ts';
import type { MouseEvent } from './keys/reader.ts';
import { keysNow, press } from './keys.ts';
import { fits, layout } from './layout.ts';
import type { Line, Target } from './line.ts';
import { drawPane } from './panes/pane.ts';
import stringWidth from './width.ts';

const ofRows: readonly Target['kind'][] = ['guest', 'finding', 'entry'];

/** What column `x` of a row is for; a row that is one thing counts up to the end of its pane. */
export const targetIn = (row: Line, x: number): Target | undefined => {
  let from = 0;
  for (const { text, target } of row) {
    from += stringWidth(text);
    if (x < from) return target;
  }
  const last = row.at(-1)?.target;
  return last && ofRows.includes(last.kind) ? last : undefined;
};

/** What is at a place of the screen: what the pane there says of what it draws. */
const targetAt = (state: State, glyphs: Glyphs, x: number, y: number): Target | undefined => {
  const { model, size } = state;
  if (!model || !fits(size)) return undefined;
  const { panes, dialog } = layout(state);
  const isIn = (rect: { x: number; y: number; width: number; height: number }): boolean =>
    x >= rect.x && x < rect.x + rect.width && y >= rect.y && y < rect.y + rect.height;
  if (dialog && isIn(dialog)) return undefined;
  const pane = panes.find(({ rect }) => isIn(rect));
  if (!pane) return undefined;
  const { rect, draw } = pane;
  const rows = drawPane(draw, { state, model, glyphs, width: rect.width, height: rect.height });
  return targetIn(rows[y - rect.y] ?? [], x - rect.x);
};

/** Where a click on Enter or y would do something at once: that is for a key, a click may only be meant to raise a window. */
const byKeyOnly: readonly Mode[] = ['confirm', 'auto'];

/** Presses a key where it is one: elsewhere its name would be text. */
const pressIfKey = (app: App, name: string): void => {
  const state = app.store.getState();
  if (!keysNow(state).some(key => key.names.includes(name))) return;
  if (!byKeyOnly.includes(modeOf(state)) || !['y', 'enter'].includes(name)) press(app, name);
};

const turned = <Column>(sort: { readonly column: Column; readonly reverse: boolean }, column: Column) => ({
  column,
  reverse: sort.column === column && !sort.reverse,
});

/** A click on what is not selected selects it, on what is opens it. */
const click = (app: App, target: Exclude<Target, { readonly kind: 'key' }>): void => {
  const state = app.store.getState();
  const mode = modeOf(state);
  switch (target.kind) {
    case 'tab':
      pressIfKey(app, tabTable[target.tab].key);
      break;
    case 'guest':
      if (mode !== 'main') break;
      if (state.selected === target.id) press(app, 'enter');
      else
        change(app, now => ({
          selected: target.id,
          selectedIndex: listedGuests(now).findIndex(({ id }) => id === target.id),
        }));
      break;
    case 'column':
      if (mode === 'main') change(app, ({ sort }) => ({ sort: turned(sort, target.column) }));
      break;
    case 'processColumn':
      if (mode === 'processes') change(app, ({ processSort }) => ({ processSort: turned(processSort, target.column) }));
      break;
    case 'finding':
      if (mode !== 'advisor') break;
      if (state.adviceCursor === target.at) press(app, 'enter');
      else change(app, () => ({ adviceCursor: target.at }));
      break;
    case 'entry':
      if (mode !== 'journal') break;
      if (state.journalCursor === target.at) press(app, 'enter');
      else change(app, () => ({ journalCursor: target.at }));
      break;
    case 'moment':
      if (anywhere.includes(mode)) app.travel({ kind: 'time', time: target.time });
  }
};

/** Rows that one notch of the wheel moves. */
const notch = 3;
/** Where Up and Down change a number instead of moving. */
const unmoved: readonly Mode[] = ['enter'];

/** Milliseconds in which a second click at the same place is on the same thing, though the table may have moved. */
const doubleClick = 500;

/**
 * The mouse on the screen. A key in the footer is pressed when the button is released, so that nothing of the click comes
 * after the screen was left.
 */
export const createMouse = (app: App, glyphs: Glyphs): ((event: MouseEvent) => void) => {
  /** The key in the footer on which the button was pressed. */
  let held: string | undefined;
  let last = { x: -1, y: -1, at: Number.NEGATIVE_INFINITY, target: undefined as Target | undefined };
  return ({ kind, x, y }) => {
    const state = app.store.getState();
    if (kind === 'up' || kind === 'down') {
      if (!unmoved.includes(modeOf(state))) for (let row = 0; row < notch; row++) pressIfKey(app, kind);
      return;
    }
    const now = performance.now();
    const again = kind === 'press' && x === last.x && y === last.y && now - last.at < doubleClick;
    const target = again ? last.target : targetAt(state, glyphs, x, y);
    if (kind === 'press') last = { x, y, at: now, target };
    const key = target?.kind === 'key' ? target.name : undefined;
    if (kind === 'press') {
      held = key;
      if (target && target.kind !== 'key') click(app, target);
    } else {
      if (key !== undefined && key === held) pressIfKey(app, key);
      held = undefined;
    }
  };
};
