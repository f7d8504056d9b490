import { listedGuests } from '../store/listed.ts';
import { timeOf } from '../store/moments.ts';
import type { State } from '../store/store.ts';
import { moveSelection } from '../store/view.ts';
import { advisorKeys } from './keys/advisor.ts';
import { forcing, questionKeys, stepped } from './keys/change.ts';
import { detailKeys } from './keys/detail.ts';
import { found } from './keys/find.ts';
import { guestKeys } from './keys/guests.ts';
import { journalKeys } from './keys/journal.ts';
import { type App, change, type Key, modeOf, tabModes, whyNotNow } from './keys/key.ts';
import { keyName } from './keys/names.ts';
import { columnKeys } from './keys/order.ts';
import { paletteKeys } from './keys/palette.ts';
import { readingKeys } from './keys/reading.ts';
import { scrollKeys } from './keys/scroll.ts';
import { settingsKeys } from './keys/settings.ts';
import { momentKeys } from './keys/time.ts';

/** Every key, once: the footer, the help and docs/keys.md are made from this table. */
export const keys: readonly Key[] = [
  ...detailKeys,
  ...guestKeys,
  ...scrollKeys,
  ...journalKeys,
  ...paletteKeys,
  ...advisorKeys,
  ...settingsKeys,
  ...readingKeys,
  ...columnKeys,
  ...questionKeys,
  ...momentKeys,
];

/** The keys that do something now. */
export const keysNow = (state: State): readonly Key[] => {
  const mode = modeOf(state);
  const replaying = state.setting.source === 'recording';
  return keys.filter(key => key.modes.includes(mode) && !(replaying && key.changes) && (key.when?.(state) ?? true));
};

/** Characters that a prompt takes: no name, size or URI is longer. */
const longest = 1000;
const isControl = (character: string): boolean => /[\u0000-\u001f\u007f-\u009f]/.test(character);

const typedInto = (text: string, name: string): string | undefined => {
  if (name === 'backspace' || name === 'delete') return [...text].slice(0, -1).join('');
  if (name === 'ctrl-u') return '';
  return [...name].length === 1 && !isControl(name) && text.length < longest ? text + name : undefined;
};

/** What was pasted, up to its first line's end: Enter is for the operator to press. */
const pastedInto = (text: string, pasted: string): string =>
  text +
  [...(pasted.slice(0, 2 * longest).split(/[\r\n]/, 1)[0] ?? '')]
    .filter(one => !isControl(one))
    .slice(0, Math.max(0, longest - text.length))
    .join('');

/** Changes the text of whatever takes text now; undefined where nothing does, or `into` has nothing for it. */
const edited = (state: State, into: (text: string) => string | undefined): Partial<State> | undefined => {
  const { dialog } = state;
  if (state.filtering) {
    const filter = into(state.filter);
    if (filter === undefined) return undefined;
    const guests = listedGuests({ ...state, filter });
    const { selected, index } = moveSelection(guests, state.selected, 0, 0);
    return { filter, selected, selectedIndex: index };
  }
  if (state.searching) {
    const search = into(state.search);
    return search === undefined ? undefined : { search, ...found(state, search, 0) };
  }
  if (dialog?.kind === 'enter' || dialog?.kind === 'moment' || dialog?.kind === 'palette') {
    const text = into(dialog.text);
    if (text === undefined) return undefined;
    return { dialog: dialog.kind === 'palette' ? { ...dialog, text, cursor: 0 } : { ...dialog, text } };
  }
  if (dialog?.kind === 'confirm' && forcing(state)) {
    const typed = into(dialog.typed);
    return typed === undefined ? undefined : { dialog: { ...dialog, typed } };
  }
  return undefined;
};

/** Text goes to whatever takes text now; undefined where nothing does. */
const typed = (state: State, name: string): Partial<State> | undefined => {
  // After a step, + and - step again; in front of anything else they are a sign.
  const sign = name === '+' ? 1 : name === '-' ? -1 : undefined;
  const steps = sign !== undefined && state.dialog?.kind === 'enter';
  const into = (text: string): string | undefined =>
    steps && /^[+-]\d+M$/.test(text) ? stepped(state, text, sign) : typedInto(text, name);
  return edited(state, into);
};

/** A text that was pasted: at once, however long, and never as keys, which could change something. */
export const paste = (app: App, pasted: string): void =>
  change(
    app,
    state =>
      edited(state, text => pastedInto(text, pasted)) ?? told(state, 'Nothing here takes text: the paste was ignored.'),
  );

const told = (state: State, text: string | undefined): Partial<State> =>
  text === undefined ? {} : { message: { text, tone: 'warn', time: timeOf(state) } };

/** Why a key that there is does nothing now. */
const whyNot = (state: State, name: string): string | undefined => {
  const mode = modeOf(state);
  const named = keys.filter(key => key.names.includes(name));
  const here = named.filter(key => key.modes.includes(mode));
  if (here.some(key => key.changes) && state.setting.source === 'recording') return whyNotNow(state);
  for (const { why } of here) {
    const text = why?.(state);
    if (text !== undefined) return text;
  }
  if (here.length > 0 || !named.some(key => key.modes.includes('main'))) return undefined;
  if (mode === 'detail') return `${keyName(name)} works in the table: press Esc first.`;
  return tabModes.includes(mode) ? `${keyName(name)} works where guests are listed: press 2 first.` : undefined;
};

/** One key press. Ctrl-C leaves from anywhere. */
export const press = (app: App, name: string): void => {
  const state = app.store.getState();
  const key = keysNow(state).find(({ names }) => names.includes(name));
  if (name === 'ctrl-c') app.quit();
  // Nothing is decided on numbers of the past.
  else if (key?.changes && state.at !== undefined)
    change(app, now => told(now, 'This is the past. Press Space to return to the present, then make the change.'));
  else if (key) key.run(app, name);
  else change(app, now => typed(now, name) ?? told(now, whyNot(now, name)));
};
