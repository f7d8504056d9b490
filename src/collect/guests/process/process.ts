import { closeSync, readFileSync } from 'node:fs';
import type { Need } from '../../../fields/field.ts';
import type { Root } from '../../../root.ts';
import type { Numbers, ProcessSample } from '../../../sample.ts';
import { Parsed } from '../../parsed.ts';
import {
  amountsIn,
  type KeyNames,
  type ProcessStat,
  parseKilobytes,
  parseKsmStat,
  parseNumaMaps,
  parseStat,
} from './numbers.ts';

const mergingPages = 'ksm_merging_pages';

/** The files that stay open; all come in one record. */
type Kept = 'stat' | 'status' | 'ksm_stat' | 'ksm_merging_pages';

/** How many descriptors all guests together may keep: half of what this process may open. */
export class DescriptorBudget {
  #left: number;

  constructor(limit = openFilesLimit()) {
    this.#left = Math.floor(limit / 2);
  }

  take(): boolean {
    if (this.#left <= 0) return false;
    this.#left -= 1;
    return true;
  }

  give(): void {
    this.#left += 1;
  }
}

/** `ulimit -n` of kvmtop itself, which is never part of a fixture: the one look past Root. */
const openFilesLimit = (): number => {
  try {
    return Number(/^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1] ?? 1024);
  } catch {
    return 1024;
  }
};

/**
 * Reads the host's side of one process. Descriptors stay open within the budget, because reading one again costs a
 * third less than opening it; a kept one can't be fooled by a reused PID either: once its process is gone it fails.
 */
export class ProcessReader {
  readonly #root: Root;
  readonly #pid: number;
  readonly #budget: DescriptorBudget;
  readonly #names: Record<'status' | 'smaps_rollup', KeyNames>;
  readonly #open = new Map<Kept, number>();
  readonly #stat = new Parsed(parseStat);
  readonly #status: Parsed<Numbers>;
  readonly #ksm = new Parsed(bytes => parseKsmStat(bytes.toString('latin1')));
  /** The last costly readings, each until it is asked for again. */
  #measured: Pick<ProcessSample, 'smaps_rollup' | 'smaps_time' | 'numa_maps' | 'numa_time'> = {};

  constructor(root: Root, pid: number, budget: DescriptorBudget, names: Record<'status' | 'smaps_rollup', KeyNames>) {
    this.#root = root;
    this.#pid = pid;
    this.#budget = budget;
    this.#names = names;
    this.#status = new Parsed(bytes => parseKilobytes(bytes, names.status));
  }

  /** `undefined` when the process is gone, or is only waited for. */
  stat(): ProcessStat | undefined {
    const bytes = this.#bytes('stat');
    const stat = bytes && this.#stat.of(bytes);
    return stat && stat.state !== 'Z' && stat.state !== 'X' ? stat : undefined;
  }

  /** The other files, as far as they are wanted; a part that can't be read is absent. */
  sample(stat: ProcessStat, wanted: ReadonlySet<Need>): ProcessSample {
    const status = this.#bytes('status');
    const process: { -readonly [Part in keyof ProcessSample]: ProcessSample[Part] } = {
      state: stat.state,
      stat: stat.numbers,
    };
    const amounts = status && this.#status.of(status, ...amountsIn(status));
    if (amounts) process.status = amounts;
    const ksm = wanted.has('guest_ksm_stat') ? this.#sharing() : undefined;
    if (ksm) process.ksm_stat = ksm;
    if (wanted.has(`guest_smaps_rollup:${this.#pid}`)) this.#measure();
    if (wanted.has(`guest_numa_maps:${this.#pid}`)) this.#place();
    return { ...process, ...this.#measured };
  }

  /** ksm_stat is there since Linux 6.1, and tells the merged pages since 6.4; a file of their own does since 5.19. */
  #sharing(): Numbers | undefined {
    const stat = this.#bytes('ksm_stat');
    if (stat?.includes(mergingPages)) return this.#ksm.of(stat);
    const told = stat ? Buffer.from(stat) : Buffer.alloc(0);
    const pages = this.#bytes(mergingPages);
    if (!pages && !stat) return undefined;
    return this.#ksm.of(pages ? Buffer.concat([told, Buffer.from(`${mergingPages} `), pages]) : told);
  }

  #measure(): void {
    const rollup = this.#root.bytes(this.#path('smaps_rollup'));
    if (!rollup || rollup.length === 0) return;
    this.#measured = {
      ...this.#measured,
      smaps_rollup: parseKilobytes(rollup, this.#names.smaps_rollup),
      smaps_time: Date.now() / 1000,
    };
  }

  #place(): void {
    const maps = this.#root.bytes(this.#path('numa_maps'));
    if (!maps || maps.length === 0) return;
    this.#measured = {
      ...this.#measured,
      numa_maps: parseNumaMaps(maps.toString('latin1')),
      numa_time: Date.now() / 1000,
    };
  }

  close(): void {
    for (const descriptor of this.#open.values()) {
      closeSync(descriptor);
      this.#budget.give();
    }
    this.#open.clear();
  }

  #path(file: string): string {
    return `/proc/${this.#pid}/${file}`;
  }

  #bytes(file: Kept): Buffer | undefined {
    const descriptor = this.#open.get(file);
    if (descriptor !== undefined) return this.#root.recordOf(descriptor);
    if (!this.#budget.take()) return this.#root.bytes(this.#path(file));
    const opened = this.#root.open(this.#path(file));
    if (opened === undefined) this.#budget.give();
    else this.#open.set(file, opened);
    return opened === undefined ? undefined : this.#root.recordOf(opened);
  }
}
