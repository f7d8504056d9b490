import type { Plan, Request } from '../../actions/action.ts';
import { meaning } from '../../actions/actions.ts';
import { defaultLimits } from '../../actions/limits.ts';
import { currentPlan } from '../../store/changes.ts';
import { timeOf } from '../../store/moments.ts';
import type { Dialog, State } from '../../store/store.ts';
import { longExactBytes, MiB } from '../../units.ts';
import { decisive, planEntries } from '../parts/plan-entries.ts';
import { type App, change, close, guestShown, type Key, type Mode, open, whyNoGuest } from './key.ts';

const table: readonly Mode[] = ['main', 'detail'];

const openBalloon = (text: string) => (app: App) =>
  change(app, ({ selected }) =>
    selected === undefined ? {} : { dialog: { kind: 'enter', action: 'balloon', words: [selected], text } },
  );

/** The typed size after one more step of the `+` and `-` keys, as large as the operator set it. */
export const stepped = ({ setting }: State, text: string, sign: 1 | -1): string => {
  const match = /^([+-]\d+)M$/.exec(text);
  const total = (match ? Number(match[1]) : 0) + sign * (setting.limits.step / MiB);
  return total === 0 ? '' : `${total > 0 ? '+' : ''}${total}M`;
};

/** The request that the typed word completes. */
export const typedRequest = ({ action, words, text, rest = [] }: Dialog & { kind: 'enter' }): Request => ({
  action,
  words: [...words, text, ...rest],
});

/** What must be typed to overrule a guard rail: the guest's name, or its PID where a name can't be typed. */
export const forceWord = (state: State, { subject }: Plan): string => {
  if (/^[\x21-\x7e]{1,40}$/.test(subject)) return subject;
  return String(state.model?.guests.find(guest => guest.name === subject)?.pid ?? 'yes');
};

const submit = (app: App): void =>
  change(app, ({ dialog, model, setting }) => {
    if (dialog?.kind !== 'enter' || !model) return {};
    const request = typedRequest(dialog);
    // What means nothing stays in the field, with the reason below it.
    return meaning(model, request, setting.limits) instanceof Error
      ? {}
      : { dialog: { kind: 'confirm', request, typed: '' } };
  });

/** Lines of a plan that decide, and have not been on the screen yet: nobody says yes to what was not shown. */
export const unseenOf = (state: State, dialog: Dialog & { kind: 'confirm' }): number => {
  const plan = currentPlan(state, dialog.request);
  if (!plan || !state.model) return 0;
  return Math.max(0, decisive(planEntries(plan, state.model)) - (dialog.seen ?? 0));
};

const isRead = (state: State): boolean => state.dialog?.kind !== 'confirm' || unseenOf(state, state.dialog) === 0;

const scrollBy = (rows: (state: State) => number) => (app: App) =>
  change(app, state =>
    state.dialog?.kind === 'confirm'
      ? { dialog: { ...state.dialog, scroll: Math.max(0, (state.dialog.scroll ?? 0) + rows(state)) } }
      : {},
  );

/** Rows of a page in a dialog: one less than there is room for at the least. */
const page = ({ size }: State): number => Math.max(1, Math.min(13, size.rows - 12));

const confirm = (app: App): void => {
  const state = app.store.getState();
  if (state.dialog?.kind !== 'confirm') return;
  const { request, typed } = state.dialog;
  const plan = currentPlan(state, request);
  if (!plan) return;
  if (unseenOf(state, state.dialog) > 0) {
    const text = 'Not done yet: read the rest of the plan first, with Down or Page Down.';
    change(app, () => ({ message: { text, tone: 'warn', time: timeOf(state) } }));
    return;
  }
  const undo = state.undoable.at(-1) === request;
  if (!plan.refusal) app.act(request, { force: false, undo });
  else if (plan.refusal.forceable && typed === forceWord(state, plan)) app.act(request, { force: true, undo });
};

/** True while the guard rails must be overruled by typing; then letters are text, not keys. */
export const forcing = (state: State): boolean => {
  if (state.dialog?.kind !== 'confirm' || state.setting.readOnly) return false;
  return currentPlan(state, state.dialog.request)?.refusal?.forceable === true;
};

const undo = (app: App): void =>
  change(app, state => {
    const request = state.undoable.at(-1);
    return request ? { dialog: { kind: 'confirm', request, typed: '' } } : {};
  });

const stepBy = (sign: 1 | -1) => (app: App) =>
  change(app, state =>
    state.dialog?.kind === 'enter'
      ? { dialog: { ...state.dialog, text: stepped(state, state.dialog.text, sign) } }
      : {},
  );

const openStep = (sign: 1 | -1) => (app: App) => openBalloon(stepped(app.store.getState(), '', sign))(app);

