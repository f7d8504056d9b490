import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { plan } from '../actions/actions.ts';
import { type Gate, perform } from '../actions/gate/perform.ts';
import { heldByMigration } from '../actions/guest/guest.ts';
import { guestById } from '../guests.ts';
import type { Model } from '../model.ts';
import { ownProcess } from '../process-id.ts';
import type { GuestId } from '../sample.ts';
import { safe } from '../text.ts';
import { kindOf } from '../vmm/kinds.ts';
import { type Loans, noLoans, openLoans } from './loans.ts';

/** Milliseconds that an end waits for guests that do not answer just then, and between two tries. */
const patience = { all: 5000, again: 500 } as const;

const loansOf = ({ journal: { path } }: Gate): Loans =>
  path === 'none' ? noLoans() : openLoans(join(dirname(path), 'borrowed'), ownProcess());

/** Tells on `stderr` what could not be put back. */
export const tellOn =
  (stderr: NodeJS.WritableStream) =>
  (text: string): void => {
    stderr.write(`kvmtop: ${safe(text)}\n`);
  };

const silent = 'the monitor does not answer';

/** A guest that is still as this process made it. A migration takes longer than anybody waits for an end. */
interface Kept {
  readonly guest: GuestId;
  readonly name: string;
  readonly why: string;
  readonly isWorthWaiting: boolean;
}

interface PollingOptions {
  /** What could not be put back, and what becomes of it, in a line each. */
  readonly tell?: (text: string) => void;
  readonly loans?: Loans;
  readonly patience?: { readonly all: number; readonly again: number };
}

/**
 * Switches statistics on where they are off, so that there is something to see, and puts back what it found. Goes
 * through the gate like every change: journalled, and never where kvmtop is read-only. `pollEvery`: seconds between a
 * guest's reports where nobody had switched them on; 0 leaves them off. Several kvmtops share what one has switched on: the
 * last one puts it back.
 */
export const openPolling = (gate: Gate, pollEvery: number, options: PollingOptions = {}) => {
  const { tell = () => undefined, loans = loansOf(gate), patience: { all, again } = patience } = options;
  const tried = new Set<GuestId>();
  /** Since when, in wall clock seconds: what a monitor said earlier is of before. */
  const borrowed = new Map<GuestId, number>();
  const underway: Promise<void>[] = [];

  const setInterval = (model: Model, guest: GuestId, seconds: number) =>
    perform(gate, plan(model, { action: 'polling', words: [guest, String(seconds)] }), { by: 'itself' });

  const switchOn = async (model: Model, guest: GuestId): Promise<void> => {
    // Before it is done: who is killed in between leaves a note too many, not one too few.
    loans.take({ guest, was: 0, set: pollEvery });
    try {
      const { time } = await setInterval(model, guest, pollEvery);
      borrowed.set(guest, Date.parse(time) / 1000);
    } catch {
      // A guest that can't be asked is shown without statistics, with the reason: that is told already.
      loans.returned(guest);
    }
  };

  /** undefined where there is nothing (more) to do. */
  const giveBack = async (model: Model, guest: GuestId): Promise<Kept | undefined> => {
    const loan = loans.of(guest);
    const found = guestById(model, guest);
    const { state, balloon, time = Number.POSITIVE_INFINITY } = found?.sample.monitor ?? {};
    const isNew = time >= (borrowed.get(guest) ?? 0);
    // It is gone, or somebody has set another interval meanwhile, which is theirs.
    if (!found || !loan || (isNew && state === 'ok' && balloon?.pollingInterval !== loan.set)) {
      loans.returned(guest);
      return undefined;
    }
    const { name } = found;
    if (!isNew) return { guest, name, why: silent, isWorthWaiting: true };
    try {
      await setInterval(model, guest, loan.was);
      loans.returned(guest);
      return undefined;
    } catch {
      const held = heldByMigration(found);
      return {
        guest,
        name,
        why: held ?? silent,
        isWorthWaiting: held === undefined,
      };
    }
  };

  return {
    /** Looks once at each guest that has a balloon and whose statistics are off, or are lent by kvmtop already. */
    ensure(model: Model): void {
      if (!gate.control || pollEvery === 0) return;
      for (const { id, sample } of model.guests) {
        const { state, balloon } = sample.monitor;
        const interval = balloon?.pollingInterval;
        if (tried.has(id) || state !== 'ok' || interval === undefined) continue;
        if (interval > 0) {
          tried.add(id);
          const loan = loans.of(id);
          if (loan?.set !== interval) continue;
          loans.take(loan);
          borrowed.set(id, 0);
          continue;
        }
        const { polling } = kindOf(sample);
        // The place of a QEMU's device may be found later.
        if ('unable' in polling || !polling.step(sample, pollEvery)) continue;
        tried.add(id);
        underway.push(switchOn(model, id));
      }
    },

    /**
     * Before leaving: the intervals as they were, by fresh looks, for as long as it takes some seconds. What is not put back
     * then is told, and is the next kvmtop's to put back. Never fails; a guest that is gone needs nothing.
     */
    async putBack(look: () => Promise<Model>): Promise<void> {
      const until = performance.now() + all;
      await Promise.race([Promise.allSettled(underway), delay(all, undefined, { ref: false })]);
      let left = [...borrowed.keys()].filter(guest => !loans.leave(guest));
      let kept: readonly Kept[] = [];
      while (left.length > 0) {
        const model = await look();
        kept = (await Promise.all(left.map(guest => giveBack(model, guest)))).filter(one => one !== undefined);
        left = kept.map(({ guest }) => guest);
        if (!kept.some(({ isWorthWaiting }) => isWorthWaiting) || performance.now() + again > until) break;
        await delay(again);
      }
      for (const [why, guests] of Map.groupBy(kept, one => one.why)) {
        const names = guests.map(({ name }) => name).join(', ');
        tell(`statistics stay on for ${names}: ${why}; the next kvmtop switches them off again`);
      }
    },
  };
};
