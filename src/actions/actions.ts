import { bugOf, WordsError } from '../errors.ts';
import type { Model } from '../model.ts';
import { unknownWord } from '../nearest.ts';
import type { Action, Plan, Request } from './action.ts';
import { balloon } from './balloon/balloon.ts';
import { balloonAll, balloons, deflateAll } from './balloon/balloons.ts';
import { polling } from './balloon/polling.ts';
import { take } from './balloon/take.ts';
import { refuse } from './guest/guest.ts';
import { migrate, migrateCancel } from './guest/migrate.ts';
import { migrationLimits } from './guest/migration-limits.ts';
import { quit } from './guest/quit.ts';
import { virtioMem } from './guest/virtio-mem.ts';
import { compact } from './hugepages/compact.ts';
import { hugepages } from './hugepages/hugepages.ts';
import { hugepagesOvercommit } from './hugepages/overcommit.ts';
import { ksm } from './ksm/ksm.ts';
import { ksmSet } from './ksm/ksm-set.ts';
import { keep } from './lasting/keep.ts';
import type { Limits } from './limits.ts';
import { dropCaches } from './sysctl/drop-caches.ts';
import { sysctl } from './sysctl/sysctl.ts';

/** Every action there is. */
const table = [
  balloon,
  balloonAll,
  balloons,
  take,
  deflateAll,
  polling,
  virtioMem,
  migrate,
  migrateCancel,
  migrationLimits,
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
 * @throws WordsError when they mean nothing (NoGuest when they name a guest that is not there).
 */
export const planStrictly = (model: Model, request: Request, limits?: Limits): Plan => {
  const action = actions.get(request.action);
  if (!action) throw new WordsError(unknownWord('action', request.action, [...actions.keys()]));
  return action.plan(model, action.parse(model, request.words), request, limits);
};

/** The same for a request that once made sense: what it means nothing any more for is a refusal. */
export const plan = (model: Model, request: Request, limits?: Limits): Plan => {
  const meant = meaning(model, request, limits);
  if (!(meant instanceof Error)) return meant;
  return refuse(request, `${request.action} ${request.words.join(' ')}`, meant.message);
};

/** The plan of what is being typed, or what is wrong with it so far. A bug is told as one, and the screen goes on. */
export const meaning = (model: Model, request: Request, limits?: Limits): Plan | Error => {
  try {
    return planStrictly(model, request, limits);
  } catch (error) {
    return error instanceof WordsError ? error : new Error(bugOf(error));
  }
};
