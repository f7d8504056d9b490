import type { Model } from '../model.ts';
import type { AdvisorState } from '../policy/advisor.ts';
import { rememberActivity } from './activity.ts';
import { adviceOn } from './advice.ts';
import { withProgress } from './changes.ts';
import { remember } from './data.ts';
import { listedGuests } from './listed.ts';
import { stillMeasuring } from './needs.ts';
import type { State } from './store.ts';
import type { Moment } from './time.ts';
import { moveSelection } from './view.ts';

/** When it is, wall clock seconds, whatever moment is shown: what messages are dated with. */
export const timeOf = ({ now, model }: Pick<State, 'now' | 'model'>): number => (now.model ?? model)?.time ?? 0;

/** What is shown of a moment, and where the selection is then. */
const shown = (state: State, moment: Moment): Partial<State> => {
  // Who looks at one guest must not find another in its place.
  if (state.detail) return moment;
  const guests = listedGuests({ ...state, ...moment });
  const { selected, index } = moveSelection(guests, state.selected, state.selectedIndex, 0);
  return { ...moment, selected, selectedIndex: index };
};

/** What the newest Model changes: what was done here and is on its way, and what is shown unless the screen looks back. */
export const withModel = (state: State, model: Model, advice: AdvisorState = state.now.advice): Partial<State> => {
  const activity = rememberActivity(state.now.activity, model);
  const history = remember(state.now.history, model, state.setting.delay);
  const now = { model, history, activity, advice: adviceOn(advice, model) };
  // Who reads old rows keeps them in sight.
  const moved = state.tab === 'vmstat' && state.scroll > 0 && activity !== state.now.activity;
  return {
    now,
    ...(state.at === undefined ? { ...shown(state, now), scroll: state.scroll + (moved ? 1 : 0) } : {}),
    measuring: stillMeasuring(state, model),
    ...withProgress(state, model, advice.findings),
  };
};

/** Another moment of the tape. */
export const withMoment = (state: State, at: number, moment: Moment): Partial<State> => ({
  at,
  ...shown(state, moment),
});

/** The newest look again. */
export const withNow = (state: State): Partial<State> => ({
  at: undefined,
  timeline: undefined,
  ...shown(state, state.now),
});
