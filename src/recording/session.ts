import { userInfo } from 'node:os';
import type { DatabaseSync } from 'node:sqlite';
import { hostFields } from '../fields/host.ts';
import { bootId, starttimeOf } from '../process-id.ts';
import type { Sample } from '../sample.ts';
import type { Unit } from '../units.ts';
import { headlineIds } from './headline.ts';
import { RecordingError } from './tape.ts';

/** A run of a recorder: its row in `session`. One that has no end is being written, or was killed. */

const userName = (): string => {
  try {
    return userInfo().username;
  } catch {
    return String(process.getuid?.() ?? '');
  }
};

/** Throws a RecordingError while another recorder lives; closes the session of one that was killed. */
const takeOver = (path: string, database: DatabaseSync, boot: string | undefined): void => {
  const open = database.prepare('SELECT id, pid, starttime, boot FROM session WHERE ended IS NULL').all();
  for (const { id, pid, starttime, boot: its } of open) {
    if (its === (boot ?? null) && typeof pid === 'number' && starttimeOf(pid) === starttime)
      throw new RecordingError(
        `${path} is being recorded into by process ${pid}: end that, or record into another file`,
      );
    database
      .prepare(
        'UPDATE session SET ended = coalesce((SELECT max(time) FROM sample WHERE session = ?1), started) WHERE id = ?1',
      )
      .run(id ?? null);
  }
};

export interface SessionStart {
  /** Program and version. */
  readonly program: string;
  /** Seconds from a sample to the next. */
  readonly delay: number;
  /** This host's by default. */
  readonly boot?: string | undefined;
}

/** Begins a session and gives its number. @throws RecordingError when another recorder writes into the file */
export const beginSession = (path: string, database: DatabaseSync, start: SessionStart, now: number): number => {
  const boot = start.boot ?? bootId();
  database.exec('BEGIN IMMEDIATE');
  try {
    takeOver(path, database, boot);
    const { lastInsertRowid } = database
      .prepare('INSERT INTO session (started, program, boot, delay, user, pid, starttime) VALUES (?, ?, ?, ?, ?, ?, ?)')
      .run(now, start.program, boot ?? null, start.delay, userName(), process.pid, starttimeOf(process.pid) ?? null);
    database.exec('COMMIT');
    return Number(lastInsertRowid);
  } catch (error) {
    if (database.isTransaction) database.exec('ROLLBACK');
    throw error;
  }
};

/** A headline has the rate of a counter. */
const perSecond: Readonly<Partial<Record<Unit, Unit>>> = {
  bytes: 'bytes_per_second',
  count: 'per_second',
  seconds: 'ratio',
};
const units: Readonly<Record<string, Unit>> = {
  ...Object.fromEntries(
    Object.entries(hostFields).map(([id, { unit, kind }]) => [
      id,
      kind === 'counter' ? (perSecond[unit] ?? unit) : unit,
    ]),
  ),
  guests: 'count',
  guests_used: 'bytes',
};

/** What a session's first sample says of the host, and what is recorded of it. */
export const describeSession = (database: DatabaseSync, session: number, { host, pageSize }: Sample): void => {
  const fields = {
    headline: Object.fromEntries(headlineIds.map(id => [id, units[id] ?? 'count'])),
    parts: [...Object.keys(host), 'guests'],
  };
  database
    .prepare('UPDATE session SET hostname = ?, kernel = ?, page_size = ?, fields = ? WHERE id = ?')
    .run(host.hostname ?? null, host.kernel ?? null, pageSize, JSON.stringify(fields), session);
};

export const endSession = (database: DatabaseSync, session: number, now: number): void => {
  database.prepare('UPDATE session SET ended = ? WHERE id = ?').run(now, session);
};
