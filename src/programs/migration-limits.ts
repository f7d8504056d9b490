import { dirname, join } from 'node:path';
import type { Plan } from '../actions/action.ts';
import { plan } from '../actions/actions.ts';
import type { JournalEntry } from '../actions/gate/journal.ts';
import { type Gate, perform } from '../actions/gate/perform.ts';
import { limitsRequest } from '../actions/guest/migration-limits.ts';
import { known } from '../known.ts';
import type { GuestModel, Model } from '../model.ts';
import { ownProcess } from '../process-id.ts';
import type { GuestId } from '../sample.ts';
import type { MigrationLimits } from '../vmm/kind.ts';
import { isMigrating } from '../vmm/qemu/migration.ts';
import { type Loans, noLoans, openLoans } from './loans.ts';

/** What is lent, each in whole numbers: bytes a second, milliseconds. */
interface Lent {
  readonly bandwidth: Loans;
  readonly downtime: Loans;
}

const loansOf = ({ journal: { path } }: Gate): Lent => {
  const open = (name: string): Loans =>
    path === 'none' ? noLoans() : openLoans(join(dirname(path), 'borrowed', name), ownProcess());
  return { bandwidth: open('migration-bandwidth'), downtime: open('migration-downtime') };
};

const inWhole = ({ bandwidth, downtime }: MigrationLimits = {}): MigrationLimits =>
  known({ bandwidth, downtime: downtime === undefined ? undefined : Math.round(downtime * 1000) });

const kinds = ['bandwidth', 'downtime'] as const;

/**
 * QEMU keeps the limits that one migration was given for the next. So what a migration sets is borrowed: once it has ended, however
 * it did, the limits are what they were, unless somebody has set others meanwhile. That may be long after this kvmtop has left: then
 * the next one's live screen does it.
 */
export const openMigrationLimits = (gate: Gate, lent = loansOf(gate)) => {
  /** Those that were looked at for what another kvmtop left behind. */
  const tried = new Set<GuestId>();
  /** Since when (wall clock, seconds) what a guest's monitor says is of after its limits were set; Infinity: not yet. */
  const watched = new Map<GuestId, number>();
  const underway = new Set<Promise<unknown>>();

  const putBack = async (model: Model, { id, sample }: GuestModel): Promise<void> => {
    const now = inWhole(sample.monitor.migrationLimits);
    const back: { bandwidth?: number; downtime?: number } = {};
    for (const kind of kinds) {
      const loan = lent[kind].of(id);
      if (loan && now[kind] === loan.set) back[kind] = kind === 'downtime' ? loan.was / 1000 : loan.was;
    }
    // What can't be put back now is the next one's.
    if (Object.keys(back).length > 0) await perform(gate, plan(model, limitsRequest(id, back)), { by: 'itself' });
    for (const kind of kinds) lent[kind].returned(id);
  };

  const look = (model: Model): void => {
    for (const guest of model.guests) {
      const { state, time = 0, migration, migrationLimits } = guest.sample.monitor;
      if (state !== 'ok' || !migrationLimits || isMigrating(migration)) continue;
      const since = watched.get(guest.id);
      if (since === undefined ? tried.has(guest.id) : time <= since) continue;
      tried.add(guest.id);
      watched.delete(guest.id);
      const work: Promise<unknown> = putBack(model, guest)
        .catch(() => undefined)
        .finally(() => underway.delete(work));
      underway.add(work);
    }
  };

  return {
    /** Performs a plan, and notes what limits it changes. */
    async perform(one: Plan, how: Parameters<typeof perform>[2]): Promise<JournalEntry> {
      const { limits } = one;
      if (!gate.control || !limits) return perform(gate, one, how);
      const [was, set] = [inWhole(limits.was), inWhole(limits.set)];
      for (const kind of kinds) {
        const [from, to] = [was[kind], set[kind]];
        // Before it is done: who is killed in between leaves a note too many, not one too few.
        if (from !== undefined && to !== undefined && from !== to)
          lent[kind].take({ guest: limits.guest, was: lent[kind].of(limits.guest)?.was ?? from, set: to });
      }
      watched.set(limits.guest, Number.POSITIVE_INFINITY);
      try {
        return await perform(gate, one, how);
      } finally {
        watched.set(limits.guest, Date.now() / 1000);
      }
    },

    /** Puts back the limits of those whose migration has ended. */
    ensure(model: Model): void {
      if (gate.control) look(model);
    },

    /** Before leaving: what can be put back is, by a fresh look. */
    async leave(fresh: () => Promise<Model>): Promise<void> {
      if (gate.control && watched.size > 0) look(await fresh());
      await Promise.all(underway);
    },
  };
};
