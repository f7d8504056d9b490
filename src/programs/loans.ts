import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isRunning, type ProcessId } from '../process-id.ts';
import type { GuestId } from '../sample.ts';

/** A guest's interval of statistics, seconds: what it was, and what kvmtop made of it for as long as it runs. */
interface Loan {
  readonly guest: GuestId;
  readonly was: number;
  readonly set: number;
}

/** Who has it. It is `leaving` once it wants no more of it. */
interface Note extends Loan, ProcessId {
  readonly leaving: boolean;
}

/**
 * What every kvmtop of this user has borrowed from guests, each loan a small file. So two of them agree who puts a thing back
 * (the last), and what one that was killed left behind is put back by the next.
 */
export interface Loans {
  /** What is lent of a guest already. */
  of(guest: GuestId): Loan | undefined;
  /** From now on this process has it, too. */
  take(loan: Loan): void;
  /** This process wants no more of it; whether another one that runs still does. */
  leave(guest: GuestId): boolean;
  /** It is as it was. */
  returned(guest: GuestId): void;
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

/** The note in a file's text; undefined where it is none. */
export const parseNote = (text: string): Note | undefined => {
  let value: Partial<Record<keyof Note, unknown>> | null;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  const { guest, was, set, pid, starttime, boot, leaving } = value;
  return typeof guest === 'string' &&
    isCount(was) &&
    isCount(set) &&
    isCount(pid) &&
    isCount(starttime) &&
    typeof boot === 'string' &&
    typeof leaving === 'boolean'
    ? { guest, was, set, pid, starttime, boot, leaving }
    : undefined;
};

/** Nothing is lent by anybody else: for a world that nobody remembers. */
export const noLoans = (): Loans => {
  const own = new Map<GuestId, Loan>();
  return {
    of: guest => own.get(guest),
    take: loan => own.set(loan.guest, loan),
    leave: () => false,
    returned: guest => own.delete(guest),
  };
};

/** The loans in `folder`, which is made when something is borrowed first. `self`: this process. */
export const openLoans = (folder: string, self: ProcessId): Loans => {
  const pathOf = ({ guest, pid, starttime }: Pick<Note, 'guest' | 'pid' | 'starttime'>): string =>
    join(folder, `${guest}.${pid}.${starttime}`);
  const write = (note: Note): void => {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    // Whole or not at all: another kvmtop may read at any moment.
    const draft = join(folder, `.${note.guest}.${self.pid}`);
    writeFileSync(draft, `${JSON.stringify(note)}\n`, { mode: 0o600 });
    renameSync(draft, pathOf(note));
  };
  const read = (name: string): Note | undefined => {
    try {
      return parseNote(readFileSync(join(folder, name), 'utf8'));
    } catch {
      return undefined;
    }
  };
  /** Notes on this guest, of this boot: a guest's id means nothing in another. */
  const notesOn = (guest: GuestId): readonly Note[] => {
    let names: readonly string[];
    try {
      names = readdirSync(folder);
    } catch {
      return [];
    }
    return names
      .filter(name => name.startsWith(`${guest}.`))
      .flatMap(name => read(name) ?? [])
      .filter(note => note.guest === guest && note.boot === self.boot);
  };
  const isOwn = ({ pid, starttime }: Note): boolean => pid === self.pid && starttime === self.starttime;
  const remove = (note: Pick<Note, 'guest' | 'pid' | 'starttime'>): void => rmSync(pathOf(note), { force: true });
  return {
    of: guest => notesOn(guest)[0],
    take(loan) {
      write({ guest: loan.guest, was: loan.was, set: loan.set, ...self, leaving: false });
      // What one that was killed had is this process's to put back now.
      for (const note of notesOn(loan.guest)) if (!isOwn(note) && !isRunning(note)) remove(note);
    },
    leave(guest) {
      const own = notesOn(guest).find(isOwn);
      if (!own) return true;
      // First of all, so that of two that leave at once one at least sees that the other does.
      write({ ...own, leaving: true });
      const isWanted = notesOn(guest).some(note => !isOwn(note) && !note.leaving && isRunning(note));
      if (isWanted) remove(own);
      return isWanted;
    },
    returned(guest) {
      for (const note of notesOn(guest)) if (isOwn(note) || note.leaving || !isRunning(note)) remove(note);
    },
  };
};
