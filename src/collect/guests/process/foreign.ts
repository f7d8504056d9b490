import { type BigIntStats, closeSync, constants, fstat, open, read, readFileSync, readlink } from 'node:fs';
import { promisify } from 'node:util';
import type { Located } from '../../../vmm/launch.ts';
import { Queue } from '../queue.ts';
import { isLocal, type Mount } from './mounts.ts';

/**
 * Files that a stranger names. Anybody may start a process that is called qemu-system-x86_64 and names what it likes: a pipe,
 * a device that acts when it is opened, a file of /proc whose reading blocks, a folder of a file system that no longer
 * answers. So kvmtop goes to such a file by itself, one name after the other:
 *
 * - Each is opened with O_PATH only, which names a file without opening it, below the one before, whose descriptor is held: what
 *   is swapped meanwhile is not followed. A link is read and gone by hand.
 * - Before a mount point is touched, the table of mounts tells its kind: only those that are in the memory or on a disk of this
 *   host are gone into.
 * - All is done by Node's pool of threads, so that even a dead disk holds up no frame.
 */

/** Linux: to name a file without opening it. (Node has no name for it.) */
const pathOnly = 0o10000000;

/** Links on one way, as many as the kernel itself follows. */
const mostLinks = 40;

/** Ways gone at the same time: the pool has four threads, and others need some too. */
const atOnce = 2;

const opened = promisify(open);
/** In whole numbers, since an inode's may have 64 bits. */
const status = promisify(fstat);
const target = promisify(readlink);
const bytesOf = promisify(read);

/** Why a file that a stranger names is left alone. */
export class ForeignError extends Error {}

/** A file that is held: it stays the same whatever happens to its name. */
export interface Pinned {
  readonly descriptor: number;
  readonly stats: BigIntStats;
  /** Its true name below the root that it was reached through. */
  readonly where: string;
  /** The users who made the links on the way to it. */
  readonly linkers: ReadonlySet<number>;
}

/** A folder on the way. */
interface Step {
  readonly descriptor: number;
  readonly where: string;
}

const queue = new Queue(atOnce);

/**
 * Holds the file that a process means; `mounts`: what is mounted below its root. The caller closes the descriptor.
 * @throws ForeignError where it would be no good to go; the system's own errors.
 */
export const pin = (file: Located, mounts: readonly Mount[]): Promise<Pinned> => inTurn(() => walk(file, mounts));

/**
 * A plain file's text; `undefined` where it is none, is longer than so many bytes, or nobody could have meant it: what is in
 * /dev, even a plain file, is not for guests.
 */
export const textOf = (file: Located, mounts: readonly Mount[], longest: number): Promise<string | undefined> =>
  inTurn(async () => {
    const { descriptor: name, stats, where } = await walk(file, mounts);
    try {
      if (!stats.isFile() || stats.size > longest || where.startsWith('/dev/')) return undefined;
      // The very file that was looked at, whatever has its name by now.
      const descriptor = await opened(`/proc/self/fd/${name}`, constants.O_RDONLY | constants.O_NONBLOCK);
      try {
        return await textIn(descriptor, longest);
      } finally {
        closeSync(descriptor);
      }
    } finally {
      closeSync(name);
    }
  });

/** It may grow while it is read. */
const textIn = async (descriptor: number, longest: number): Promise<string | undefined> => {
  const buffer = Buffer.allocUnsafe(longest + 1);
  let length = 0;
  for (;;) {
    const { bytesRead } = await bytesOf(descriptor, buffer, length, buffer.length - length, length);
    if (bytesRead === 0) return buffer.toString('utf8', 0, length);
    length += bytesRead;
    if (length > longest) return undefined;
  }
};

const walk = async ({ root, path }: Located, mounts: readonly Mount[]): Promise<Pinned> => {
  const names = partsOf(path);
  const linkers = new Set<number>();
  /** The folders from the root on. */
  const trail: Step[] = [];
  const leave = (from: number): void => {
    for (const { descriptor } of trail.splice(from)) closeSync(descriptor);
  };
  let links = 0;
  try {
    for (let name = names.pop(); name !== undefined; name = names.pop()) {
      if (name === '..') {
        leave(Math.max(0, trail.length - 1));
        continue;
      }
      const here = trail.at(-1);
      const where = `${here?.where ?? ''}/${name}`;
      const from = `${here ? `/proc/self/fd/${here.descriptor}` : root}/${name}`;
      refuseStrange(where, mounts);
      const folder = names.length > 0 ? await folderAt(from) : undefined;
      if (folder !== undefined) {
        trail.push({ descriptor: folder, where });
        continue;
      }
      const file = await fileAt(from);
      if (!file.stats.isSymbolicLink()) {
        if (names.length === 0) return { ...checked(file, mounts), where, linkers };
        closeSync(file.descriptor);
        throw new ForeignError(`${where} is no folder`);
      }
      closeSync(file.descriptor);
      linkers.add(Number(file.stats.uid));
      links += 1;
      if (links > mostLinks) throw new ForeignError('its links lead nowhere');
      const to = await target(from);
      if (to.startsWith('/')) leave(0);
      names.push(...partsOf(to));
    }
    throw new ForeignError('it is a folder');
  } finally {
    leave(0);
  }
};
/** `undefined` for what is no folder: a link, too. */
const folderAt = async (path: string): Promise<number | undefined> => {
  try {
    return await opened(path, pathOnly | constants.O_NOFOLLOW | constants.O_DIRECTORY);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOTDIR') return undefined;
    throw error;
  }
};

type File = Pick<Pinned, 'descriptor' | 'stats'>;

const fileAt = async (path: string): Promise<File> => {
  const descriptor = await opened(path, pathOnly | constants.O_NOFOLLOW);
  try {
    return { descriptor, stats: await status(descriptor, { bigint: true }) };
  } catch (error) {
    closeSync(descriptor);
    throw error;
  }
};

/** For what was mounted while kvmtop was on the way, or lies under another mount. The kernel tells it without asking the file system. */
const checked = (file: File, mounts: readonly Mount[]): File => {
  try {
    refuseHidden(file.descriptor, mounts);
    return file;
  } catch (error) {
    closeSync(file.descriptor);
    throw error;
  }
};

/** The last first. */
const partsOf = (path: string): string[] =>
  path
    .split('/')
    .filter(part => part !== '' && part !== '.')
    .reverse();

const refuseStrange = (where: string, mounts: readonly Mount[]): void => {
  if (/^\/(proc|sys)$/.test(where)) throw new ForeignError(`${where} has no files of guests`);
  const strange = mounts.find(mount => mount.at === where && !isLocal(mount.kind));
  if (strange) throw new ForeignError(`${where} is a file system that may hang or act by itself (${strange.kind})`);
};

const refuseHidden = (descriptor: number, mounts: readonly Mount[]): void => {
  if (mounts.length === 0) return;
  const id = /^mnt_id:\s*(\d+)/m.exec(readFileSync(`/proc/self/fdinfo/${descriptor}`, 'utf8'))?.[1];
  const mount = mounts.find(one => one.id === id);
  if (!mount || !isLocal(mount.kind))
    throw new ForeignError(`it is on a file system that may hang or act by itself (${mount?.kind ?? 'unknown'})`);
};

/** At most so many at once; the others wait. */
const inTurn = <Result>(work: () => Promise<Result>): Promise<Result> => {
  const { promise, resolve, reject } = Promise.withResolvers<Result>();
  void queue.add({}, () => work().then(resolve, reject));
  return promise;
};
