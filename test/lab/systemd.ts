import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { until } from '../until.ts';

/**
 * A systemd of its own, as PID 1 of a container without network that sees this host's files, or those of another system, and
 * whose changes to them are gone with it.
 */
export interface Systemd {
  /** Runs a shell script inside; resolves to what it printed, and rejects with that where its status is not 0. */
  readonly run: (script: string) => Promise<string>;
  /** The words that run others inside; `outside`: with this host's files, but among the processes of the container. */
  readonly enter: (outside?: 'outside') => readonly [string, ...string[]];
  readonly stop: () => Promise<void>;
}

const childrenOf = (pid: number): readonly number[] =>
  readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean).map(Number);

/** PID 1 of the container, as this host counts: the leader that systemd-nspawn starts. */
const leaderOf = (nspawn: ChildProcess): number | undefined => {
  const leader = childrenOf(nspawn.pid ?? -1).at(-1);
  return leader !== undefined && readFileSync(`/proc/${leader}/cmdline`, 'utf8').includes('systemd\0')
    ? leader
    : undefined;
};

/** `given`: what is under /opt/kvmtop there; `system`: whose files it sees. */
export const startSystemd = async (given: string, system = '/'): Promise<Systemd> => {
  const folder = mkdtempSync(join(tmpdir(), 'kvmtop-systemd-'));
  const root = join(folder, 'root');
  // The mount of / is of this process alone, and ends with it.
  const script = 'mkdir "$0" && mount --bind "$1" "$0" && shift && exec "$@"';
  const words = [
    '--register=no',
    '--keep-unit',
    '--private-network',
    '--volatile=overlay',
    `--bind-ro=${given}:/opt/kvmtop`,
  ];
  const nspawn = spawn(
    'setpriv',
    [
      ...['--pdeathsig', 'KILL', 'unshare', '--mount', '--propagation', 'private', 'sh', '-c', script, root, system],
      // None of this host's own services.
      ...['systemd-nspawn', ...words, '-D', root, '-b', 'systemd.unit=sysinit.target'],
    ],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  let told = '';
  for (const stream of [nspawn.stdout, nspawn.stderr])
    stream.setEncoding('utf8').on('data', text => {
      told += text;
    });
  const exit = once(nspawn, 'exit');
  const stop = async (): Promise<void> => {
    const leader = nspawn.exitCode === null ? leaderOf(nspawn) : undefined;
    // With PID 1 all others in the container end.
    if (leader !== undefined) process.kill(leader, 'SIGKILL');
    else nspawn.kill('SIGKILL');
    await exit;
    rmSync(folder, { recursive: true });
  };
  const enter: Systemd['enter'] = outside => {
    const leader = leaderOf(nspawn);
    if (leader === undefined) throw new Error(`systemd does not run: ${told}`);
    return ['nsenter', '-t', String(leader), ...(outside ? [] : ['-m']), '-u', '-i', '-n', '-p', '-C'];
  };
  const run = (inside: string): Promise<string> =>
    new Promise((resolve, reject) => {
      const [command, ...args] = enter();
      execFile(command, [...args, 'sh', '-ec', inside], { timeout: 60_000 }, (error, stdout, stderr) => {
        if (error) reject(new Error(`${inside}: ${stdout}${stderr}`));
        else resolve(stdout);
      });
    });
  try {
    await until('systemd is up', 60_000, async () => {
      if (nspawn.exitCode !== null) throw new Error(`systemd-nspawn ended: ${told}`);
      return (
        leaderOf(nspawn) !== undefined && /^active$/m.test(await run('systemctl is-active sysinit.target || true'))
      );
    });
    return { run, enter, stop };
  } catch (error) {
    await stop();
    throw error;
  }
};
