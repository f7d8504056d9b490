import { page } from './guests.ts';
import { type App, change, close, type Key } from './key.ts';

const scrollHelp = (by: number) => (app: App) =>
  change(app, ({ dialog }) =>
    dialog?.kind === 'help' ? { dialog: { kind: 'help', scroll: Math.max(0, dialog.scroll + by) } } : {},
  );

/** Keys of the help, the list of problems and the filter. */
export const readingKeys: readonly Key[] = [
  {
    modes: ['filter'],
    names: ['enter'],
    label: 'Enter',
    title: 'Keep',
    help: 'Apply the filter.',
    run: app => change(app, () => ({ filtering: false })),
  },
  {
    modes: ['filter'],
    names: ['escape'],
    label: 'Esc',
    title: 'Show all',
    help: 'Clear the filter.',
    run: app => change(app, () => ({ filtering: false, filter: '' })),
  },
  {
    modes: ['help'],
    names: ['up', 'k'],
    label: 'Up',
    title: 'Back',
    help: 'Scroll up by a line.',
    run: scrollHelp(-1),
  },
  {
    modes: ['help'],
    names: ['down', 'j'],
    label: 'Down',
    title: 'On',
    help: 'Scroll down by a line.',
    run: scrollHelp(1),
  },
  {
    modes: ['help'],
    names: ['pageup'],
    label: 'PgUp',
    title: 'Page back',
    help: 'Scroll up by a page.',
    run: app => scrollHelp(-page(app.store.getState()))(app),
  },
  {
    modes: ['help'],
    names: ['pagedown', ' '],
    label: 'PgDn',
    title: 'Page on',
    help: 'Scroll down by a page.',
    run: app => scrollHelp(page(app.store.getState()))(app),
  },
  {
    modes: ['help', 'problems'],
    names: ['escape', 'q', 'enter'],
    label: 'Esc',
    title: 'Back to the table',
    help: 'Back to the table.',
    run: close,
  },
];
