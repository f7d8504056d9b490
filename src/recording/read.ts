import { statSync } from 'node:fs';
import type { DatabaseSync, SQLInputValue, SQLOutputValue, StatementSync } from 'node:sqlite';
import { known } from '../known.ts';
import type { GuestId, Sample } from '../sample.ts';
import { ChainDecoder } from './chain-decoder.ts';
import { asRecordingError, openForReading } from './file.ts';
import type { Frame } from './frame.ts';
import { type Headline, headlineIds } from './headline.ts';
import { isMoment } from './moment.ts';
import { sampleOf } from './sample-of.ts';
import { type GuestTape, RecordingError, type TapeEvent } from './tape.ts';

/** A run of a recorder. What it did not tell is absent. Text is untrusted. */
export interface Session {
  readonly id: number;
  /** Wall clock, seconds. */
  readonly started: number;
  /** Absent while it is written, or when its recorder was killed. */
  readonly ended?: number;
  readonly program?: string;
  readonly hostname?: string;
  readonly kernel?: string;
  readonly boot?: string;
  /** Seconds from a sample to the next. */
  readonly delay?: number;
  readonly user?: string;
}

export interface Recording extends GuestTape {
  /** Oldest first. */
  readonly sessions: readonly Session[];
  /** Seconds from a sample to the next, as the newest session had it; 1 when it did not tell. */
  readonly delay: number;
  /** Of the file and its log. */
  readonly bytes: number;
  /** Looks what was written since: whether there is a new sample. */
  refresh(): boolean;
  close(): void;
}

/** Seconds between samples, as -d takes them. */
const shortestDelay = 0.1;
const longestDelay = 3600;

type Row = Readonly<Record<string, SQLOutputValue>>;

const number = (value: SQLOutputValue | undefined): number | undefined =>
  typeof value === 'number' ? value : undefined;
const moment = (value: SQLOutputValue | undefined): number | undefined =>
  typeof value === 'number' && isMoment(value) ? value : undefined;
const text = (value: SQLOutputValue | undefined): string | undefined => (typeof value === 'string' ? value : undefined);

const sessionOf = (row: Row): Session => ({
  id: number(row['id']) ?? 0,
  started: moment(row['started']) ?? 0,
  ...known({
    ended: moment(row['ended']),
    program: text(row['program']),
    hostname: text(row['hostname']),
    kernel: text(row['kernel']),
    boot: text(row['boot']),
    delay: number(row['delay']),
    user: text(row['user']),
  }),
});

/** Without what is unknown, or no number that a recorder wrote. */
const headlineFrom = (row: Row): Headline => {
  const numbers: { time: number } & Record<string, number> = { time: 0 };
  for (const key in row) if (typeof row[key] === 'number' && Number.isFinite(row[key])) numbers[key] = row[key];
  numbers.time = moment(numbers.time) ?? 0;
  return numbers;
};

const eventKinds = ['action', 'outcome', 'finding', 'policy'] as const satisfies readonly TapeEvent['kind'][];

/** Kinds that a later version has are passed over; data that is no JSON is left out. */
const eventOf = (row: Row): readonly TapeEvent[] => {
  const kind = eventKinds.find(one => one === row['kind']);
  const time = moment(row['time']);
  if (kind === undefined || time === undefined) return [];
  let data: unknown;
  try {
    data = JSON.parse(text(row['data']) ?? '');
  } catch {}
  const event = {
    time,
    kind,
    subject: text(row['subject']) ?? '',
    text: text(row['text']) ?? '',
  };
  return [data === undefined ? event : { ...event, data }];
};

class FileRecording implements Recording {
  readonly #path: string;
  readonly #database: DatabaseSync;
  readonly #decoder = new ChainDecoder();
  readonly #narrow = new ChainDecoder(1);
  readonly #statements = new Map<string, StatementSync>();
  readonly #columns: string;
  #first = 1;
  #last = 0;
  #sessions: readonly Session[] = [];

  constructor(path: string) {
    this.#path = path;
    this.#database = openForReading(path);
    try {
      const there = this.#all(`SELECT name FROM pragma_table_info('headline')`).map(({ name }) => name);
      this.#columns = ['time', ...headlineIds.filter(id => there.includes(id))].join(', ');
      this.refresh();
    } catch (error) {
      this.#database.close();
      throw error;
    }
  }

  #all(sql: string, ...values: readonly SQLInputValue[]): readonly Row[] {
    try {
      const statement = this.#statements.get(sql) ?? this.#database.prepare(sql);
      this.#statements.set(sql, statement);
      return statement.all(...values);
    } catch (error) {
      throw asRecordingError(this.#path, error);
    }
  }

