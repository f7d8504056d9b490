import type { PilotMode } from '../../policy/pilot.ts';
import { policies } from '../../policy/policies.ts';
import type { State } from '../../store/store.ts';
import { forcing } from './change.ts';
import {
  type App,
  allModes,
  anywhere,
  change,
  close,
  guestShown,
  type Key,
  open,
  textModes,
  whyNoGuest,
  whyNotNow,
} from './key.ts';

const isLive = ({ setting, at }: State): boolean => setting.source !== 'recording' && at === undefined;

const move = (by: number) => (app: App) =>
  change(app, ({ adviceCursor, advice }) => ({
    adviceCursor: Math.max(0, Math.min(advice.findings.length - 1, adviceCursor + by)),
  }));

const fix = (app: App): void =>
  change(app, ({ advice, adviceCursor }) => {
    const request = advice.findings[Math.min(adviceCursor, advice.findings.length - 1)]?.fix;
    return request ? { dialog: { kind: 'confirm', request, typed: '' } } : {};
  });

const hasFix = ({ advice, adviceCursor }: State): boolean =>
  advice.findings[Math.min(adviceCursor, advice.findings.length - 1)]?.fix !== undefined;

/** What `A` offers: each policy in shadow and for real, the one that is set first; and none. */
export const flights = ({
  setting,
  pilot,
}: State): readonly { readonly mode: PilotMode; readonly policy: string }[] => {
  const order = [...policies].sort((a, b) => Number(b.id === setting.policy) - Number(a.id === setting.policy));
  // What is past can't be acted on.
  const modes: readonly PilotMode[] = setting.source === 'recording' ? ['shadow'] : ['shadow', 'act'];
  return [
    ...order.flatMap(({ id }) => modes.map(mode => ({ mode, policy: id }))),
    { mode: 'off', policy: pilot.policy },
  ];
};

const moveFlight = (by: number) => (app: App) =>
  change(app, state =>
    state.dialog?.kind === 'auto'
      ? { dialog: { kind: 'auto', cursor: Math.max(0, Math.min(flights(state).length - 1, state.dialog.cursor + by)) } }
      : {},
  );

const takeOff = (app: App): void => {
  const state = app.store.getState();
  const chosen = state.dialog?.kind === 'auto' ? flights(state)[state.dialog.cursor] : undefined;
  if (!chosen || (chosen.mode === 'act' && state.setting.readOnly)) return;
  close(app);
  app.fly(chosen.mode, chosen.policy);
};

/** Something automatic runs. */
const flies = ({ pilot, setting }: State): boolean => pilot.mode !== 'off' && setting.source !== 'recording';
const whyNoPolicy = ({ setting }: State): string =>
  setting.source === 'recording'
    ? 'Nothing runs in a replay: there is nothing to stop.'
    : 'No policy is running: there is nothing to stop.';

const pin = (app: App): void => {
  const { selected } = app.store.getState();
  if (selected !== undefined) app.pin(selected);
};

/** Keys of the advisor, and of the policies that act by themselves. */
export const advisorKeys: readonly Key[] = [
  { modes: ['advisor'], names: ['up', 'k'], label: 'Up', help: 'Select the previous finding.', run: move(-1) },
  { modes: ['advisor'], names: ['down', 'j'], label: 'Down', help: 'Select the next finding.', run: move(1) },
  {
    modes: ['advisor'],
    names: ['enter'],
    label: 'Enter',
    title: 'Show the fix',
    changes: true,
    help: 'Show the plan that would fix the selected finding. Nothing is changed until you confirm it.',
    when: hasFix,
    why: ({ advice }) =>
      advice.findings.length === 0
        ? 'No problems found: there is nothing to fix.'
        : 'This finding has no fix that kvmtop could make.',
    run: fix,
  },
  {
    modes: anywhere,
    names: ['A'],
    label: 'A',
    title: 'Policy',
    help: 'Run a policy: in shadow it only says what it would do; in act it does it, within the guard rails.',
    when: isLive,
    why: whyNotNow,
    run: app => open(app, { kind: 'auto', cursor: 0 }),
  },
  {
    modes: anywhere,
    names: ['P'],
    label: 'P',
    title: 'Policy',
    help: 'In a replay: run a policy over the recording in shadow; the Advisor tab shows what it would have done.',
    when: ({ setting }) => setting.source === 'recording',
    run: app => open(app, { kind: 'auto', cursor: 0 }),
  },
  {
    modes: allModes.filter(mode => !textModes.includes(mode)),
    names: ['X'],
    label: 'X',
    title: 'Stop the policy',
    help: 'Stop all automation now. Balloons that are still moving stop where they are.',
    when: state => flies(state) && !forcing(state),
    why: whyNoPolicy,
    run: app => app.halt(),
  },
  {
    modes: allModes,
    names: ['ctrl-x'],
    label: 'Ctrl-X',
    help: 'The same as X, also while typing text.',
    when: flies,
    why: whyNoPolicy,
    run: app => app.halt(),
  },
  {
    modes: ['main', 'detail'],
    names: ['P'],
    label: 'P',
    help: 'Pin or unpin the selected guest: policies leave pinned guests alone. Resizing a balloon by hand pins its guest.',
    when: state => isLive(state) && guestShown(state),
    why: state => whyNotNow(state) ?? whyNoGuest(state),
    run: pin,
  },
  { modes: ['auto'], names: ['up', 'k'], label: 'Up', help: 'Move up.', run: moveFlight(-1) },
  { modes: ['auto'], names: ['down', 'j'], label: 'Down', help: 'Move down.', run: moveFlight(1) },
  { modes: ['auto'], names: ['enter'], label: 'Enter', title: 'Run', help: 'Run the selected policy.', run: takeOff },
  {
    modes: ['auto'],
    names: ['escape', 'q'],
    label: 'Esc',
    title: 'Cancel',
    help: 'Cancel: nothing is changed.',
    run: close,
  },
];
