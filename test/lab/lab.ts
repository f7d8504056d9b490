import { spawn, spawnSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { enterCell, type Guest, type GuestOptions, image, startGuest } from './guest.ts';

export { type Guest, type GuestOptions, startGuest } from './guest.ts';

/** Why there can be no lab here, and what to do; `undefined` when there can. */
export const whyNoLab = (): string | undefined => {
  if (process.getuid?.() !== 0) return 'the lab needs root: it borrows KSM and hugepages';
  if (spawnSync('qemu-system-x86_64', ['--version']).error) return 'QEMU is missing: run test/lab/install.sh';
  if (!existsSync(join(image, 'recipe'))) return "the guests' image is missing: run test/lab/image.sh";
  return undefined;
};

/** What is held of the host, until it is given back. */
interface Held {
  /** What the script said after `ready`. */
  readonly answer: string;
  readonly giveBack: () => Promise<void>;
}

/**
 * Runs a script that takes something of the host, says `ready`, and gives it back when its standard input closes: in a
 * process of its own, so that it does so when this one is gone, however it ended.
 */
const hold = async (script: string, words: readonly string[]): Promise<Held> => {
  const holder = spawn(join(import.meta.dirname, script), words, {
    stdio: ['pipe', 'pipe', 'inherit'],
    detached: true,
  });
  const exit = new Promise<void>(resolve => holder.once('close', () => resolve()));
  const giveBack = async () => {
    holder.stdin.end();
    await exit;
  };
  const answer = await new Promise<string>((resolve, reject) => {
    holder.once('error', reject);
    holder.stdout.setEncoding('utf8').once('data', text => resolve(text.trim()));
    void exit.then(() => resolve('ended'));
  });
  if (answer.startsWith('ready')) return { answer: answer.slice('ready '.length), giveBack };
  await giveBack();
  throw new Error(`borrowing from the host: ${answer}`);
};

/** What the guests use of the host besides memory: KSM running (fast), hugepages of 2 MiB, and MiB of a swap file. */
interface Loan {
  readonly ksm?: boolean;
  readonly hugepages?: number;
  readonly swap?: number;
}

/** Borrows from the host; resolves to what gives it back. */
export const borrowHost = async ({ ksm = false, hugepages = 0, swap = 0 }: Loan): Promise<() => Promise<void>> =>
  (await hold('borrow.sh', [ksm ? '1' : '0', String(hugepages), String(swap)])).giveBack;

/** Takes so many bytes of the host's RAM, outside its hugepage pools; resolves to what gives them back. */
export const holdMemory = async (bytes: number): Promise<() => Promise<void>> =>
  (await hold('ballast.sh', [String(Math.ceil(bytes / 2 ** 20))])).giveBack;

/** Keeps other labs from borrowing (borrow.sh takes the same lock): pools are resized, and KSM is stopped, by one at a time. */
export const aloneWithHost = async <T>(work: () => Promise<T>): Promise<T> => {
  const turn = join(tmpdir(), 'kvmtop-lab-host/turn');
  const holder = spawn('flock', [turn, 'sh', '-c', 'echo mine; cat'], { stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = new Promise(resolve => holder.once('close', resolve));
  try {
    await new Promise(resolve => holder.stdout.once('data', resolve));
    return await work();
  } finally {
    holder.stdin.end();
    await ended;
  }
};

/** A memory cgroup. */
export interface Cell {
  /** For `GuestOptions.cell`. */
  readonly folder: string;
  /** What a process is started by, so that it is in it from its beginning. */
  readonly enter: readonly string[];
  readonly resize: (megabytes: number) => void;
  /** Kills what is left in it, and removes it. */
  readonly close: () => Promise<void>;
}

/** A cgroup of so many MiB. Where its processes may not be swapped out, the kernel kills one that needs more. */
export const openCell = async (megabytes: number, { swap }: { readonly swap: boolean }): Promise<Cell> => {
  const { answer: folder, giveBack } = await hold('cell.sh', [String(megabytes), swap ? '1' : '0']);
  const limit = ['memory.max', 'memory.limit_in_bytes'].map(name => join(folder, name)).find(existsSync);
  return {
    folder,
    enter: enterCell(folder),
    resize: size => writeFileSync(limit as string, `${size}M`),
    close: giveBack,
  };
};

/** The guests of the lab, by a short key: one of each kind that kvmtop has to tell apart. */
const labGuests = {
  /** A balloon with an id, and room to move. */
  id: { name: 'web-1', memory: 256 },
  /** A balloon device without an id. */
  noid: { name: 'web-2', balloon: 'noid' },
  /** No balloon device at all. */
  bare: { name: 'bare', memory: 128, balloon: 'none' },
  /** A balloon device whose driver the guest never loads. */
  nodriver: { name: 'nodriver', memory: 128, balloon: 'nodriver' },
  hugetlb: { name: 'huge', memory: 128, backend: 'hugetlb' },
  memfd: { name: 'memfd', memory: 128, backend: 'memfd' },
  /** Two with the same pages, for KSM. */
  twinA: { name: 'twin-a', fill: 48, merge: true },
  twinB: { name: 'twin-b', fill: 48, merge: true },
  paused: { name: 'paused', memory: 128, paused: true },
  /** A name that would steer a terminal. */
  odd: { name: 'we b\x1b[31mX', memory: 128 },
} as const satisfies Record<string, GuestOptions>;

export type LabKey = keyof typeof labGuests;
export const labKeys = Object.keys(labGuests) as LabKey[];

export interface Lab<Key extends LabKey = LabKey> {
  readonly guests: Readonly<Record<Key, Guest>>;
  /** Kills the guests and puts the host back. */
  readonly stop: () => Promise<void>;
}

/**
 * Starts guests of the lab side by side (all of them, or `only` some) and resolves when every one is ready. About a
 * second and a half each on two processors. `prefix` goes before their names, for a host with other guests on it.
 */
export const startLab = async <Key extends LabKey = LabKey>(
  only: readonly Key[] = labKeys as Key[],
  prefix = '',
): Promise<Lab<Key>> => {
  const options = only.map((key): GuestOptions => ({ ...labGuests[key], name: prefix + labGuests[key].name }));
  const giveBack = await borrowHost({
    ksm: options.some(({ merge }) => merge),
    hugepages: options.reduce((sum, { backend, memory = 0 }) => sum + (backend === 'hugetlb' ? memory / 2 : 0), 0),
  });
  const started: Guest[] = [];
  const stop = async () => {
    await Promise.all(started.map(guest => guest.stop()));
    await giveBack();
  };
  const starting = options.map(async option => {
    const guest = await startGuest(option);
    started.push(guest);
    // A paused guest was ready before it was stopped.
    if (!option.paused) await guest.ready();
    return guest;
  });
  try {
    const guests = await Promise.all(starting);
    return { guests: Object.fromEntries(only.map((key, index) => [key, guests[index]])) as Record<Key, Guest>, stop };
  } catch (error) {
    await Promise.allSettled(starting);
    await stop();
    throw error;
  }
};
