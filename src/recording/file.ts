import { closeSync, existsSync, openSync, readSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import type { DatabaseSync, DatabaseSyncOptions } from 'node:sqlite';
import { headlineIds } from './headline.ts';
import { DamagedRecording, RecordingError } from './tape.ts';

/**
 * A recording is an SQLite database, for the sqlite3 tool as well as for kvmtop. Within a major version tables and columns
 * only come: a reader takes those that it knows. docs/recording.md describes it.
 */

/** `kvmt`, where SQLite keeps what kind of file it is. */
const applicationId = 0x6b766d74;
/** What is newer can't be read. */
const major = 1;
/** A sample of 50 guests has 1.5 kB, in a key frame 15: of pages half as large a quarter would be empty. */
export const pageBytes = 8192;

const headlineColumns = headlineIds.map(id => `${id} NUMERIC`).join(', ');

/**
 * What kind of file it is comes first, since a kill in between leaves what is written so far, and that must be known again.
 * In a file that has a page, auto_vacuum holds from the next VACUUM on, which here has nothing to move.
 */
export const schema = `
  PRAGMA page_size = ${pageBytes};
  BEGIN IMMEDIATE;
  PRAGMA application_id = ${applicationId};
  PRAGMA user_version = ${major};
  COMMIT;
  PRAGMA auto_vacuum = INCREMENTAL;
  VACUUM;
  BEGIN IMMEDIATE;
  CREATE TABLE session (id INTEGER PRIMARY KEY, started REAL, ended REAL, program TEXT, hostname TEXT, kernel TEXT,
    boot TEXT, page_size INTEGER, delay REAL, user TEXT, pid INTEGER, starttime INTEGER, fields TEXT);
  CREATE TABLE sample (id INTEGER PRIMARY KEY, session INTEGER NOT NULL, time REAL NOT NULL, key INTEGER NOT NULL, data BLOB NOT NULL);
  CREATE INDEX sample_key ON sample (id) WHERE key = 1;
  CREATE TABLE headline (id INTEGER PRIMARY KEY, time REAL NOT NULL, ${headlineColumns});
  CREATE INDEX headline_time ON headline (time);
  CREATE TABLE event (id INTEGER PRIMARY KEY, time REAL NOT NULL, kind TEXT NOT NULL, subject TEXT NOT NULL, text TEXT NOT NULL, data TEXT);
  CREATE INDEX event_time ON event (time);
  CREATE VIEW headlines AS SELECT datetime(time, 'unixepoch') AS utc, * FROM headline;
  CREATE VIEW events AS SELECT datetime(time, 'unixepoch') AS utc, kind, subject, text FROM event;
  COMMIT;`;

/** Node's SQLite, loaded when something is recorded or read: the live screen alone does without. */
const loadSqlite = (): typeof DatabaseSync => {
  // Node 22 warns that it is experimental: nothing that an operator could do anything about.
  const emitWarning = process.emitWarning;
  process.emitWarning = (...all: readonly unknown[]) => {
    if (!String(all[0]).startsWith('SQLite is an experimental feature')) Reflect.apply(emitWarning, process, all);
  };
  try {
    return process.getBuiltinModule('node:sqlite').DatabaseSync;
  } finally {
    process.emitWarning = emitWarning;
  }
};

const saving = 'replay, dump and report save what can be read with --recover';

/** As Node throws them: with the system's code and what it was asked for, or with SQLite's. */
type Thrown = Error & { readonly code?: string; readonly syscall?: string; readonly errcode?: number };

/** What SQLite or the system said, in one line that says what to do. Anything else is a bug, and is given back as it is. */
export const asRecordingError = (path: string, error: unknown): unknown => {
  if (!(error instanceof Error) || error instanceof RecordingError) return error;
  const { message, code, syscall, errcode } = error as Thrown;
  const why = message.split('\n')[0];
  const told = (text: string): RecordingError => new RecordingError(`${path} ${text}`, { cause: error });
  const damaged = (): RecordingError =>
    new DamagedRecording(`${path} is damaged (${why}): ${saving}`, { cause: error });
  // An integer that no recorder wrote: beyond 2^53.
  if (code === 'ERR_OUT_OF_RANGE') return damaged();
  if (syscall === undefined && errcode === undefined) return error;
  if (code === 'ENOENT') return told('is not there: check the name of the recording and of its folder');
  if (code === 'EACCES' || code === 'EPERM') return told('may not be opened: no permission; run kvmtop as its owner');
  if (code === 'EROFS') return told('is on a file system that is read-only: record elsewhere');
  if (code === 'EISDIR') return told('is a folder: give the name of a file in it');
  if (code === 'ENOSPC' || code === 'EDQUOT') return told('is on a full disk: free space, or record elsewhere');
  // The lower byte is the primary one of https://www.sqlite.org/rescode.html.
  switch ((errcode ?? 0) & 0xff) {
    case 5:
    case 6:
      return told('is in use by another program: try again when that has finished');
    case 8:
    case 14:
    case 23:
      return told(`can't be opened (${why}): check who owns it and its folder`);
    case 11:
    case 26:
      return damaged();
    case 13:
      return told('is on a full disk: free space, or record elsewhere');
    default:
      return told(`failed (${why}): check the disk, and record elsewhere`);
  }
};

/** The first bytes of a file: https://www.sqlite.org/fileformat.html#the_database_header */
const head = (path: string): Buffer => {
  const descriptor = openSync(path, 'r');
  try {
    const bytes = Buffer.alloc(100);
    return bytes.subarray(0, readSync(descriptor, bytes, 0, 100, 0));
  } finally {
    closeSync(descriptor);
  }
};

/** Whether there is nothing in it yet. @throws RecordingError unless it is a recording that can be read */
export const inspect = (path: string): 'empty' | 'recording' => {
  try {
    const status = statSync(path);
    if (status.isDirectory()) throw new RecordingError(`${path} is a folder: give the name of a recording in it`);
    // A pipe or a device would be waited for.
    if (!status.isFile()) throw new RecordingError(`${path} is no regular file: give the name of a recording`);
    const bytes = head(path);
    if (bytes.length === 0) return 'empty';
    const foreign = new RecordingError(`${path} is no recording of kvmtop: choose another file`);
    if (!bytes.toString('latin1').startsWith('SQLite format 3\0'.slice(0, bytes.length))) throw foreign;
    if (bytes.length < 100)
      throw new DamagedRecording(`${path} is cut off within its first bytes: nothing of it can be read`);
    if (bytes.readUInt32BE(68) !== applicationId) throw foreign;
    const version = bytes.readUInt32BE(60);
    if (version > major)
      throw new RecordingError(`${path} is of format ${version}, this kvmtop reads ${major}: use a newer kvmtop`);
    return 'recording';
  } catch (error) {
    throw asRecordingError(path, error);
  }
};

const open = (path: string | URL, options: DatabaseSyncOptions): DatabaseSync => {
  const database = new (loadSqlite())(path, options);
  try {
    // Nothing that a file's own schema says is run.
    database.exec('PRAGMA trusted_schema = OFF');
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
};

/**
 * Whether pages are missing at the end: the header counts them (big-endian: page size at 16, pages at 28). With a log beside
 * it SQLite may still have to put them there.
 */
const isCut = (path: string): boolean => {
  if ((statSync(`${path}-wal`, { throwIfNoEntry: false })?.size ?? 0) > 0) return false;
  const bytes = head(path);
  if (bytes.length < 100) return false;
  return statSync(path).size < bytes.readUInt16BE(16) * bytes.readUInt32BE(28);
};

/** Opens a recording for writing and makes it where there is none: nobody but its owner may read it, from the start. */
export const openForWriting = (path: string): DatabaseSync => {
  const whole = resolve(path);
  let database: DatabaseSync | undefined;
  try {
    // SQLite gives -wal and -shm the rights of the file.
    if (!existsSync(whole)) closeSync(openSync(whole, 'wx', 0o600));
    inspect(path);
    if (isCut(whole)) throw new DamagedRecording(`${path} is cut off: ${saving}`);
    database = open(whole, { timeout: 2000 });
    // SQLite has taken back by now what one that was killed while it made the tables had written of them. Before the log is
    // switched on: so the file itself always says what it is.
    if (!database.prepare('SELECT 1 FROM sqlite_schema').get()) database.exec(schema);
    database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL');
    return database;
  } catch (error) {
    database?.close();
    throw asRecordingError(path, error);
  }
};

/** The tables that are read: a view of that name could compute without end. */
const checkTables = (path: string, database: DatabaseSync): void => {
  const tables = database.prepare(`SELECT name FROM sqlite_schema WHERE type = 'table'`).all();
  for (const name of ['session', 'sample', 'headline', 'event'])
    if (!tables.some(table => table['name'] === name))
      throw new RecordingError(`${path} lacks its table ${name}: it is damaged, or no recording of kvmtop`);
};

/** Opens a recording for reading, while it is written too; `damaged`: one that is cut off as well, for what is left of it. */
export const openForReading = (path: string, damaged = false): DatabaseSync => {
  if (inspect(path) === 'empty')
    throw new RecordingError(`${path} is empty: its recorder ended before the first sample`);
  const whole = resolve(path);
  const checked = (database: DatabaseSync): DatabaseSync => {
    try {
      // SQLite reads a file that is shorter than it should be in this mode only. Nothing is written all the same.
      if (damaged) database.exec('PRAGMA writable_schema = ON');
      checkTables(path, database);
      return database;
    } catch (error) {
      database.close();
      throw asRecordingError(path, error);
    }
  };
  try {
    return checked(open(whole, { readOnly: true, timeout: 2000, defensive: !damaged }));
  } catch (error) {
    // A folder where SQLite can't put what it needs to read a log. Without a log the file is all there is.
    if (existsSync(`${whole}-wal`) && !existsSync(`${whole}-shm`))
      throw new RecordingError(
        `${path} has a log that can't be read here: copy it with its -wal to where you may write`,
      );
    if (existsSync(`${whole}-wal`)) throw asRecordingError(path, error);
    const pathToFileURL = process.getBuiltinModule('node:url').pathToFileURL;
    const url = pathToFileURL(whole);
    url.searchParams.set('immutable', '1');
    try {
      return checked(open(url, { readOnly: true, defensive: !damaged }));
    } catch {
      throw asRecordingError(path, error);
    }
  }
};
