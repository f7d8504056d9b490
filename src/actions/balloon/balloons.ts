import { WordsError } from '../../errors.ts';
import { guestById } from '../../guests.ts';
import type { GuestModel, Model } from '../../model.ts';
import type { GuestId } from '../../sample.ts';
import { longBytes, parseTarget } from '../../units.ts';
import { balloonMaximum, ordinaryRam, whyKept } from '../../vmm/memory.ts';
import type { Action, Plan, Request } from '../action.ts';
import { findGuest, NoGuest, refuse } from '../guest/guest.ts';
import type { Limits } from '../limits.ts';
import { balloon, balloonSize } from './balloon.ts';
import { balloonForecasts } from './forecast.ts';

interface Wish {
  readonly guest: GuestModel;
  readonly bytes: number;
}

/** What is asked for, and already who can't have it. */
interface Wishes {
  readonly wishes: readonly Wish[];
  readonly left: readonly string[];
}

/** Whether the word is a size does not depend on the guest: that was checked before. */
const wish = (guest: GuestModel, size: string): Wish => {
  const maximum = balloonMaximum(guest.sample) ?? Number.MAX_SAFE_INTEGER;
  return { guest, bytes: parseTarget(size, guest.values.balloon_actual ?? maximum, maximum) as number };
};

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);

/**
 * One plan of many: each guest by its own guard rails, and who is refused is left out and told. `what` heads the summary;
 * guests that have their size already are no news.
 */
export const planMany = (
  model: Model,
  what: string,
  { wishes, left }: Wishes,
  request: Request,
  limits: Limits | undefined,
): Plan => {
  const asked = wishes.filter(({ guest, bytes }) => {
    const { balloon_actual: actual } = guest.values;
    return actual === undefined || balloonSize(guest, bytes, model.sample.pageSize) !== actual;
  });
  const planned = asked.map(({ guest, bytes }) => ({
    guest,
    plan: balloon.plan(model, { guest: guest.id, bytes }, request, limits),
  }));
  const done = planned.filter(({ plan }) => plan.refusal === undefined);
  const out = [
    ...left,
    ...planned.flatMap(({ guest, plan }) => (plan.refusal ? [`${guest.name}: ${plan.refusal.reason}`] : [])),
  ];
  const lacking = planned.flatMap(({ plan }) => plan.unreported ?? []);
  const unreported = lacking.length > 0 ? { unreported: lacking } : {};
  if (done.length === 0)
    return {
      ...refuse(
        request,
        what,
        out.length > 0
          ? `no guest is left: ${out.join('; ')}`
          : wishes.length > 0
            ? 'each has its size already'
            : 'there is no such guest',
      ),
      ...unreported,
    };
  const follow = done.flatMap(({ plan }) => plan.follow ?? []).filter(one => one.kind === 'balloon');
  const moved = done.flatMap(({ guest, plan }) =>
    (plan.follow ?? []).flatMap(one => (one.kind === 'balloon' ? [{ guest, from: one.from, to: one.target }] : [])),
  );
  const changes = moved.map(({ guest, from, to }) => {
    const most = whyKept(guest.sample) === undefined ? (ordinaryRam(guest.sample) ?? Math.abs(to - from)) : 0;
    return Math.max(-most, Math.min(most, to - from));
  });
  const taken = sum(changes.filter(change => change < 0));
  const given = sum(changes.filter(change => change > 0));
  const available = model.host.values.mem_available_with_arc;
  return {
    request,
    subject: `${done.length} guests`,
    summary: `${what}: ${done.length} of ${wishes.length + left.length} guests${out.length > 0 ? `, ${out.length} left out` : ''}`,
    steps: done.flatMap(({ plan }) => plan.steps),
    effect: [
      ...(taken < 0 ? [`host: gets back at most ${longBytes(-taken)}, as far as the guests had touched it`] : []),
      ...(given > 0
        ? [`host: gives at most ${longBytes(given)} as the guests touch it; ${longBytes(available)} available now`]
        : []),
    ],
    warnings: [
      ...(available !== undefined && given > available
        ? [`the host has only ${longBytes(available)} available: it would swap when the guests use all they get`]
        : []),
      ...done.flatMap(({ guest, plan }) => plan.warnings.map(warning => `${guest.name}: ${warning}`)),
    ],
    ...(out.length > 0 ? { leftOut: out } : {}),
    ...unreported,
    forecasts: balloonForecasts(model, moved),
    undo: { action: 'balloons', words: follow.flatMap(({ guest, from }) => [guest, `${from}B`]) },
    follow,
    independent: true,
  };
};

