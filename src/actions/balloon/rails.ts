import type { GuestModel } from '../../model.ts';
import { formatRatio, longBytes, MiB } from '../../units.ts';
import { balloonMaximum, given, whyKept } from '../../vmm/memory.ts';
import type { Refusal } from '../action.ts';
import { defaultLimits, type Limits } from '../limits.ts';
import { couldReport, whyNoReport } from './reports.ts';

/** The guard rails of a balloon: what a guest may not fall below, and why it is not shrunk. Pure. */

/** Below this no Linux guest lives, whatever it says it uses; QEMU itself would accept 1 byte. */
const smallest = 16 * MiB;

/** What it could do without: bytes. A small guest's kernel calls less available than is free. */
const spareInside = ({ values }: GuestModel): number | undefined =>
  values.guest_available === undefined ? undefined : Math.max(values.guest_available, values.guest_free ?? 0);

/**
 * What the guest occupies of the memory that its balloon counts: bytes. Beside what it uses that is what its kernel kept
 * out of its total (its own tables, crashkernel=, a DIMM that is offline), so that taking memory never takes more of what is
 * available than is there; what virtio-mem plugged is used first. `undefined` when it does not tell.
 */
export const occupied = (guest: GuestModel): number | undefined => {
  const { balloon } = guest.sample.monitor;
  const used = guest.values.guest_used;
  const spare = spareInside(guest);
  const actual = balloon?.actual;
  if (used === undefined || spare === undefined || actual === undefined) return undefined;
  const beside = Math.max(0, (given(guest.sample) ?? 0) - actual);
  return Math.max(0, used - beside, (balloon?.stats?.actual ?? actual) - spare);
};

/** What must stay available inside: bytes. */
const marginOf = (used: number, { floorMargin }: Pick<Limits, 'floorMargin'>): number =>
  Math.max(floorMargin, 0.1 * used);

/**
 * The smallest size that is safe: a share of the maximum, or what the guest occupies and a margin or 10 % of its use more,
 * whichever is larger. `undefined` when what it uses is unknown. Bytes.
 */
export const balloonFloor = (
  guest: GuestModel,
  limits: Pick<Limits, 'floorShare' | 'floorMargin'> = defaultLimits,
): number | undefined => {
  const maximum = balloonMaximum(guest.sample);
  const used = guest.values.guest_used;
  const taken = occupied(guest);
  if (maximum === undefined || used === undefined || taken === undefined) return undefined;
  return Math.min(maximum, Math.max(limits.floorShare * maximum, taken + marginOf(used, limits)));
};

/** What is available inside once its balloon leaves it `bytes`; its report may be from before the balloon moved. Bytes. */
export const availableAt = (guest: GuestModel, bytes: number): number | undefined => {
  const { balloon } = guest.sample.monitor;
  const then = balloon?.stats?.actual ?? balloon?.actual;
  const { guest_available: available } = guest.values;
  return available === undefined || then === undefined ? undefined : Math.max(0, available - (then - bytes));
};

/** Which of the rules says no, in words. */
const unsafe = (guest: GuestModel, bytes: number, floor: number, limits: Limits): string => {
  const least = `minimum ${longBytes(floor)}`;
  const maximum = balloonMaximum(guest.sample) ?? 0;
  const { guest_used: used = 0, guest_available: available } = guest.values;
  if (floor <= limits.floorShare * maximum)
    return `unsafe: less than ${formatRatio(limits.floorShare)} of the ${longBytes(maximum)} that it can have: ${least}`;
  if (floor <= used + marginOf(used, limits)) return `unsafe: it uses ${longBytes(used)} and needs a reserve: ${least}`;
  return `unsafe: leaves ${longBytes(availableAt(guest, bytes))} of ${longBytes(available)} available inside: ${least}`;
};

/** Whether only a report is lacking that the guest would make if it were asked. */
export const lacksReport = (guest: GuestModel, bytes: number, limits: Limits): boolean =>
  bytes >= smallest && whyKept(guest.sample) === undefined && couldReport(guest, limits);

/** What the guard rails say of shrinking; the first that objects is told. */
export const shrinkRefusal = (guest: GuestModel, bytes: number, limits: Limits): Refusal | undefined => {
  const kept = whyKept(guest.sample);
  if (bytes < smallest)
    return { reason: `${longBytes(bytes)} kills a guest: no less than ${longBytes(smallest)}`, forceable: false };
  if (kept !== undefined)
    return {
      reason: `${kept}: a balloon would take it from the guest and free nothing on the host`,
      forceable: true,
    };
  const unreported = whyNoReport(guest, limits);
  if (unreported !== undefined)
    return {
      reason: `${unreported}: no size is known to be safe`,
      forceable: true,
    };
  const floor = balloonFloor(guest, limits);
  if (floor === undefined)
    return { reason: 'its driver does not report what it uses, so no safe size is known', forceable: true };
  return bytes < floor ? { reason: unsafe(guest, bytes, floor, limits), forceable: true } : undefined;
};
