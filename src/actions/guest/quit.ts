import { WordsError } from '../../errors.ts';
import { guestById } from '../../guests.ts';
import type { GuestId } from '../../sample.ts';
import { longBytes } from '../../units.ts';
import { kindOf } from '../../vmm/kinds.ts';
import type { Action } from '../action.ts';
import { findGuest, heldByMigration, refuse, refuseGone, unmanageable } from './guest.ts';

/** QEMU's words (RunState) for a guest that runs no more here. */
const over = new Set(['postmigrate', 'shutdown']);

/** Ends a QEMU: the one way to free the RAM of a guest that was migrated away. */
export const quit: Action<GuestId> = {
  id: 'quit',
  title: 'Quit QEMU',
  help: 'End the QEMU process of a guest that was migrated away or has shut down, and free its RAM; of any other guest only with --force.',
  usage: 'GUEST',
  example: 'web-1',

  parse(model, words) {
    const [name, ...rest] = words;
    if (name === undefined || rest.length > 0) throw new WordsError('quit takes GUEST');
    return findGuest(model, name).id;
  },

  plan(model, id, request) {
    const guest = guestById(model, id);
    if (!guest) return refuseGone(request, 'End a guest');
    const { status } = guest.sample.monitor;
    const summary = `End the QEMU of ${guest.name}${status === 'postmigrate' ? ', which was migrated away' : ''}`;
    const { end: ability } = kindOf(guest.sample);
    if ('unable' in ability) return refuse(request, summary, ability.unable);
    const problem = heldByMigration(guest) ?? unmanageable(guest, ability) ?? ability.refusal(guest.sample);
    if (problem !== undefined) return refuse(request, summary, problem);
    const { held, held_most: most } = guest.values;
    return {
      request,
      subject: guest.name,
      summary,
      steps: [ability.step(guest.sample)],
      effect: [
        held !== undefined
          ? `host: gets back ${longBytes(held)}, at once`
          : most === undefined
            ? 'host: gets back all it holds for the guest, at once'
            : `host: gets back all it holds for the guest, at most ${longBytes(most)}, at once`,
      ],
      warnings:
        status === 'postmigrate'
          ? ['this can’t be undone: look first that the guest runs at its destination']
          : ['this can’t be undone'],
      ...(over.has(status ?? '')
        ? {}
        : {
            refusal: {
              reason: `it is ${status ?? 'in an unknown state'}: quit is pulling the plug, and what it has not written to its disks is lost`,
              forceable: true,
            },
          }),
    };
  },
};
