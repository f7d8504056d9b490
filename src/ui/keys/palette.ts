import { meaning } from '../../actions/actions.ts';
import { guestById } from '../../guests.ts';
import type { State } from '../../store/store.ts';
import { candidates, completed, requestOf } from '../palette.ts';
import { type App, anywhere, change, close, type Key, open } from './key.ts';

const withDialog = (state: State, cursor: number, text?: string): Partial<State> =>
  state.dialog?.kind === 'palette' ? { dialog: { kind: 'palette', cursor, text: text ?? state.dialog.text } } : {};

const move = (by: number) => (app: App) =>
  change(app, state => {
    if (state.dialog?.kind !== 'palette') return {};
    const last = candidates(state.dialog.text).length - 1;
    return withDialog(state, Math.max(0, Math.min(last, state.dialog.cursor + by)));
  });

const complete = (app: App): void =>
  change(app, state => {
    if (state.dialog?.kind !== 'palette') return {};
    const action = candidates(state.dialog.text)[state.dialog.cursor];
    const guest = guestById(state.model, state.selected);
    return action ? withDialog(state, 0, completed(action, guest)) : {};
  });

/** What is whole is asked about; what is not is completed. */
const enter = (app: App): void => {
  const { dialog, model, setting } = app.store.getState();
  if (dialog?.kind !== 'palette' || !model) return;
  const request = requestOf(dialog.text);
  if (request && !(meaning(model, request, setting.limits) instanceof Error))
    open(app, { kind: 'confirm', request, typed: '' });
  else if (!request) complete(app);
};

/** Keys of the palette of all actions. */
export const paletteKeys: readonly Key[] = [
  {
    modes: anywhere,
    names: [':', 'f9'],
    label: ':',
    title: 'All actions',
    changes: true,
    help: 'Run any action: type some of its letters, then its arguments, as for kvmtop do.',
    run: app => open(app, { kind: 'palette', text: '', cursor: 0 }),
  },
  {
    modes: ['palette'],
    names: ['enter'],
    label: 'Enter',
    title: 'Go on',
    help: 'Complete the action, or show its plan.',
    run: enter,
  },
  { modes: ['palette'], names: ['tab'], label: 'Tab', title: 'Complete', help: 'Complete the action.', run: complete },
  { modes: ['palette'], names: ['up'], label: 'Up', help: 'Move up.', run: move(-1) },
  { modes: ['palette'], names: ['down'], label: 'Down', help: 'Move down.', run: move(1) },
  {
    modes: ['palette'],
    names: ['escape'],
    label: 'Esc',
    title: 'Cancel',
    help: 'Cancel: nothing is changed.',
    run: close,
  },
];
