import type { Model } from '../model.ts';
import type { Action, ActionId, Plan, Request } from './action.ts';
import { balloon } from './balloon.ts';
import { polling } from './polling.ts';

/** Every action there is: key, help, palette and `kvmtop do` follow from this table. */
export const actions: { readonly [Id in ActionId]: Action<Id> } = { balloon, polling };

export const isActionId = (word: string): word is ActionId => Object.hasOwn(actions, word);

/** What a request would do, by the guard rails and on the numbers of this Model. */
export const plan = (model: Model, request: Request): Plan => {
  switch (request.action) {
    case 'balloon':
      return balloon.plan(model, request.input);
    case 'polling':
      return polling.plan(model, request.input);
  }
};

/** Reads the words of `kvmtop do ACTION …`; throws an Error that says what is wrong with them. */
export const parseRequest = (model: Model, id: ActionId, words: readonly string[]): Request => {
  switch (id) {
    case 'balloon':
      return { action: 'balloon', input: balloon.parse(model, words) };
    case 'polling':
      return { action: 'polling', input: polling.parse(model, words) };
  }
};
