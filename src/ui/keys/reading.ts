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
    help: 'Keep the filter.',
    run: app => change(app, () => ({ filtering: false })),
  },
  {
    modes: ['filter'],
    names: ['escape'],
    label: 'Esc',
    title: 'Show all',
    help: 'Show all guests again.',
    run: app => change(app, () => ({ filtering: false, filter: '' })),
  },
  { modes: ['help'], names: ['up', 'k'], label: 'Up', title: 'Back', help: 'A line up.', run: scrollHelp(-1) },
  { modes: ['help'], names: ['down', 'j'], label: 'Down', title: 'On', help: 'A line down.', run: scrollHelp(1) },
  {
    modes: ['help'],
    names: ['pageup'],
    label: 'PgUp',
    title: 'Page back',
    help: 'A page up.',
    run: app => scrollHelp(-page(app.store.getState()))(app),
  },
  {
    modes: ['help'],
    names: ['pagedown', ' '],
    label: 'PgDn',
    title: 'Page on',
    help: 'A page down.',
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
