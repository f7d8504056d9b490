import { isMigrating } from '../../fields/migration.ts';
import { guestGone, guestsCalled, noGuestHere } from '../../guests.ts';
import type { GuestModel, Model } from '../../model.ts';
import type { Plan, Request } from '../action.ts';

/** The words were right, the world is not: the guest they name is not there. */
export class NoGuest extends Error {}

/** Finds the guest that an operator means: by id, name or PID. Throws NoGuest, or an Error when several are meant. */
export const findGuest = ({ guests }: Model, word: string): GuestModel => {
  const found = guestsCalled(guests, word);
  const [guest] = found;
  if (!guest) throw new NoGuest(noGuestHere(guests, word));
  if (found.length > 1)
    throw new Error(
      `${found.length} guests are called '${word}': give a PID (${found.map(({ pid }) => pid).join(', ')})`,
    );
  return guest;
};

const ofLibvirt = (byHand: string): string => `libvirt runs this guest and holds its monitor: use ${byHand}`;

/** Why nothing can be asked of the guest's monitor; `undefined` when it can. `byHand`: how libvirt does it. */
const unanswering = (guest: GuestModel, byHand: string): string | undefined => {
  const { monitor } = guest.sample;
  switch (monitor.state) {
    case 'libvirt':
      return monitor.reason ?? ofLibvirt(byHand);
    case 'none':
      return monitor.reason ?? 'it has no QMP monitor: start it with -qmp unix:PATH,server=on,wait=off';
    case 'denied':
      return monitor.reason ?? 'its monitor may not be opened: run kvmtop as root';
    case 'unasked':
      return 'its monitor has not answered yet: try again in a moment';
    case 'busy':
      return monitor.reason ?? 'its monitor does not answer: another client holds it, or QEMU hangs';
    case 'bug':
      return monitor.reason ?? 'kvmtop failed at what its monitor answered, which is a bug in kvmtop';
    case 'ok':
      return undefined;
  }
};

/** The same for what is asked of QEMU itself, or of libvirt where that runs it. */
export const unmanageable = (guest: GuestModel, byHand: string): string | undefined => {
  if (guest.sample.vmm !== 'qemu') return 'this is no QEMU: kvmtop can only move its balloon';
  if (guest.sample.manager === 'libvirt' && guest.sample.launch.uuid === undefined) return ofLibvirt(byHand);
  return unanswering(guest, byHand);
};

/** Why libvirt would make who asks for a change wait; `undefined` when it would not. */
export const heldByMigration = ({ sample: { manager, monitor } }: GuestModel): string | undefined =>
  manager === 'libvirt' && isMigrating(monitor.migration)
    ? 'libvirt changes nothing of a guest that it migrates: wait until that has ended, or cancel it'
    : undefined;

/** Why nothing can be asked of the guest's balloon; `undefined` when it can. */
export const unreachable = (guest: GuestModel): string | undefined => {
  const problem = unanswering(guest, 'virsh setmem');
  const held = heldByMigration(guest);
  if (held !== undefined) return held;
  if (problem !== undefined || guest.sample.monitor.balloon?.device) return problem;
  return guest.sample.vmm === 'qemu'
    ? 'it has no balloon device: start it with -device virtio-balloon-pci'
    : 'it has no balloon device: it must be given one before it starts';
};

/** A Plan that does nothing but say why. */
export const refuse = (request: Request, summary: string, reason: string): Plan => ({
  request,
  subject: '',
  summary,
  steps: [],
  effect: [],
  warnings: [],
  refusal: { reason, forceable: false },
});

/** The same for a guest that has ended since it was asked for. */
export const refuseGone = (request: Request, summary: string): Plan => refuse(request, summary, guestGone);
