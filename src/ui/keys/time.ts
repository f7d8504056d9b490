import { known } from '../../known.ts';
import { parseMoment } from '../../recording/moment.ts';
import type { State } from '../../store/store.ts';
import { type App, anywhere, close, type Key, open, tabModes } from './key.ts';

const replaying = (state: State): boolean => state.setting.source === 'recording';
/** The screen shows the newest look; else one of the past. */
export const isNow = (state: State): boolean => state.at === undefined;
const back = (state: State): boolean => !isNow(state);
const live = (state: State): boolean => !replaying(state);

const step = (label: string, title: string, help: string, by: number): Key => ({
  modes: anywhere,
  names: [label],
  label,
  title,
  // The live screen has more urgent ones for the footer.
  titled: back,
  help,
  run: app => app.travel({ kind: 'samples', by }),
});

const jump = (label: string, help: string, by: number): Key => ({
  modes: anywhere,
  names: [label],
  label,
  help,
  run: app => app.travel({ kind: 'seconds', by }),
});

const event = (label: string, title: string | undefined, what: 'action' | 'finding', by: 1 | -1): Key => ({
  modes: anywhere,
  names: [label],
  label,
  ...known({ title }),
  help: `In a replay: go to the ${by > 0 ? 'next' : 'previous'} ${what === 'action' ? 'change' : 'finding'}.`,
  when: replaying,
  // A is another key there.
  ...(label === 'A' ? {} : { why: () => 'Only a replay has changes and findings to go to: kvmtop replay FILE.' }),
  run: app => app.travel({ kind: 'event', of: what === 'action' ? ['action', 'policy'] : ['finding'], by }),
});

/** The moment that is typed; `undefined` when it is none. */
export const typedMoment = ({ dialog, timeline }: State): number | undefined =>
  dialog?.kind === 'moment' && timeline ? parseMoment(dialog.text, timeline) : undefined;

const goToTyped = (app: App): void => {
  const time = typedMoment(app.store.getState());
  // What is no time stays in the field, with the reason below it.
  if (time === undefined) return;
  close(app);
  app.travel({ kind: 'time', time });
};

/** Keys that move in time: in what memory keeps of this session, and in a recording. */
export const timeKeys: readonly Key[] = [
  {
    modes: anywhere,
    names: [' ', 'f5'],
    label: 'Space',
    title: 'Play',
    help: 'In a replay: play or pause.',
    when: replaying,
    run: app => app.play('toggle'),
  },
  {
    modes: anywhere,
    names: [' ', 'f5'],
    label: 'Space',
    title: 'Pause',
    help: 'Pause the screen and look back from there. Collecting goes on.',
    when: state => live(state) && isNow(state),
    run: app => app.travel({ kind: 'samples', by: 0 }),
  },
  {
    modes: anywhere,
    names: [' ', 'f5'],
    label: 'Space',
    title: 'Now',
    help: 'Return to the present.',
    when: state => live(state) && back(state),
    run: app => app.travel({ kind: 'last' }),
  },
  step('[', 'Back', 'Back by one sample.', -1),
  step(']', 'On', 'Forward by one sample; after the newest, back to the present.', 1),
  jump('{', 'A minute back.', -60),
  jump('}', 'A minute on.', 60),
  {
    modes: anywhere,
    names: ['home'],
    label: 'Home',
    help: 'While looking back: the oldest sample.',
    when: back,
    run: app => app.travel({ kind: 'first' }),
  },
  {
    modes: anywhere,
    names: ['end'],
    label: 'End',
    help: 'While looking back: the present; in a replay, the newest sample.',
    when: back,
    run: app => app.travel({ kind: 'last' }),
  },
  {
    modes: anywhere,
    names: ['+', '='],
    label: '+',
    title: 'Faster',
    help: 'In a replay: double the speed, up to 64x.',
    when: replaying,
    run: app => app.play('faster'),
  },
  {
    modes: anywhere,
    names: ['-'],
    label: '-',
    title: 'Slower',
    help: 'In a replay: halve the speed.',
    when: replaying,
    run: app => app.play('slower'),
  },
  event('a', 'Action', 'action', 1),
  event('A', undefined, 'action', -1),
  event('f', 'Finding', 'finding', 1),
  event('F', undefined, 'finding', -1),
  {
    modes: anywhere,
    names: ['t'],
    label: 't',
    title: 'Go to',
    help: 'While looking back: go to a time you type: 14:05, 14:05:30, -10m, 2026-11-23T14:05.',
    when: back,
    why: () => 'This is the present. Press Space to pause, then t to go to a time.',
    run: app => open(app, { kind: 'moment', text: '' }),
  },
  {
    modes: tabModes,
    names: ['R'],
    label: 'R',
    title: 'Record',
    help: 'Record to a file, from the oldest sample kept. Press again to stop.',
    when: live,
    why: () => 'This is a recording already.',
    run: app => app.record(),
  },
];

/** Keys of the field that takes a moment. */
export const momentKeys: readonly Key[] = [
  { modes: ['moment'], names: ['enter'], label: 'Enter', title: 'Go', help: 'Go there.', run: goToTyped },
  { modes: ['moment'], names: ['escape'], label: 'Esc', title: 'Back', help: 'Stay here.', run: close },
];
