import type { GuestModel } from '../model.ts';
import type { State } from './store.ts';
import { troublesOf } from './trouble.ts';
import { visibleGuests } from './view.ts';

type Shown = Pick<State, 'model' | 'advice' | 'filter' | 'sort' | 'setting'>;

/** The guests that the table lists, in its order. */
export const listedGuests = ({ model, advice, filter, sort, setting: { limits } }: Shown): readonly GuestModel[] =>
  visibleGuests(model, filter, sort, { troubles: troublesOf(advice.findings), limits });
