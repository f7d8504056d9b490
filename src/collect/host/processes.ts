import { closeSync } from 'node:fs';
import type { Root } from '../../root.ts';
import type { HostProcess } from '../../sample.ts';
import { KeyNames, parseKilobytes, parseStat } from '../guests/numbers.ts';
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

/**
 * Every process's /proc/PID/stat and status. Both come in one record, and processes come and go: each is opened, read
 * with one system call, and closed; the shared buffer is parsed before the next read.
 */
export const createProcessesReader = (root: Root): Reader<readonly HostProcess[]> => {
  const keyNames = new KeyNames();
  let users: ReadonlyMap<number, string> | undefined;

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
  const readOne = (pid: number, names: ReadonlyMap<number, string>): HostProcess | undefined => {
    const about = record(`/proc/${pid}/stat`, bytes => {
      const stat = parseStat(bytes);
      const thread = pid === kthreadd || stat?.ppid === kthreadd;
      return stat && !thread && stat.state !== 'Z' ? { stat, name: parseComm(bytes) } : undefined;
    });
    if (!about) return undefined;
    const memory = record(`/proc/${pid}/status`, bytes => ({
      status: parseKilobytes(bytes, keyNames),
      uid: parseUid(bytes),
    }));
    // A process on its way out has no memory any more.
    if (memory?.status['VmRSS'] === undefined) return undefined;
    const { status, uid } = memory;
    const user = uid === undefined ? undefined : names.get(uid);
    return {
      pid,
      starttime: about.stat.starttime,
      name: about.name,
      ...(uid === undefined ? {} : { uid }),
      ...(user === undefined ? {} : { user }),
      status,
      stat: about.stat.numbers,
    };
  };

  return {
    read() {
      users ??= parsePasswd(root.read('/etc/passwd') ?? '');
      const processes: HostProcess[] = [];
      for (const name of root.list('/proc')) {
        const first = name.charCodeAt(0);
        if (first < 49 || first > 57 || !/^\d{1,10}$/.test(name)) continue;
        const found = readOne(Number(name), users);
        if (found) processes.push(found);
      }
      return processes.length > 0 ? processes : undefined;
    },
    close() {
      users = undefined;
    },
  };
};
