import { WordsError } from '../../errors.ts';
import { guestGone, guestsCalled, noGuestHere } from '../../guests.ts';
import type { GuestModel, Model } from '../../model.ts';
import type { GuestSample } from '../../sample.ts';
import type { Able, Asked } from '../../vmm/kind.ts';
import { kindOf } from '../../vmm/kinds.ts';
import { isMigrating } from '../../vmm/qemu/migration.ts';
import type { Plan, Request } from '../action.ts';

/** The words were right, the world is not: the guest they name is not there. */
export class NoGuest extends WordsError {}

/** Finds the guest that an operator means: by id, name or PID. Throws NoGuest, or a WordsError when several are meant. */
export const findGuest = ({ guests }: Model, word: string): GuestModel => {
  const found = guestsCalled(guests, word);
  const [guest] = found;
  if (!guest) throw new NoGuest(noGuestHere(guests, word));
  if (found.length > 1)
    throw new WordsError(
      `${found.length} guests are named '${word}': use a PID (${found.map(({ pid }) => pid).join(', ')})`,
    );
  return guest;
};

/** Why nothing can be asked of the guest's monitor; `undefined` when it can. `elsewhere`: said of one that a manager holds. */
const unanswering = (sample: GuestSample, elsewhere = 'its monitor belongs to libvirt'): string | undefined => {
  const { title, monitor: how } = kindOf(sample);
  const { state, reason } = sample.monitor;
  switch (state) {
    case 'libvirt':
      return reason ?? elsewhere;
    case 'none':
      return reason ?? `it has no monitor${how.start === undefined ? '' : `: ${how.start}`}`;
    case 'denied':
      return reason ?? 'its monitor may not be opened: run kvmtop as root';
    case 'unasked':
      return 'its monitor has not answered yet: try again in a moment';
    case 'busy':
      return reason ?? `its monitor does not answer: another client is connected, or ${title} hangs`;
    case 'bug':
      return reason ?? 'kvmtop failed at what its monitor answered, which is a bug in kvmtop';
    case 'ok':
      return undefined;
  }
};

/** Why this can't be asked of the guest; `undefined` when it can. */
export const unmanageable = ({ sample }: GuestModel, ability: Able<Asked>): string | undefined => {
  if ('unable' in ability) return ability.unable;
  const { elsewhere } = ability;
  return elsewhere !== undefined && sample.launch.uuid === undefined ? elsewhere : unanswering(sample, elsewhere);
};

/** Why who asks for a change would have to wait; `undefined` when nobody would. */
export const heldByMigration = ({ sample }: GuestModel): string | undefined =>
  isMigrating(sample.monitor.migration) ? kindOf(sample).heldByMigration : undefined;

/** Why nothing can be asked of the guest's balloon; `undefined` when it can. */
export const unreachable = (guest: GuestModel): string | undefined => {
  const { balloon } = kindOf(guest.sample);
  const problem = heldByMigration(guest) ?? unmanageable(guest, balloon);
  if (problem !== undefined || 'unable' in balloon || guest.sample.monitor.balloon?.device) return problem;
  return `it has no balloon device: ${balloon.missing}`;
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
