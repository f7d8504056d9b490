import type { GuestModel, Model } from './model.ts';
import type { GuestId } from './sample.ts';
import { safe } from './text.ts';

/** Said wherever a guest that was there a moment ago is not there any more. */
export const guestGone = 'the guest is gone: it ended, or was restarted';

/** For a command that comes too late. */
export const tooLate = (command: string, id: GuestId): Error =>
  new Error(`${command} on guest ${id}: ${guestGone}; look at the list again`);

/** The guest with this id: no other ever has it, so it is that one or none. */
export const guestById = (model: Model | undefined, id: GuestId | undefined): GuestModel | undefined =>
  model?.guests.find(guest => guest.id === id);

interface Named {
  readonly id: GuestId;
  readonly name: string;
  readonly pid: number;
}

/**
 * The guests that an operator may mean by a word: an id, else a PID, else a name, which several may have. So nobody can hide a
 * guest by calling another like its id or PID. A name is also known as a screen shows it, since nobody can type a control
 * character.
 */
export const guestsCalled = <Guest extends Named>(guests: readonly Guest[], word: string): readonly Guest[] => {
  const exact = guests.find(({ id }) => id === word) ?? guests.find(({ pid }) => String(pid) === word);
  return exact ? [exact] : guests.filter(({ name }) => name === word || safe(name) === word);
};

/** Says that a word is no guest here, and which there are. */
export const noGuestHere = (guests: readonly Named[], word: string): string => {
  const names = guests.map(({ name }) => safe(name)).join(', ');
  return `no guest '${safe(word)}' here: ${names === '' ? 'no guest runs at all' : `there are ${names}`}`;
};
