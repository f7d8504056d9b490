import type { DatabaseSync, SQLInputValue, SQLOutputValue } from 'node:sqlite';
import { Decoder } from './decoder.ts';
import { asRecordingError, openForReading, openForWriting } from './file.ts';
import { headlineIds } from './headline.ts';
import { RecordingError } from './tape.ts';

/** What could be saved, in samples. */
export interface Recovered {
  readonly samples: number;
  readonly lost: number;
}

type Row = Readonly<Record<string, SQLOutputValue>>;

/** `undefined` where a page that is needed for it, or what is on it, is broken. */
const attempt = <Result>(work: () => Result): Result | undefined => {
  try {
    return work();
  } catch (error) {
    const told = asRecordingError('', error);
    if (told instanceof RecordingError) return undefined;
    throw told;
  }
};

/** Ids tried one after the other where a broken page hides which is the next: it holds fewer. */
const farthest = 10_000;

/** Rows by their id, oldest first: a broken page costs those that are on it. */
function* rowsOf(database: DatabaseSync, table: 'sample' | 'event'): Generator<readonly [number, Row]> {
  const one = database.prepare(`SELECT * FROM ${table} WHERE id = ?`);
  const next = database.prepare(`SELECT id FROM ${table} WHERE id > ? ORDER BY id LIMIT 1`);
  const tables = table === 'sample' ? ['sample', 'headline'] : ['event'];
  const begins = tables.flatMap(
    from => attempt(() => database.prepare(`SELECT min(id) AS id FROM ${from}`).get()?.['id']) ?? [],
  );
  let id = Math.min(...begins.filter(begin => typeof begin === 'number'), Number.MAX_SAFE_INTEGER);
  if (id === Number.MAX_SAFE_INTEGER) id = 1;
  for (let found = id; id - found <= farthest; ) {
    const current = id;
    const row = attempt(() => one.get(current));
    if (row) {
      yield [id, row];
      found = id;
      id += 1;
      continue;
    }
    const after = attempt(() => ({ id: next.get(current)?.['id'] }));
    // The end, or a hole that is none of damage.
    if (after && typeof after.id !== 'number') return;
    id = Math.max(id + 1, Number(after?.id ?? 0));
    if (after) found = id;
  }
}

const columns = {
  session: [
    'id',
    'started',
    'ended',
    'program',
    'hostname',
    'kernel',
    'boot',
    'page_size',
    'delay',
    'user',
    'pid',
    'starttime',
    'fields',
  ],
  sample: ['id', 'session', 'time', 'key', 'data'],
  headline: ['id', 'time', ...headlineIds],
  event: ['time', 'kind', 'subject', 'text', 'data'],
} as const;

/** Copies the columns that are known; passes over a row that lacks what every one has. */
const inserter = (database: DatabaseSync, table: keyof typeof columns): ((row: Row) => void) => {
  const names = columns[table];
  const insert = database.prepare(
    `INSERT OR IGNORE INTO ${table} (${names.join(', ')}) VALUES (${names.map(() => '?').join(', ')})`,
  );
  return row => {
    insert.run(...names.map((name): SQLInputValue => row[name] ?? null));
  };
};

const copy = (from: DatabaseSync, to: DatabaseSync): Recovered => {
  const into = {
    session: inserter(to, 'session'),
    sample: inserter(to, 'sample'),
    headline: inserter(to, 'headline'),
    event: inserter(to, 'event'),
  };
  const headline = attempt(() => from.prepare('SELECT * FROM headline WHERE id = ?'));
  for (const row of attempt(() => from.prepare('SELECT * FROM session').all()) ?? [])
    into.session({ ...row, ended: row['ended'] ?? row['started'] ?? 0 });
  let decoder = new Decoder();
  let samples = 0;
  let first: number | undefined;
  let last = -1;
  for (const [id, row] of rowsOf(from, 'sample')) {
    first ??= id;
    // What follows a lost one builds on it, up to the next key frame.
    if (id !== last + 1) decoder = new Decoder();
    last = id;
    const { key, data } = row;
    const sample = data instanceof Uint8Array ? attempt(() => decoder.decode({ key: key === 1, data })) : undefined;
    if (!sample) continue;
    samples += 1;
    into.sample({
      id: samples,
      session: row['session'] ?? 0,
      time: sample.time,
      key: key === 1 ? 1 : 0,
      data: data ?? null,
    });
    into.headline({ ...attempt(() => headline?.get(id)), id: samples, time: sample.time });
  }
  for (const [, row] of rowsOf(from, 'event')) into.event(row);
  return { samples, lost: first === undefined ? 0 : last - first + 1 - samples };
};

/**
 * Copies what can be read of a damaged recording into a new one. Samples that build on a broken one are lost up to the next
 * key frame, some two minutes at one a second. @throws RecordingError when nothing can be read, or `to` is there or can't be written
 */
export const recover = (path: string, to: string): Recovered => {
  const from = openForReading(path, true);
  let target: DatabaseSync | undefined;
  try {
    target = openForWriting(to);
    if (target.prepare('SELECT id FROM session LIMIT 1').get())
      throw new RecordingError(`${to} is a recording: give the name of a new file`);
    target.exec('BEGIN IMMEDIATE');
    const recovered = copy(from, target);
    target.exec('COMMIT; PRAGMA wal_checkpoint(TRUNCATE); PRAGMA journal_mode = DELETE');
    return recovered;
  } catch (error) {
    throw asRecordingError(to, error);
  } finally {
    from.close();
    target?.close();
  }
};
