import { chmodSync, globSync, lstatSync, mkdirSync, readFileSync, rmSync, type Stats, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

const memory = '/dev/shm';
/** More than all tests that run at a time have in their folders, bytes. */
const enough = 512 * 1024 ** 2;

/** Whether programs of tests may run there, too: in containers it is often mounted noexec. */
const isFit = (): boolean => {
  try {
    const mount = readFileSync('/proc/self/mounts', 'utf8')
      .split('\n')
      .map(line => line.split(' '))
      .find(([, path]) => path === memory);
    const { bavail, bsize } = statfsSync(memory);
    return mount?.[2] === 'tmpfs' && !mount[3]?.split(',').includes('noexec') && bavail * bsize > enough;
  } catch {
    return false;
  }
};

/**
 * The folder for temporary files of this run: in memory where that can be, since recordings and journals are synced to
 * the disk with every sample, and a busy disk would take minutes for it.
 */
export const scratch = join(isFit() ? memory : tmpdir(), `kvmtop-tests-${process.pid}`);

/** What tests and the programs that they start find for a home: no settings, no journal, nothing of whoever runs them. */
export const home = {
  HOME: join(scratch, 'home'),
  XDG_CACHE_HOME: join(scratch, 'home/cache'),
  XDG_CONFIG_HOME: join(scratch, 'home/config'),
  XDG_DATA_HOME: join(scratch, 'home/data'),
  XDG_STATE_HOME: join(scratch, 'home/state'),
};

const isOwn = ({ uid }: Stats): boolean => uid === process.geteuid?.();

/** What runs of the same user that were killed have left, more than a day ago. */
const leftovers = (): readonly string[] =>
  globSync(join(dirname(scratch), 'kvmtop-tests-*')).filter(path => {
    const status = lstatSync(path, { throwIfNoEntry: false });
    return status !== undefined && isOwn(status) && status.mtimeMs < Date.now() - 86_400_000;
  });

/** Makes it, for tests that become another user as well, and removes it at the end with what they left there. */
export default (): (() => void) => {
  for (const path of leftovers()) rmSync(path, { recursive: true, force: true });
  mkdirSync(scratch, { recursive: true });
  if (!isOwn(lstatSync(scratch))) throw new Error(`${scratch} is another user’s: remove it`);
  chmodSync(scratch, 0o755);
  mkdirSync(home.HOME, { recursive: true });
  return () => rmSync(scratch, { recursive: true, force: true });
};
