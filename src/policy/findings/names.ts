import type { GuestModel } from '../../model.ts';

/** How many guests are told by name. */
const told = 4;

/** `web-1, web-2 and 3 more`. */
export const namesOf = (guests: readonly Pick<GuestModel, 'name'>[]): string => {
  const names = guests.slice(0, told).map(({ name }) => name);
  if (guests.length > told) return `${names.join(', ')} and ${guests.length - told} more`;
  const last = names.pop() ?? '';
  return names.length === 0 ? last : `${names.join(', ')} and ${last}`;
};

/** `1 guest`, `3 guests`. */
export const counted = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;

/** Whose numbers are those of now: its monitor answers, and its processors run. */
export const isRunning = ({ state, sample }: GuestModel): boolean =>
  state === 'running' && sample.monitor.state === 'ok';
