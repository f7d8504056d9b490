import { type App, change, type Key } from './key.ts';

const move = (by: number) => (app: App) =>
  change(app, ({ journal, journalCursor }) => ({
    journalCursor: Math.max(0, Math.min(journal.length - 1, journalCursor + by)),
  }));

const undo = (app: App): void =>
  change(app, ({ journal, journalCursor, model }) => {
    const entry = journal.toReversed()[journalCursor];
    if (entry?.undo) return { dialog: { kind: 'confirm', request: entry.undo, typed: '' } };
    return { message: { text: 'this entry cannot be undone', tone: 'dim', time: model?.time ?? 0 } };
  });

/** Keys of the journal tab. */
export const journalKeys: readonly Key[] = [
  {
    modes: ['journal'],
    names: ['up', 'k'],
    label: 'Up',
    help: 'Select the previous entry.',
    run: move(-1),
  },
  {
    modes: ['journal'],
    names: ['down', 'j'],
    label: 'Down',
    help: 'Select the next entry.',
    run: move(1),
  },
  {
    modes: ['journal'],
    names: ['enter', 'u'],
    label: 'Enter',
    title: 'Undo this entry',
    changes: true,
    help: 'Undo the selected entry. Shows the plan first.',
    run: undo,
  },
];
