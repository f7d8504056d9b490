import type { DatabaseSync } from 'node:sqlite';
import { pageBytes } from './file.ts';

/** How much of a recording is kept: beyond either the oldest chain goes, never the newest. */
export interface Keep {
  readonly seconds?: number | undefined;
  /** Of the file with its log. */
  readonly bytes?: number | undefined;
}

/** What a ring must have at least, for two chains and the log. Bytes. */
export const smallestRing = 512 * 1024;
/** Pages in the log before they go into the file: some ten samples; less in a small ring. */
const mostLogPages = 32;
/** What a transaction changes at most beside the sample itself and the chain that goes: indexes, lists of pages. */
const slackPages = 16;
/** A chain's part of a ring, since only whole ones go. */
const chainShare = 1 / 16;
/** And what of a large ring, bytes. */
const largestChain = 4 * 1024 * 1024;

/** Bytes after which a chain should end. */
export const chainBytes = ({ bytes }: Keep): number =>
  bytes === undefined ? Number.POSITIVE_INFINITY : Math.min(bytes * chainShare, largestChain);
/** Pages given back at once: moving them takes time, and place in the log. */
const pagesAtOnce = 4;
/** Where there are many to give back, this part of them at once. */
const partAtOnce = 64;

export const logPages = ({ bytes }: Keep): number =>
  bytes === undefined ? mostLogPages : Math.min(mostLogPages, Math.max(2, Math.floor(bytes / 16 / pageBytes)));

/** Drops what is too much, inside the transaction that added to it. */
export class Ring {
  readonly #database: DatabaseSync;
  readonly #keep: Keep;
  /** Pages of the largest sample. */
  #largest = 0;
  readonly #statement: (sql: string) => ReturnType<DatabaseSync['prepare']>;

  constructor(database: DatabaseSync, keep: Keep) {
    this.#database = database;
    this.#keep = keep;
    const statements = new Map<string, ReturnType<DatabaseSync['prepare']>>();
    this.#statement = sql => {
      const known = statements.get(sql) ?? database.prepare(sql);
      statements.set(sql, known);
      return known;
    };
  }

  #pragma(name: 'page_count' | 'freelist_count' | 'page_size'): number {
    return Number(this.#statement(`PRAGMA ${name}`).get()?.[name]);
  }

  /** `now`: wall clock, seconds; `added`: bytes of the sample. */
  trim(now: number, added: number): void {
    const { seconds, bytes } = this.#keep;
    if (seconds !== undefined) while (this.#ended(now - seconds) && this.#dropChain());
    if (bytes === undefined) return;
    const size = this.#pragma('page_size');
    // A sample is in the log whole, and in the file before the oldest chain has gone.
    this.#largest = Math.max(this.#largest, Math.ceil(added / size));
    const spare = logPages(this.#keep) + slackPages + Math.ceil(chainBytes(this.#keep) / size) + 2 * this.#largest;
    const most = Math.max(1, Math.floor(bytes / size) - spare);
    while (
      this.#pragma('page_count') - this.#pragma('freelist_count') > most &&
      (this.#dropChain() || this.#dropEvents())
    );
    const over = this.#pragma('page_count') - most;
    if (over > 0)
      this.#database.exec(`PRAGMA incremental_vacuum(${Math.max(pagesAtOnce, Math.ceil(over / partAtOnce))})`);
  }

  /** The id of the second chain's key frame. */
  #second(): number | undefined {
    const second = this.#statement('SELECT id FROM sample WHERE key = 1 ORDER BY id LIMIT 1 OFFSET 1').get();
    return second && Number(second['id']);
  }

  /** Whether the whole oldest chain is from before this moment. */
  #ended(moment: number): boolean {
    const second = this.#second();
    if (second === undefined) return false;
    const newest = this.#statement('SELECT time FROM headline WHERE id = ?').get(second - 1);
    return newest === undefined || Number(newest['time']) < moment;
  }

  #dropChain(): boolean {
    const second = this.#second();
    if (second === undefined) return false;
    this.#statement('DELETE FROM sample WHERE id < ?').run(second);
    this.#statement('DELETE FROM headline WHERE id < ?').run(second);
    this.#statement('DELETE FROM event WHERE time < (SELECT min(time) FROM headline)').run();
    this.#statement(
      'DELETE FROM session WHERE ended IS NOT NULL AND id < (SELECT session FROM sample ORDER BY id LIMIT 1)',
    ).run();
    return true;
  }

  /** The older half of them, where nothing else is left to go. */
  #dropEvents(): boolean {
    const half = 'SELECT id FROM event ORDER BY id LIMIT (SELECT (count(*) + 1) / 2 FROM event)';
    return this.#statement(`DELETE FROM event WHERE id IN (${half})`).run().changes > 0;
  }
}