  #one(sql: string, ...values: readonly SQLInputValue[]): Row | undefined {
    return this.#all(sql, ...values)[0];
  }

  get first(): number {
    return this.#first;
  }

  get last(): number {
    return this.#last;
  }

  get sessions(): readonly Session[] {
    return this.#sessions;
  }

  get delay(): number {
    const delay = this.#sessions.at(-1)?.delay;
    return delay !== undefined && delay >= shortestDelay && delay <= longestDelay ? delay : 1;
  }

  get bytes(): number {
    return ['', '-wal'].reduce(
      (sum, end) => sum + (statSync(this.#path + end, { throwIfNoEntry: false })?.size ?? 0),
      0,
    );
  }

  refresh(): boolean {
    const before = this.#last;
    this.#sessions = this.#all('SELECT * FROM session ORDER BY id').map(sessionOf);
    // Apart: both at once is a scan of the table.
    this.#last = number(this.#one('SELECT max(id) AS id FROM sample')?.['id']) ?? 0;
    this.#first = number(this.#one('SELECT min(id) AS id FROM sample')?.['id']) ?? this.#last + 1;
    return this.#last > before;
  }

  sample(id: number): Sample {
    return this.#decoder.sample(this.#chainOf(id), id, one => this.#frame(one));
  }

  sampleOf(id: number, guest: GuestId): Sample {
    return sampleOf(
      this.#narrow.tree(this.#chainOf(id), id, one => this.#frame(one)),
      guest,
    );
  }

  starts(from: number, to: number): readonly number[] {
    const rows = this.#all('SELECT id FROM sample WHERE key = 1 AND id BETWEEN ? AND ? ORDER BY id', from, to);
    return rows.flatMap(row => number(row['id']) ?? []);
  }

  /** The first sample of the chain that this one is in. */
  #chainOf(id: number): number {
    this.#check(id);
    const key = this.#one('SELECT id FROM sample WHERE key = 1 AND id <= ? ORDER BY id DESC LIMIT 1', id);
    const first = number(key?.['id']);
    if (first === undefined) throw this.#gone(id);
    return first;
  }

  #check(id: number): void {
    if (!(Number.isInteger(id) && id >= this.#first && id <= this.#last))
      throw new RangeError(`there is no sample ${id}: there are ${this.#first} to ${this.#last}`);
  }

  /** Where a ring goes on being written, what was there a moment ago may have gone. */
  #gone(id: number): Error {
    this.refresh();
    if (id < this.#first)
      return new RangeError(`there is no sample ${id} any more: there are ${this.#first} to ${this.#last}`);
    return new RecordingError(
      `${this.#path} is damaged (sample ${id} is missing): replay, dump and report save what can be read with --recover`,
    );
  }

  #frame(id: number): Frame {
    const row = this.#one('SELECT key, data FROM sample WHERE id = ?', id);
    const data = row?.['data'];
    if (!(data instanceof Uint8Array)) throw this.#gone(id);
    return { key: row?.['key'] === 1, data };
  }

  before(id: number): Sample | undefined {
    this.#check(id);
    if (id === this.#first || this.#boot(id) !== this.#boot(id - 1)) return undefined;
    return this.sample(id - 1);
  }

  /** Where it is not known, sessions count as boots of their own. */
  #boot(id: number): string | number | undefined {
    const session = number(this.#one('SELECT session FROM sample WHERE id = ?', id)?.['session']);
    return this.#sessions.find(one => one.id === session)?.boot ?? session;
  }

  find(time: number): number {
    const row = this.#one('SELECT id FROM headline WHERE time <= ? ORDER BY time DESC, id DESC LIMIT 1', time);
    return Math.min(Math.max(number(row?.['id']) ?? this.#first, this.#first), Math.max(this.#last, this.#first));
  }

  headlines(from: number, to: number): readonly Headline[] {
    const rows = this.#all(
      `SELECT ${this.#columns} FROM headline WHERE id BETWEEN ? AND ? ORDER BY id`,
      Math.max(from, this.#first),
      Math.min(to, this.#last),
    );
    return rows.map(headlineFrom);
  }

  worst(parts: number): readonly (Headline | undefined)[] {
    const [from, to] = [this.#timeOf(this.#first), this.#timeOf(this.#last)];
    const found: (Headline | undefined)[] = Array.from({ length: parts }, () => undefined);
    if (from === undefined || to === undefined || to <= from) return found;
    const rows = this.#all(
      `SELECT min(?1 - 1, max(0, CAST((time - ?2) / (?3 - ?2) * ?1 AS INTEGER))) AS part, min(time) AS time,
         max(mem_total) AS mem_total, min(mem_available) AS mem_available, max(psi_mem_some_avg10) AS psi_mem_some_avg10
       FROM headline WHERE id BETWEEN ?4 AND ?5 GROUP BY part`,
      parts,
      from,
      to,
      this.#first,
      this.#last,
    );
    for (const { part, ...row } of rows) if (typeof part === 'number') found[part] = headlineFrom(row);
    return found;
  }

  #timeOf(id: number): number | undefined {
    return moment(this.#one('SELECT time FROM headline WHERE id = ?', id)?.['time']);
  }

  events(from: number, to: number): readonly TapeEvent[] {
    return this.#all('SELECT * FROM event WHERE time BETWEEN ? AND ? ORDER BY time, id', from, to).flatMap(eventOf);
  }

  close(): void {
    if (this.#database.isOpen) this.#database.close();
  }
}

/** Opens a recording to be looked at; it may still be written. @throws RecordingError */
export const openRecording = (path: string): Recording => new FileRecording(path);