const step = `by a step (${longExactBytes(defaultLimits.step)}, unless set otherwise)`;

/** Keys that lead to a change of a guest. */
export const changeKeys: readonly Key[] = [
  {
    modes: table,
    names: ['b'],
    label: 'b',
    title: 'Balloon',
    changes: true,
    help: 'Resize the selected guest: 2G, +512M, -25%, 80%, max.',
    when: guestShown,
    why: whyNoGuest,
    run: openBalloon(''),
  },
  {
    modes: table,
    names: ['+', '='],
    label: '+',
    title: 'Grow',
    changes: true,
    help: `Grow the selected guest ${step}; press again for more.`,
    when: guestShown,
    why: whyNoGuest,
    run: openStep(1),
  },
  {
    modes: table,
    names: ['-'],
    label: '-',
    title: 'Shrink',
    changes: true,
    help: `Shrink the selected guest ${step}; press again for more.`,
    when: guestShown,
    why: whyNoGuest,
    run: openStep(-1),
  },
  {
    modes: table,
    names: ['u'],
    label: 'u',
    title: 'Undo',
    changes: true,
    help: 'Undo the last change of this session. Shows the plan first.',
    when: state => state.undoable.length > 0,
    why: () => 'Nothing to undo in this session. The journal (J) lists earlier changes.',
    run: undo,
  },
  {
    modes: ['main'],
    names: ['B'],
    label: 'B',
    changes: true,
    help: 'Resize all listed guests (those that match the filter): 80%, -25%, max, 2G.',
    run: app =>
      change(app, ({ filter }) => ({
        dialog: { kind: 'enter', action: 'balloon-all', words: [], text: '', rest: filter === '' ? [] : [filter] },
      })),
  },
  {
    modes: ['main', 'advisor'],
    names: ['T'],
    label: 'T',
    title: 'Take memory',
    changes: true,
    help: 'Take memory from the guests that can spare most, as the column GIVES tells: 8G.',
    run: app => open(app, { kind: 'enter', action: 'take', words: [], text: '' }),
  },
  {
    modes: table,
    names: ['D'],
    label: 'D',
    changes: true,
    help: 'Emergency: deflate all balloons, so that every guest gets all of its memory back. Asks once.',
    run: app => open(app, { kind: 'confirm', request: { action: 'deflate-all', words: [] }, typed: '' }),
  },
];

/** Keys of the dialogs that ask for a size, and whether to do it. */
export const questionKeys: readonly Key[] = [
  {
    modes: ['enter'],
    names: ['enter'],
    label: 'Enter',
    title: 'Go on',
    help: 'Show the plan.',
    run: submit,
  },
  { modes: ['enter'], names: ['up'], label: 'Up', title: 'More', help: 'Increase by one step.', run: stepBy(1) },
  {
    modes: ['enter'],
    names: ['down'],
    label: 'Down',
    title: 'Less',
    help: 'Decrease by one step.',
    run: stepBy(-1),
  },
  {
    modes: ['confirm'],
    names: ['y'],
    label: 'y',
    title: 'Do it',
    help: 'Do it, once you have seen the whole plan.',
    titled: isRead,
    when: state => !state.setting.readOnly && !forcing(state),
    run: confirm,
  },
  {
    modes: ['confirm'],
    names: ['enter'],
    label: 'Enter',
    title: 'Do it',
    help: 'Do it. If it was refused, type the guest’s name first to override.',
    titled: isRead,
    when: state => !state.setting.readOnly,
    run: confirm,
  },
  {
    modes: ['confirm'],
    names: ['down', 'pagedown', 'end'],
    label: 'Down',
    title: 'More',
    help: 'Scroll the plan down by a line, a page (Page Down) or to its end (End).',
    titled: state => !isRead(state),
    run: (app, name) => scrollBy(state => (name === 'down' ? 1 : name === 'end' ? 10_000 : page(state)))(app),
  },
  {
    modes: ['confirm'],
    names: ['up', 'pageup', 'home'],
    label: 'Up',
    help: 'Scroll the plan up by a line, a page (Page Up) or to its start (Home).',
    run: (app, name) => scrollBy(state => (name === 'up' ? -1 : name === 'home' ? -10_000 : -page(state)))(app),
  },
  {
    modes: ['confirm'],
    names: ['n', 'q'],
    label: 'n',
    help: 'Cancel: nothing is changed.',
    when: state => !forcing(state),
    run: close,
  },
  {
    modes: ['enter', 'confirm'],
    names: ['escape'],
    label: 'Esc',
    title: 'Cancel',
    help: 'Cancel: nothing is changed.',
    run: close,
  },
];
