import { WordsError } from '../../errors.ts';
import { guestById } from '../../guests.ts';
import type { GuestModel, Model } from '../../model.ts';
import type { GuestId } from '../../sample.ts';
import { longBytes, parseTarget } from '../../units.ts';
import type { Balloon } from '../../vmm/kind.ts';
import { kindOf } from '../../vmm/kinds.ts';
import { balloonMaximum, whyKept, whyPartlyKept } from '../../vmm/memory.ts';
import type { Action, Plan, Request } from '../action.ts';
import { closeEnough } from '../follow.ts';
import { findGuest, refuse, refuseGone, unreachable } from '../guest/guest.ts';
import { defaultLimits } from '../limits.ts';
import { balloonForecasts, certainGain, mostGain } from './forecast.ts';
import { availableAt, balloonFloor, lacksReport, shrinkRefusal } from './rails.ts';

/**
 * What its balloon is really set to where `bytes` are asked for: no more than it can have, and whole pages, which take
 * nothing where no less than it has is asked for. Bytes.
 */
export const balloonSize = ({ sample, values }: GuestModel, bytes: number, pageSize: number): number | undefined => {
  const maximum = balloonMaximum(sample);
  if (maximum === undefined || bytes >= maximum) return maximum;
  const size = Math.floor(bytes / pageSize) * pageSize;
  const { balloon_actual: actual = 0 } = values;
  return bytes >= actual ? Math.max(size, actual) : size;
};

/** Growing or shrinking needs a driver that listens; QEMU accepts the command without one and nothing happens. */
const driverMissing = (guest: GuestModel): boolean => {
  const { balloon } = guest.sample.monitor;
  return balloon?.stats === undefined && (balloon?.pollingInterval ?? 0) > 0;
};

const shrinkEffect = (model: Model, guest: GuestModel, from: number, to: number): string[] => {
  const { guest_available: available, guest_used: used } = guest.values;
  const change = { guest, from, to };
  const kept = whyKept(guest.sample);
  return [
    available === undefined
      ? 'guest: what stays available inside is unknown'
      : `guest: uses ${longBytes(used)}; available falls from ${longBytes(available)} to about ${longBytes(availableAt(guest, to))}`,
    kept === undefined
      ? `host: gets back ${longBytes(certainGain(model, change))} to ${longBytes(mostGain(change))}, as far as the guest had touched it`
      : `host: gets back nothing: ${kept}`,
  ];
};

const growEffect = (model: Model, { sample }: GuestModel, from: number, to: number): string[] => {
  const kept = whyKept(sample);
  return [
    `guest: ${longBytes(to - from)} more, at once available inside`,
    kept === undefined
      ? `host: gives it as the guest touches it; ${longBytes(model.host.values.mem_available_with_arc)} available now`
      : `host: gives no RAM for it: ${kept}`,
  ];
};

const warnings = (
  model: Model,
  guest: GuestModel,
  { from, to, asked }: { readonly from: number; readonly to: number; readonly asked: number },
  { rival }: Balloon,
): string[] => {
  const said: string[] = [];
  const available = model.host.values.mem_available_with_arc;
  // A size that is no whole page is not too much.
  if (asked - to >= model.sample.pageSize) said.push(`its maximum is ${longBytes(to)}: more than that needs hotplug`);
  if (guest.state === 'paused') said.push('the guest is paused: nothing moves until it continues');
  if (guest.state === 'stopped') said.push('its process is stopped by a signal: nothing moves until it continues');
  if (whyKept(guest.sample) === undefined && available !== undefined && to - from > available)
    said.push(`the host has only ${longBytes(available)} available: it would swap when the guest uses all of it`);
  const partly = whyPartlyKept(guest.sample);
  if (partly !== undefined) said.push(`${partly}: what the balloon takes or gives there is not the host’s`);
  if (rival !== undefined) said.push(rival);
  return said;
};

