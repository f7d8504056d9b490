import { setTimeout as delay } from 'node:timers/promises';
import type { Request } from '../actions/action.ts';
import { plan } from '../actions/actions.ts';
import { type Gate, perform } from '../actions/gate/perform.ts';
import type { Model } from '../model.ts';
import type { GuestId } from '../sample.ts';
import { kindOf } from '../vmm/kinds.ts';

/**
 * Milliseconds that an end waits for what was asked just before it: libvirt takes seconds while a guest migrates. What comes
 * later is not put back; the journal has it.
 */
const patience = 1500;

/**
 * Switches statistics on where they are off, so that there is something to see, and puts back what it found. Goes
 * through the gate like every change: journalled, and never where kvmtop is read-only. `pollEvery`: seconds between a
 * guest's reports where nobody had switched them on; 0 leaves them off.
 */
export const openPolling = (gate: Gate, pollEvery: number) => {
  const tried = new Set<GuestId>();
  const putBack: Request[] = [];
  const underway: Promise<void>[] = [];

  const switchOn = async (model: Model, guest: GuestId): Promise<void> => {
    const entry = await perform(gate, plan(model, { action: 'polling', words: [guest, String(pollEvery)] }), {
      by: 'itself',
    });
    if (entry.undo) putBack.push(entry.undo);
  };

  return {
    /** Looks once at each guest that has a balloon and no interval. */
    ensure(model: Model): void {
      if (!gate.control) return;
      for (const { id, sample } of model.guests) {
        const { state, balloon } = sample.monitor;
        if (tried.has(id) || state !== 'ok' || balloon?.pollingInterval !== 0) continue;
        const { polling } = kindOf(sample);
        // The place of a QEMU's device may be found later.
        if ('unable' in polling || !polling.step(sample, pollEvery)) continue;
        tried.add(id);
        // A guest that can't be asked is shown without statistics, with the reason: that is told already. And 0 seconds are
        // what it has: that plan is refused.
        underway.push(switchOn(model, id).catch(() => undefined));
      }
    },

    /** Before leaving: the intervals as they were, by a fresh look. Never fails; a guest that is gone needs nothing. */
    async putBack(look: () => Promise<Model>): Promise<void> {
      await Promise.race([Promise.allSettled(underway), delay(patience)]);
      if (putBack.length === 0) return;
      const model = await look();
      await Promise.allSettled(putBack.map(request => perform(gate, plan(model, request), { by: 'itself' })));
    },
  };
};
