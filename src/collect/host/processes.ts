import { closeSync } from 'node:fs';
import { known } from '../../known.ts';
import type { Root } from '../../root.ts';
import type { HostProcess, Numbers } from '../../sample.ts';
import { amountsIn, KeyNames, type ProcessStat, parseKilobytes, parseStat } from '../guests/process/numbers.ts';
import { Parsed } from '../parsed.ts';
import type { Reader } from './reader.ts';

const bracket = { open: 40, close: 41 } as const;

/** The name in `PID (name) S …`; it may hold brackets itself, so it ends at the last one. */
export const parseComm = (stat: Buffer): string =>
  stat.toString('utf8', stat.indexOf(bracket.open) + 1, Math.max(0, stat.lastIndexOf(bracket.close)));

const uidKey = Buffer.from('\nUid:\t');

/** `Uid:	1000	…` of /proc/PID/status: the real user. A name can't forge it: the kernel escapes its newlines. */
export const parseUid = (status: Buffer): number | undefined => {
  let at = status.indexOf(uidKey);
  if (at < 0) return undefined;
  at += uidKey.length;
  const start = at;
  let uid = 0;
  for (; status[at]! >= 48 && status[at]! <= 57; at += 1) uid = uid * 10 + status[at]! - 48;
  return at > start && at - start <= 10 ? uid : undefined;
};

/** Lines of /etc/passwd are `name:password:uid:…`; of several names of a user the first. */
export const parsePasswd = (text: string): ReadonlyMap<number, string> => {
  const users = new Map<number, string>();
  for (const line of text.split('\n')) {
    const [name, , uid] = line.split(':');
    if (name && uid !== undefined && /^\d{1,10}$/.test(uid) && !users.has(Number(uid))) users.set(Number(uid), name);
  }
  return users;
};

/** The kernel's threads have this parent, and no memory of their own. */
const kthreadd = 2;

interface About {
  readonly stat: ProcessStat;
  readonly name: string;
}

/** A process as it was last read. While it stays the same, `sample` gives the very same object. */
class KnownProcess {
  readonly #about: Parsed<About>;
  readonly #status: Parsed<Numbers>;
  #sample: HostProcess | undefined;

  constructor(pid: number, keyNames: KeyNames) {
    this.#about = new Parsed(bytes => {
      const stat = parseStat(bytes);
      const thread = pid === kthreadd || stat?.ppid === kthreadd;
      return stat && !thread && stat.state !== 'Z' ? { stat, name: parseComm(bytes) } : undefined;
    });
    this.#status = new Parsed(bytes => parseKilobytes(bytes, keyNames));
  }

  /** Reads its stat; `undefined` for what is no process with memory of its own. */
  about(bytes: Buffer): About | undefined {
    return this.#about.of(bytes);
  }

  sample(pid: number, { stat, name }: About, status: Buffer, users: ReadonlyMap<number, string>) {
    const amounts = this.#status.of(status, ...amountsIn(status));
    // A process on its way out has no memory any more.
    if (amounts?.['VmRSS'] === undefined) return undefined;
    const uid = parseUid(status);
    const user = uid === undefined ? undefined : users.get(uid);
    const last = this.#sample;
    if (last?.stat === stat.numbers && last.status === amounts && last.uid === uid && last.user === user) return last;
    this.#sample = {
      pid,
      starttime: stat.starttime,
      name,
      ...known({ uid, user }),
      status: amounts,
      stat: stat.numbers,
    };
    return this.#sample;
  }
}

/**
 * Every process's /proc/PID/stat and status. Both come in one record, and processes come and go: each is opened, read
 * with one system call, and closed; the shared buffer is parsed before the next read.
 */
export const createProcessesReader = (root: Root): Reader<readonly HostProcess[]> => {
  const keyNames = new KeyNames();
  let users: ReadonlyMap<number, string> | undefined;
  let known = new Map<number, KnownProcess>();

  const record = <Part>(path: string, parse: (bytes: Buffer) => Part): Part | undefined => {
    const descriptor = root.open(path);
    if (descriptor === undefined) return undefined;
    try {
      const bytes = root.recordOf(descriptor);
      return bytes && parse(bytes);
    } finally {
      closeSync(descriptor);
    }
  };

  return {
    read() {
      users ??= parsePasswd(root.read('/etc/passwd') ?? '');
      const names = users;
      const processes: HostProcess[] = [];
      const seen = new Map<number, KnownProcess>();
      for (const name of root.list('/proc')) {
        const first = name.charCodeAt(0);
        if (first < 49 || first > 57 || !/^\d{1,10}$/.test(name)) continue;
        const pid = Number(name);
        const process = known.get(pid) ?? new KnownProcess(pid, keyNames);
        seen.set(pid, process);
        const about = record(`/proc/${pid}/stat`, bytes => process.about(bytes));
        const sample = about && record(`/proc/${pid}/status`, bytes => process.sample(pid, about, bytes, names));
        if (sample) processes.push(sample);
      }
      known = seen;
      return processes;
    },
    close() {
      users = undefined;
    },
  };
};