/** A balloon that is on its way elsewhere is told to stay; that needs no guard rail, since nothing is taken. */
const stay = (guest: GuestModel, ability: Balloon, request: Request, size: number): Plan => {
  const { balloon_target: aim } = guest.values;
  if (aim === undefined || Math.abs(aim - size) <= closeEnough)
    return refuse(request, `Set the balloon of ${guest.name}`, `it already has ${longBytes(size)}`);
  return {
    request,
    subject: guest.name,
    summary: `Stop the balloon of ${guest.name} at ${longBytes(size)}, on its way to ${longBytes(aim)}`,
    steps: [ability.step(guest.sample, size)],
    effect: ['guest: keeps what it has now'],
    warnings: [],
    undo: { action: 'balloon', words: [guest.id, `${Math.round(aim)}B`] },
    follow: [{ kind: 'balloon', guest: guest.id, name: guest.name, from: size, target: size }],
  };
};

interface BalloonInput {
  readonly guest: GuestId;
  readonly bytes: number;
}

export const balloon: Action<BalloonInput> = {
  id: 'balloon',
  title: 'Balloon',
  help: 'Resize a guest with its balloon: 2G, +512M, -25%, 80% (of its maximum), max.',
  usage: 'GUEST SIZE',
  example: 'web-1 2G',

  parse(model, words) {
    const [name, size, ...rest] = words;
    if (name === undefined || size === undefined || rest.length > 0)
      throw new WordsError('balloon takes GUEST SIZE, such as: balloon web-1 2G');
    const guest = findGuest(model, name);
    const maximum = balloonMaximum(guest.sample) ?? Number.MAX_SAFE_INTEGER;
    const bytes = parseTarget(size, guest.values.balloon_actual ?? maximum, maximum);
    if (bytes === undefined) throw new WordsError(`Not a size: '${size}'. Try 2G, +512M, -25%, 80% or max`);
    return { guest: guest.id, bytes };
  },

  plan(model, input, request, limits = defaultLimits) {
    const guest = guestById(model, input.guest);
    if (!guest) return refuseGone(request, 'Set a balloon');
    const title = `Set the balloon of ${guest.name}`;
    const { balloon: ability } = kindOf(guest.sample);
    if ('unable' in ability) return refuse(request, title, ability.unable);
    const problem = unreachable(guest);
    if (problem) return refuse(request, title, problem);
    const from = guest.values.balloon_actual;
    const to = balloonSize(guest, input.bytes, model.sample.pageSize);
    if (to === undefined || from === undefined) return refuse(request, title, ability.unknownSize(guest.sample));
    const summary =
      to < from
        ? `Shrink ${guest.name} from ${longBytes(from)} to ${longBytes(to)}`
        : `Grow ${guest.name} from ${longBytes(from)} to ${longBytes(to)}`;
    if (to === from) return stay(guest, ability, request, from);
    if (driverMissing(guest))
      return refuse(
        request,
        summary,
        'its balloon driver has never reported: not loaded, or still booting; nothing would happen',
      );
    const refusal = to < from ? shrinkRefusal(guest, to, limits) : undefined;
    return {
      request,
      subject: guest.name,
      summary,
      steps: [ability.step(guest.sample, to)],
      effect: to < from ? shrinkEffect(model, guest, from, to) : growEffect(model, guest, from, to),
      warnings: warnings(model, guest, { from, to, asked: input.bytes }, ability),
      forecasts: balloonForecasts(model, [{ guest, from, to }]),
      ...(refusal ? { refusal } : {}),
      ...(to < from && lacksReport(guest, to, limits) ? { unreported: [guest.id] } : {}),
      undo: { action: 'balloon', words: [guest.id, `${from}B`] },
      follow: [{ kind: 'balloon', guest: guest.id, name: guest.name, from, target: to }],
    };
  },

  hint(model, [name], limits) {
    const guest = findGuest(model, name ?? '');
    const floor = balloonFloor(guest, limits);
    const safe = floor === undefined ? 'unknown' : longBytes(floor);
    return `${guest.name}: now ${longBytes(guest.values.balloon_actual)}, safe down to ${safe}, at most ${longBytes(balloonMaximum(guest.sample))}`;
  },
};
