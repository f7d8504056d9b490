import { readFileSync } from 'node:fs';
import { mkdir, open } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { own } from '../../own.ts';
import type { Request, Step } from '../action.ts';

/**
 * What was done, by whom, with what outcome. Each change has two lines of JSON: one before it is done, whose outcome is
 * `begun`, and one after it; both have the same `id`.
 */
export interface JournalEntry {
  /** Absent in entries of versions that wrote one line only. */
  readonly id?: string;
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
  /** Where it stays `begun`, whatever did it was ended meanwhile, or could not write any more: it may have been done. */
  readonly outcome: 'begun' | 'done' | 'failed';
  readonly error?: string;
  /** Where the kernel did something else than it was asked. */
  readonly notes?: readonly string[];
  readonly undo?: Request;
}

export interface Journal {
  readonly path: string;
  /** Resolves once the entry is on the disk. A line that was torn before it (full disk, power) does not swallow it. */
  append(entry: JournalEntry): Promise<void>;
  /** One entry for each change of earlier runs and this one, oldest first; lines that are not entries are passed over. */
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

const isTexts = (value: unknown): boolean => Array.isArray(value) && value.every(isText);

const isRequest = (value: unknown): value is Request =>
  isObject(value) && isText(value['action']) && isTexts(value['words']);

const isTextOrNone = (value: unknown): boolean => value === undefined || isText(value);

/** What each kind of step has that is text. */
const textsOf = {
  qmp: ['guest', 'name', 'command'],
  write: ['path', 'value'],
  virsh: ['guest', 'name'],
  api: ['guest', 'name', 'method', 'path'],
  client: ['guest', 'name'],
  file: ['path'],
} as const satisfies Record<Step['kind'], readonly string[]>;

/** As far as steps are told: the journal shows them. */
const isStep = (value: unknown): boolean =>
  isObject(value) &&
  isText(value['kind']) &&
  own(textsOf, value['kind'])?.every(key => isText(value[key])) === true &&
  (['before', 'content'] as const).every(key => isTextOrNone(value[key])) &&
  (!['virsh', 'client'].includes(value['kind']) || isTexts(value['words']));

/** The entry, when it is one: files of the journal and recordings may hold anything. */
export const readEntry = (value: unknown): JournalEntry | undefined =>
  isObject(value) &&
  (['time', 'user', 'by', 'summary'] as const).every(key => isText(value[key])) &&
  (['id', 'why', 'error'] as const).every(key => isTextOrNone(value[key])) &&
  (value['notes'] === undefined || isTexts(value['notes'])) &&
  ['begun', 'done', 'failed'].some(outcome => outcome === value['outcome']) &&
  isRequest(value['request']) &&
  (value['undo'] === undefined || isRequest(value['undo'])) &&
  Array.isArray(value['steps']) &&
  value['steps'].every(isStep)
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

/** Each change once: how it ended, where that is known, in place of its beginning. */
const withOutcomes = (entries: readonly JournalEntry[]): JournalEntry[] => {
  const ended = new Map(entries.flatMap(entry => (entry.outcome === 'begun' ? [] : [[entry.id, entry]])));
  const seen = new Set<string>();
  return entries.flatMap(entry => {
    if (entry.id === undefined) return [entry];
    if (seen.has(entry.id)) return [];
    seen.add(entry.id);
    return [ended.get(entry.id) ?? entry];
  });
};

const lineFeed = 10;

export const openJournal = (path: string): Journal => ({
  path,
  async append(entry) {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    const file = await open(path, 'a+', 0o600);
    try {
      const { size } = await file.stat();
      const last = Buffer.alloc(1, lineFeed);
      if (size > 0) await file.read(last, 0, 1, size - 1);
      await file.appendFile(`${last[0] === lineFeed ? '' : '\n'}${JSON.stringify(entry)}\n`);
      await file.datasync();
    } finally {
      await file.close();
    }
  },
  read() {
    let text: string;
    try {
      text = readFileSync(path, 'utf8');
    } catch {
      return [];
    }
    return withOutcomes(text.split('\n').flatMap(row => parseEntry(row) ?? []));
  },
});

/** For worlds that nobody remembers: the demo, a simulation, a replay. */
export const noJournal: Journal = { path: 'none', append: async () => undefined, read: () => [] };
