import { appendFileSync, closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { messageOf } from '../../errors.ts';
import type { Request, Step } from '../action.ts';

/** What was done, by whom, with what outcome: one line of JSON each. */
export interface JournalEntry {
  /** ISO 8601. */
  readonly time: string;
  readonly user: string;
  /** How it was asked for: by key, by `kvmtop do`, by a policy that runs, or by kvmtop itself. */
  readonly by: 'key' | 'do' | 'policy' | 'itself';
  readonly request: Request;
  readonly summary: string;
  /** What a policy had to say for it, with the numbers. */
  readonly why?: string;
  readonly steps: readonly Step[];
  readonly forced: boolean;
  readonly outcome: 'done' | 'failed';
  readonly error?: string;
  /** Where the kernel did something else than it was asked. */
  readonly notes?: readonly string[];
  readonly undo?: Request;
}

export interface Journal {
  readonly path: string;
  /** Throws when it can’t be written: what can’t be journalled is not done. */
  check(): void;
  append(entry: JournalEntry): void;
  /** Entries of earlier runs and this one, oldest first; lines that are not entries are passed over. */
  read(): JournalEntry[];
}

/** `$XDG_STATE_HOME/kvmtop`, else /var/log/kvmtop for root and ~/.local/state/kvmtop for others. */
export const journalPath = (env: NodeJS.ProcessEnv, uid: number): string => {
  const state = env['XDG_STATE_HOME'];
  if (state) return join(state, 'kvmtop', 'journal.ndjson');
  if (uid === 0) return '/var/log/kvmtop/journal.ndjson';
  return join(env['HOME'] ?? '/', '.local', 'state', 'kvmtop', 'journal.ndjson');
};

/** Who really asks: through sudo, the one before it. */
export const operator = (env: NodeJS.ProcessEnv): string =>
  env['SUDO_USER'] ?? env['USER'] ?? env['LOGNAME'] ?? 'unknown';

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null;

const isText = (value: unknown): value is string => typeof value === 'string';

const isRequest = (value: unknown): value is Request =>
  isObject(value) &&
  typeof value['action'] === 'string' &&
  Array.isArray(value['words']) &&
  value['words'].every(isText);

const isTextOrNone = (value: unknown): boolean => value === undefined || isText(value);

/** The entry, when it is one: files of the journal and recordings may hold anything. */
export const readEntry = (value: unknown): JournalEntry | undefined =>
  isObject(value) &&
  ['time', 'user', 'by', 'summary'].every(key => isText(value[key])) &&
  ['why', 'error'].every(key => isTextOrNone(value[key])) &&
  (value['notes'] === undefined || (Array.isArray(value['notes']) && value['notes'].every(isText))) &&
  (value['outcome'] === 'done' || value['outcome'] === 'failed') &&
  isRequest(value['request']) &&
  (value['undo'] === undefined || isRequest(value['undo'])) &&
  Array.isArray(value['steps']) &&
  value['steps'].every(isObject)
    ? (value as unknown as JournalEntry)
    : undefined;

/** The entry on one line of a journal; undefined when it is none, or was torn. */
export const parseEntry = (row: string): JournalEntry | undefined => {
  try {
    return readEntry(JSON.parse(row));
  } catch {
    return undefined;
  }
};

export const openJournal = (path: string): Journal => ({
  path,
  check() {
    try {
      mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
      closeSync(openSync(path, 'a', 0o600));
    } catch (error) {
      const why = messageOf(error);
      throw new Error(
        `the journal ${path} can't be written (${why}), so nothing is changed: set XDG_STATE_HOME to a folder of yours`,
      );
    }
  },
  append(entry) {
    appendFileSync(path, JSON.stringify(entry) + '\n', { mode: 0o600 });
  },
  read() {
    let text: string;
    try {
      text = readFileSync(path, 'utf8');
    } catch {
      return [];
    }
    return text.split('\n').flatMap(row => parseEntry(row) ?? []);
  },
});
