import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import { type Desk, openDesk } from '../../pty/kvmtop.ts';
import { type Guest, type GuestOptions, startGuest } from '../lab.ts';
import { prefix } from '../oracle.ts';
import { openWatch, snapshot, toldIn, type Watch } from './watch.ts';

/** What the tests of one file have in common. */
export interface Stage {
  readonly desk: Desk;
  /** For sockets and disks. */
  readonly folder: string;
  /** The program that looks all the while. */
  readonly watch: Watch;
  readonly open: (settings?: string) => Promise<void>;
  /** Another one, with settings of its own. */
  readonly openWatch: (settings: string) => Promise<Watch>;
  /** Resolves when QEMU answers: `ready` says when the guest has booted. */
  readonly start: (key: string, options?: Omit<GuestOptions, 'name'>) => Promise<Guest>;
  /** A guest that was started. */
  readonly guest: (key: string) => Guest;
  readonly names: () => readonly string[];
  /** What was taken of the host, to be given back at the end: the last first. */
  readonly keep: (giveBack: () => Promise<void>) => () => Promise<void>;
  /** Fails where this holds at this moment, for however short a time. */
  readonly silent: (id: string, subject: string) => Promise<void>;
  readonly close: () => Promise<void>;
}

export const createStage = (): Stage => {
  const desk = openDesk();
  const folder = mkdtempSync(join(tmpdir(), 'kvmtop-findings-'));
  const guests = new Map<string, Guest>();
  const loans: (() => Promise<void>)[] = [];
  const watches: Watch[] = [];
  const opened = async (settings: string): Promise<Watch> => {
    const watch = await openWatch(desk, settings);
    watches.push(watch);
    return watch;
  };
  return {
    desk,
    folder,
    get watch() {
      return watches[0] as Watch;
    },
    async open(settings = '') {
      await opened(settings);
    },
    openWatch: opened,
    async start(key, options) {
      const guest = await startGuest({ name: `${prefix}${key}`, ...options });
      guests.set(key, guest);
      return guest;
    },
    guest: key => guests.get(key) as Guest,
    names: () => [...guests.values()].map(({ name }) => name),
    keep(giveBack) {
      let given: Promise<void> | undefined;
      const once = () => {
        given ??= giveBack();
        return given;
      };
      loans.push(once);
      return once;
    },
    async silent(id, subject) {
      expect(toldIn(await snapshot(desk), id, subject), `${id} of ${subject}`).toBeUndefined();
    },
    async close() {
      await Promise.all(watches.map(watch => watch.close()));
      await Promise.all([...guests.values()].map(guest => guest.stop()));
      for (const giveBack of loans.reverse()) await giveBack();
      await desk.close();
      rmSync(folder, { recursive: true });
    },
  };
};
