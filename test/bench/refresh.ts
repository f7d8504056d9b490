import { openTerminal } from '../pty/terminal.ts';
import { type Contestant, contestantsIn } from './contestants.ts';
import { startCrowd } from './crowd.ts';
import { cpuMilliseconds, pause } from './measure.ts';

/** As many rows as the table has to choose from. */
const guests = 100;
/** Compilers and caches are warm, the first seconds' look-ups done. */
const warmSeconds = 20;
const refreshes = 30;

const sizes = [
  { columns: 80, rows: 24 },
  { columns: 200, rows: 60 },
] as const;
type Size = (typeof sizes)[number];

export interface RefreshCost {
  readonly program: string;
  readonly monitors: boolean;
  readonly columns: number;
  readonly rows: number;
  readonly bytes: number;
  /** Milliseconds. */
  readonly cpu: number;
}

/** Bytes and CPU of one refresh, at one refresh a second. */
const measure = async (contestant: Contestant, size: Size, monitors: boolean): Promise<RefreshCost> => {
  const terminal = openTerminal({ ...contestant.run, ...size });
  try {
    await terminal.waitFor(screen => contestant.complete(screen), 20_000);
    await pause(warmSeconds * 1000);
    const before = { cpu: cpuMilliseconds(terminal.pid), bytes: terminal.bytes() };
    await pause(refreshes * 1000);
    const cpu = (cpuMilliseconds(terminal.pid) - before.cpu) / refreshes;
    return { program: contestant.name, monitors, ...size, bytes: (terminal.bytes() - before.bytes) / refreshes, cpu };
  } finally {
    await terminal.close();
  }
};

/**
 * (b) One refresh on a host with `guests` guests and as many other processes. A socket serves one client, so kvmtop runs
 * once per size where guests have monitors; otherwise all run side by side, each on its own terminal.
 */
export const measureRefreshes = async (folder: string, tell: (line: string) => void): Promise<RefreshCost[]> => {
  const { kvmtop, executable, htop, btop } = contestantsIn(folder);
  const costs: RefreshCost[] = [];
  const withCrowd = async (monitors: boolean, turns: readonly (readonly [Contestant, Size])[][]): Promise<void> => {
    const crowd = await startCrowd(folder, guests, monitors);
    try {
      for (const turn of turns) {
        const names = turn.map(([{ name }, { columns, rows }]) => `${name} ${columns}x${rows}`).join(', ');
        tell(`refreshes with ${monitors ? 'monitors' : 'no monitors'}: ${names}`);
        costs.push(...(await Promise.all(turn.map(([contestant, size]) => measure(contestant, size, monitors)))));
      }
    } finally {
      await crowd.end();
    }
  };
  const alone = executable ? [executable] : [];
  await withCrowd(
    true,
    [[kvmtop, htop, btop], ...alone.map(one => [one])].flatMap(turn =>
      sizes.map(size => turn.map(one => [one, size] as const)),
    ),
  );
  await withCrowd(false, [[kvmtop, ...alone].flatMap(one => sizes.map(size => [one, size] as const))]);
  return costs;
};
