import { statSync } from 'node:fs';
import { dirname } from 'node:path';
import type { DatabaseSync, SQLInputValue } from 'node:sqlite';
import type { Sample } from '../sample.ts';
import { formatClock } from '../units.ts';
import { Decoder } from './decoder.ts';
import { Encoder } from './encoder.ts';
import { asRecordingError, openForWriting } from './file.ts';
import type { Frame } from './frame.ts';
import { type Headline, headlineIds } from './headline.ts';
import { chainBytes, type Keep, logPages, Ring, smallestRing } from './ring.ts';
import { beginSession, describeSession, endSession, type SessionStart } from './session.ts';
import { RecordingError, type TapeEvent } from './tape.ts';

export interface WriterOptions extends SessionStart {
  readonly keep?: Keep;
}

export interface Writer {
  /** A sample, or the frame of one: then the first is a key frame. Each is safe from a crash of the process once this returns. */
  append(what: Sample | Frame, headline: Headline): void;
  note(event: TapeEvent): void;
  /** Of the file and its log. */
  readonly bytes: number;
  /** How many samples the file has. */
  readonly samples: number;
  /** Wall clock of the oldest sample, seconds. */
  readonly since: number | undefined;
  /** Leaves one single file. */
  close(): void;
}

const insertHeadline = `INSERT INTO headline (id, time, ${headlineIds.join(', ')})
  VALUES (?, ?, ${headlineIds.map(() => '?').join(', ')})`;

const isFrame = (what: Sample | Frame): what is Frame => 'data' in what;

class FileWriter implements Writer {
  readonly #path: string;
  readonly #database: DatabaseSync;
  readonly #session: number;
  readonly #ring: Ring;
  readonly #encoder: Encoder;
  readonly #statements;
  #described = false;
  #first: number;
  #next: number;
  #newest: number | undefined;
  #closed = false;

  constructor(path: string, options: WriterOptions) {
    const { keep = {} } = options;
    if (keep.bytes !== undefined && keep.bytes < smallestRing)
      throw new RecordingError(`a recording can't be kept below ${smallestRing / 1024} KiB: allow it more`);
    const database = openForWriting(path);
    try {
      this.#session = beginSession(path, database, options, Date.now() / 1000);
      database.exec(`PRAGMA wal_autocheckpoint = ${logPages(keep)}; PRAGMA journal_size_limit = 0`);
      const { first, last } = database.prepare('SELECT min(id) AS first, max(id) AS last FROM sample').get() ?? {};
      this.#next = Number(last ?? 0) + 1;
      this.#first = Number(first ?? this.#next);
      this.#statements = {
        sample: database.prepare('INSERT INTO sample (id, session, time, key, data) VALUES (?, ?, ?, ?, ?)'),
        headline: database.prepare(insertHeadline),
        event: database.prepare('INSERT INTO event (time, kind, subject, text, data) VALUES (?, ?, ?, ?, ?)'),
        first: database.prepare('SELECT id FROM sample ORDER BY id LIMIT 1'),
        time: database.prepare('SELECT time FROM sample WHERE id = ?'),
      };
    } catch (error) {
      database.close();
      throw asRecordingError(path, error);
    }
    this.#path = path;
    this.#database = database;
    this.#ring = new Ring(database, keep);
    this.#encoder = new Encoder(chainBytes(keep));
  }

  append(what: Sample | Frame, headline: Headline): void {
    const frame = isFrame(what) ? what : this.#encoder.encode(what);
    if (!this.#described && !frame.key) throw new RangeError('the first sample of a session must be a key frame');
    this.#transact(headline.time, frame.data.length, () => {
      if (!this.#described)
        describeSession(this.#database, this.#session, isFrame(what) ? new Decoder().decode(what) : what);
      const id = this.#next;
      this.#statements.sample.run(id, this.#session, headline.time, frame.key ? 1 : 0, frame.data);
      const numbers: readonly SQLInputValue[] = headlineIds.map(one => headline[one] ?? null);
      this.#statements.headline.run(id, headline.time, ...numbers);
    });
    this.#described = true;
    this.#next += 1;
    this.#first = Number(this.#statements.first.get()?.['id']);
    this.#newest = headline.time;
  }

  note({ time, kind, subject, text, data }: TapeEvent): void {
    this.#transact(time, text.length, () => {
      this.#statements.event.run(time, kind, subject, text, data === undefined ? null : JSON.stringify(data));
    });
  }

  #transact(now: number, added: number, work: () => void): void {
    try {
      this.#database.exec('BEGIN IMMEDIATE');
      work();
      this.#ring.trim(now, added);
      this.#database.exec('COMMIT');
    } catch (error) {
      this.#rollBack();
      // What was encoded is not there: what follows can't build on it.
      this.#encoder.restart();
      throw this.#told(error);
    }
  }

  #rollBack(): void {
    try {
      if (this.#database.isTransaction) this.#database.exec('ROLLBACK');
    } catch {
      // It is over all the same: SQLite drops an open transaction when it closes.
    }
  }

  #told(error: unknown): unknown {
    const told = asRecordingError(this.#path, error);
    if (!(told instanceof RecordingError && told.message.includes('on a full disk'))) return told;
    const end = this.#newest === undefined ? '' : ` at ${formatClock(this.#newest)}`;
    return new RecordingError(
      `${dirname(this.#path)} is full: the recording ends${end} with ${this.samples} samples; free space and record again`,
      { cause: error },
    );
  }

  get bytes(): number {
    const sizes = ['', '-wal'].map(end => statSync(this.#path + end, { throwIfNoEntry: false })?.size ?? 0);
    return sizes.reduce((sum, size) => sum + size, 0);
  }

  get samples(): number {
    return this.#next - this.#first;
  }

  get since(): number | undefined {
    const oldest = this.#statements.time.get(this.#first);
    return oldest && Number(oldest['time']);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    try {
      endSession(this.#database, this.#session, this.#newest ?? Date.now() / 1000);
      // Whoever reads it now keeps the log from going; then the next one who writes folds it in.
      this.#database.exec('PRAGMA wal_checkpoint(TRUNCATE); PRAGMA journal_mode = DELETE');
    } catch (error) {
      const told = asRecordingError(this.#path, error);
      if (!(told instanceof RecordingError && /in use|full disk/.test(told.message))) throw told;
    } finally {
      this.#database.close();
    }
  }
}

/** Begins to record into a new file, or after what an existing recording has. @throws RecordingError */
export const openWriter = (path: string, options: WriterOptions): Writer => new FileWriter(path, options);
