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

/**
 * A guest in a command that an operator may copy: its name where that means no other and a shell reads it as one word, else
 * its PID.
 */
export const wordFor = <Guest extends Named>(guests: readonly Guest[], { id, name, pid }: Guest): string => {
  const meant = guestsCalled(guests, name);
  return meant.length === 1 && meant[0]?.id === id && /^[\w.:@+][\w.:@+-]*$/.test(name) ? name : String(pid);
};

/** Says that a word is no guest here, and which there are. */
export const noGuestHere = (guests: readonly Named[], word: string): string => {
  const names = guests.map(({ name }) => safe(name)).join(', ');
  return `no guest '${safe(word)}' here: ${names === '' ? 'no guest runs at all' : `there are ${names}`}`;
};

/**
 * The Model with the guests that `words` (of `-p`) call, all when there are none. The host's numbers stay those of the whole
 * host, and the `others` are kept for what concerns all that it runs. Words that call one are taken out of `missing`.
 */
export const selectGuests = (model: Model, words: readonly string[], missing?: Set<string>): Model => {
  if (words.length === 0) return model;
  const called = new Set(
    words.flatMap(word => {
      const found = guestsCalled(model.guests, word);
      if (found.length > 0) missing?.delete(word);
      return found;
    }),
  );
  return {
    ...model,
    guests: model.guests.filter(guest => called.has(guest)),
    others: model.guests.filter(guest => !called.has(guest)),
  };
};

/** All guests of the host, whichever `-p` chose. */
export const allGuests = ({ guests, others = [] }: Model): readonly GuestModel[] => [...guests, ...others];

/** The findings on the host, and on the guests that the Model has: those of other guests were not asked for. */
export const selectFindings = <Finding extends { readonly guest?: GuestId }>(
  findings: readonly Finding[],
  { guests }: Model,
): readonly Finding[] => {
  const ids = new Set(guests.map(({ id }) => id));
  return findings.filter(({ guest }) => guest === undefined || ids.has(guest));
};