const badSize = (size: string): WordsError => new WordsError(`Not a size: '${size}'. Try 2G, +512M, -25%, 80% or max`);

interface AllInput {
  readonly size: string;
  readonly filter: string;
}

const wishesOfAll = (model: Model, { size, filter }: AllInput): Wishes => {
  const wanted = filter.toLowerCase();
  return {
    wishes: model.guests.filter(guest => guest.name.toLowerCase().includes(wanted)).map(guest => wish(guest, size)),
    left: [],
  };
};

export const balloonAll: Action<AllInput> = {
  id: 'balloon-all',
  title: 'All balloons',
  help: 'Resize all guests, or those whose name contains FILTER, each as far as is safe; guests that cannot be resized safely are left out.',
  usage: 'SIZE [FILTER]',
  example: '80% web',

  parse(_model, words) {
    const [size, filter = '', ...rest] = words;
    if (size === undefined || rest.length > 0)
      throw new WordsError('balloon-all takes SIZE [FILTER], such as: balloon-all 80% web');
    if (parseTarget(size, 0, 0) === undefined) throw badSize(size);
    return { size, filter };
  },

  plan(model, input, request, limits) {
    const which = input.filter === '' ? '' : ` named *${input.filter}*`;
    return planMany(model, `Set all balloons${which} to ${input.size}`, wishesOfAll(model, input), request, limits);
  },
};

export const deflateAll: Action<undefined> = {
  id: 'deflate-all',
  title: 'Deflate all',
  help: 'Deflate all balloons: every guest gets all of its memory back.',
  usage: '',
  example: '',

  parse(_model, words) {
    if (words.length > 0) throw new WordsError('deflate-all takes no words');
    return undefined;
  },

  plan(model, _input, request, limits) {
    return planMany(model, 'Deflate all balloons', wishesOfAll(model, { size: 'max', filter: '' }), request, limits);
  },
};

interface EachInput {
  readonly sizes: readonly { readonly guest: GuestId; readonly bytes: number }[];
  readonly gone: readonly string[];
}

/** Also how several balloons are put back. A guest that has ended since then is left out. */
export const balloons: Action<EachInput> = {
  id: 'balloons',
  title: 'Balloons',
  help: 'Resize several guests, each to its own size.',
  usage: 'GUEST SIZE [GUEST SIZE]…',
  example: 'web-1 2G web-2 1G',

  parse(model, words) {
    if (words.length === 0 || words.length % 2 === 1)
      throw new WordsError('balloons takes GUEST SIZE [GUEST SIZE]…, such as: balloons web-1 2G web-2 1G');
    const sizes: { guest: GuestId; bytes: number }[] = [];
    const gone: string[] = [];
    let missing: NoGuest | undefined;
    for (let at = 0; at < words.length; at += 2) {
      const size = words[at + 1] as string;
      if (parseTarget(size, 0, 0) === undefined) throw badSize(size);
      try {
        const { guest, bytes } = wish(findGuest(model, words[at] as string), size);
        sizes.push({ guest: guest.id, bytes });
      } catch (error) {
        if (!(error instanceof NoGuest)) throw error;
        missing = error;
        gone.push(`${words[at]}: no such guest here (any more)`);
      }
    }
    if (sizes.length === 0 && missing) throw missing;
    return { sizes, gone };
  },

  plan(model, { sizes, gone }, request, limits) {
    const wishes = sizes.flatMap(({ guest: id, bytes }) => {
      const guest = guestById(model, id);
      return guest ? [{ guest, bytes }] : [];
    });
    return planMany(model, 'Set balloons', { wishes, left: gone }, request, limits);
  },
};
