import { timeOf } from '../store/moments.ts';
import type { State } from '../store/store.ts';
import { moveSelection, visibleGuests } from '../store/view.ts';
import { advisorKeys } from './keys/advisor.ts';
import { forcing, questionKeys, stepped } from './keys/change.ts';
import { guestKeys } from './keys/guests.ts';
import { journalKeys } from './keys/journal.ts';
import { type App, change, type Key, modeOf } from './keys/key.ts';
import { columnKeys } from './keys/order.ts';
import { paletteKeys } from './keys/palette.ts';
import { readingKeys } from './keys/reading.ts';
import { scrollKeys } from './keys/scroll.ts';
import { settingsKeys } from './keys/settings.ts';
import { momentKeys } from './keys/time.ts';

/** Every key, once: the footer, the help and docs/keys.md are made from this table. */
export const keys: readonly Key[] = [
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

const typedInto = (text: string, name: string): string | undefined => {
  if (name === 'backspace' || name === 'delete') return [...text].slice(0, -1).join('');
  if (name === 'ctrl-u') return '';
  return [...name].length === 1 && !/[\u0000-\u001f\u007f-\u009f]/.test(name) ? text + name : undefined;
};

/** Text goes to whatever takes text now. */
const type = (app: App, name: string): void =>
  change(app, state => {
    const { dialog } = state;
    if (state.filtering) {
      const filter = typedInto(state.filter, name);
      if (filter === undefined) return {};
      const guests = visibleGuests(state.model, filter, state.sort);
      const { selected, index } = moveSelection(guests, state.selected, 0, 0);
      return { filter, selected, selectedIndex: index };
    }
    if (dialog?.kind === 'enter') {
      // After a step, + and - step again; in front of anything else they are a sign.
      const sign = name === '+' ? 1 : name === '-' ? -1 : undefined;
      const text =
        sign && /^[+-]\d+M$/.test(dialog.text) ? stepped(state, dialog.text, sign) : typedInto(dialog.text, name);
      return text === undefined ? {} : { dialog: { ...dialog, text } };
    }
    if (dialog?.kind === 'moment') {
      const text = typedInto(dialog.text, name);
      return text === undefined ? {} : { dialog: { ...dialog, text } };
    }
    if (dialog?.kind === 'palette') {
      const text = typedInto(dialog.text, name);
      return text === undefined ? {} : { dialog: { ...dialog, text, cursor: 0 } };
    }
    if (dialog?.kind === 'confirm' && forcing(state)) {
      const typed = typedInto(dialog.typed, name);
      return typed === undefined ? {} : { dialog: { ...dialog, typed } };
    }
    return {};
  });

/** Nothing is decided on numbers of the past. */
const refuseWhileBack = (app: App): void =>
  change(app, state => ({
    message: {
      text: 'this is the past: press Space to come back to now, then change',
      tone: 'warn',
      time: timeOf(state),
    },
  }));

/** One key press. Ctrl-C leaves from anywhere. */
export const press = (app: App, name: string): void => {
  const state = app.store.getState();
  const found = keysNow(state).find(key => key.names.includes(name));
  if (name === 'ctrl-c') app.quit();
  else if (found?.changes && state.at !== undefined) refuseWhileBack(app);
  else if (found) found.run(app, name);
  else type(app, name);
};
