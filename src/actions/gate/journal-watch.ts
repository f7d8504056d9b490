import { closeSync, fstatSync, openSync, readSync, type Stats, statSync } from 'node:fs';
import { type JournalEntry, parseEntry } from './journal.ts';

/** Tells what is new in a journal that others write to. */
export interface JournalWatch {
  /** What ended since the last look, oldest first; one stat where nothing is new. Never throws. */
  look(): readonly JournalEntry[];
  close(): void;
}

/** Of one look, bytes: a look is never long. What is beyond comes with the next ones. */
const most = 1024 ** 2;
const lineFeed = 10;

const quietly = <Value>(read: () => Value): Value | undefined => {
  try {
    return read();
  } catch {
    return undefined;
  }
};

/**
 * Watches the journal at `path`, which need not be there yet, from its end on. The file stays open, so that the end of
 * one that was moved away (logrotate) is read before the new one; one that was cut short is read from its start.
 */
export const watchJournal = (path: string): JournalWatch => {
  let file: { readonly descriptor: number; readonly inode: number; at: number } | undefined;
  /** A line that is still being written. */
  let begun = Buffer.alloc(0);

  const open = (fromEnd: boolean): void => {
    const descriptor = quietly(() => openSync(path, 'r'));
    const status = descriptor === undefined ? undefined : quietly(() => fstatSync(descriptor));
    if (descriptor === undefined || !status) return;
    file = { descriptor, inode: status.ino, at: fromEnd ? status.size : 0 };
  };
  const close = (): void => {
    const { descriptor } = file ?? {};
    if (descriptor !== undefined) quietly(() => closeSync(descriptor));
    file = undefined;
    begun = Buffer.alloc(0);
  };

  const readOn = (size: number): JournalEntry[] => {
    if (!file || size <= file.at) return [];
    const { descriptor, at } = file;
    const bytes = Buffer.alloc(Math.min(size - at, most));
    const read = quietly(() => readSync(descriptor, bytes, 0, bytes.length, at)) ?? 0;
    file.at += read;
    const text = Buffer.concat([begun, bytes.subarray(0, read)]);
    const end = text.lastIndexOf(lineFeed) + 1;
    // A line longer than that is none of ours, and is not kept.
    begun = text.length - end > most ? Buffer.alloc(0) : text.subarray(end);
    return text
      .toString('utf8', 0, end)
      .split('\n')
      .flatMap(row => parseEntry(row) ?? [])
      .filter(({ outcome }) => outcome !== 'begun');
  };

  const moved = ({ ino }: Stats): boolean => file !== undefined && file.inode !== ino;

  open(true);
  return {
    look() {
      const status = quietly(() => statSync(path));
      if (!status) return [];
      const found: JournalEntry[] = [];
      if (file && moved(status)) {
        const { descriptor } = file;
        found.push(...readOn(quietly(() => fstatSync(descriptor))?.size ?? 0));
        close();
      }
      if (!file) open(false);
      if (file && status.size < file.at) {
        file.at = 0;
        begun = Buffer.alloc(0);
      }
      found.push(...readOn(status.size));
      // Threads write them: what ended at once may stand the other way round.
      return found.toSorted((one, other) => Number(one.time > other.time) - Number(one.time < other.time));
    },
    close,
  };
};
