import type { Model } from '../model.ts';
import type { Action, Plan, Request } from './action.ts';
import { balloon } from './balloon.ts';
import { balloonAll, balloons, deflateAll } from './balloons.ts';
import { compact } from './compact.ts';
import { dropCaches } from './drop-caches.ts';
import { refuse } from './guest.ts';
import { hugepages } from './hugepages.ts';
import { hugepagesOvercommit } from './hugepages-overcommit.ts';
import { keep } from './keep.ts';
import { ksm } from './ksm.ts';
import { ksmSet } from './ksm-set.ts';
import type { Limits } from './limits.ts';
import { migrate, migrateCancel } from './migrate.ts';
import { polling } from './polling.ts';
import { quit } from './quit.ts';
import { sysctl } from './sysctl.ts';
import { virtioMem } from './virtio-mem.ts';

/** Every action there is. */
const table = [
  balloon,
  balloonAll,
  balloons,
  deflateAll,
  polling,
  virtioMem,
  migrate,
  migrateCancel,
  quit,
  ksm,
  ksmSet,
  hugepages,
  hugepagesOvercommit,
  compact,
  sysctl,
  dropCaches,
  keep,
] as const;

/** By id. What an action's parse gives is what its plan takes, so the table itself need not know the kinds of input. */
export const actions: ReadonlyMap<string, Action<unknown>> = new Map(
  (table as readonly unknown[] as readonly Action<unknown>[]).map(action => [action.id, action]),
);

/**
 * What a request would do, by the guard rails and on the numbers of this Model.
 * @throws Error when its words mean nothing (NoGuest when they name a guest that is not there).
 */
export const planStrictly = (model: Model, request: Request, limits?: Limits): Plan => {
  const action = actions.get(request.action);
  if (!action) throw new Error(`there is no action '${request.action}': there are ${[...actions.keys()].join(', ')}`);
  return action.plan(model, action.parse(model, request.words), request, limits);
};

/** The same for a request that once made sense: what it means nothing any more for is a refusal. */
export const plan = (model: Model, request: Request, limits?: Limits): Plan => {
  const meant = meaning(model, request, limits);
  if (!(meant instanceof Error)) return meant;
  return refuse(request, `${request.action} ${request.words.join(' ')}`, meant.message);
};

/** The plan of what is being typed, or what is wrong with it so far. */
export const meaning = (model: Model, request: Request, limits?: Limits): Plan | Error => {
  try {
    return planStrictly(model, request, limits);
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
};
