import { WordsError } from '../../errors.ts';
import { guestById } from '../../guests.ts';
import type { GuestId } from '../../sample.ts';
import { kindOf } from '../../vmm/kinds.ts';
import type { Action } from '../action.ts';
import { findGuest, refuse, refuseGone, unreachable } from '../guest/guest.ts';

interface PollingInput {
  readonly guest: GuestId;
  readonly seconds: number;
}

/**
 * Without a polling interval a guest's driver reports once and never again. The value is one for all who look (libvirt
 * and Proxmox set it too): kvmtop itself changes it only where it is 0, and puts it back at exit.
 */
export const polling: Action<PollingInput> = {
  id: 'polling',
  title: 'Statistics',
  help: 'Set how often QEMU polls a guest for memory statistics, in seconds; 0 is never.',
  usage: 'GUEST SECONDS',
  example: 'web-1 2',

  parse(model, words) {
    const [name, seconds, ...rest] = words;
    if (name === undefined || seconds === undefined || rest.length > 0 || !/^\d{1,4}$/.test(seconds))
      throw new WordsError('polling takes GUEST SECONDS, such as: polling web-1 2');
    return { guest: findGuest(model, name).id, seconds: Number(seconds) };
  },

  plan(model, input, request) {
    const guest = guestById(model, input.guest);
    if (!guest) return refuseGone(request, 'Set statistics');
    const summary = `Have ${guest.name} report its memory ${input.seconds === 0 ? 'no more' : `every ${input.seconds} s`}`;
    const problem = unreachable(guest);
    if (problem) return refuse(request, summary, problem);
    const { balloon } = guest.sample.monitor;
    const { polling: ability } = kindOf(guest.sample);
    if ('unable' in ability) return refuse(request, summary, ability.unable);
    const step = ability.step(guest.sample, input.seconds);
    if (!step || balloon?.pollingInterval === undefined)
      return refuse(request, summary, 'its balloon device was not found, or does not tell its interval');
    if (balloon.pollingInterval === input.seconds) return refuse(request, summary, 'it does so already');
    return {
      request,
      subject: guest.name,
      summary,
      steps: [step],
      effect: ['guest: its driver wakes that often; costs it next to nothing'],
      warnings: [],
      undo: { action: 'polling', words: [guest.id, String(balloon.pollingInterval)] },
    };
  },
};
