import { type Knob, knobs } from '../../actions/knobs.ts';
import type { State } from '../../store/store.ts';
import { type App, change, close, type Key, open } from './key.ts';

/** The settings of the group that is open. */
export const knobsOf = ({ dialog, model }: State): readonly Knob[] =>
  dialog?.kind === 'settings' && model ? knobs(model).filter(knob => knob.group === dialog.group) : [];

const move = (by: number) => (app: App) =>
  change(app, state => {
    if (state.dialog?.kind !== 'settings') return {};
    const last = Math.max(0, knobsOf(state).length - 1);
    return { dialog: { ...state.dialog, cursor: Math.max(0, Math.min(last, state.dialog.cursor + by)) } };
  });

/** Goes on to enter a value; what is locked says why instead. */
const choose = (app: App): void =>
  change(app, state => {
    const knob = state.dialog?.kind === 'settings' ? knobsOf(state)[state.dialog.cursor] : undefined;
    if (!knob) return {};
    if (knob.locked !== undefined)
      return { message: { text: `${knob.title}: ${knob.locked}`, tone: 'warn', time: state.model?.time ?? 0 } };
    return { dialog: { kind: 'enter', action: knob.action, words: knob.words, text: '' } };
  });

const opener = (group: Knob['group'], name: string, title: string, help: string): Key => ({
  modes: ['main', 'detail', 'journal'],
  names: [name],
  label: name,
  title,
  changes: true,
  help,
  run: app => open(app, { kind: 'settings', group, cursor: 0 }),
});

/** Keys that lead to the host's settings, and those of their lists. */
export const settingsKeys: readonly Key[] = [
  opener('ksm', 'K', 'KSM', 'Run, stop and tune page sharing (KSM).'),
  opener('hugepages', 'H', 'Hugepages', 'Resize the hugepage pools.'),
  opener('swap', 'S', 'Swap', 'Set swap and overcommit.'),
  opener('writeback', 'W', 'Writeback', 'Set writeback and page cache.'),
  { modes: ['settings'], names: ['up', 'k'], label: 'Up', help: 'Move up.', run: move(-1) },
  { modes: ['settings'], names: ['down', 'j'], label: 'Down', help: 'Move down.', run: move(1) },
  {
    modes: ['settings'],
    names: ['enter'],
    label: 'Enter',
    title: 'Change it',
    help: 'Enter a value for this setting.',
    run: choose,
  },
  { modes: ['settings'], names: ['escape', 'q'], label: 'Esc', title: 'Back', help: 'Back to the table.', run: close },
];
