import { execFileSync } from 'node:child_process';
import { openTerminal } from '../pty/terminal.ts';
import { type Contestant, contestantsIn } from './contestants.ts';
import { startCrowd } from './crowd.ts';
import { cpuMilliseconds, median, pause, peakResident } from './measure.ts';

const guests = 100;
const runs = 12;
/** After so many seconds the peak is reached: the second look, the late look-ups, the first collections of garbage. */
const seconds = 20;

/** Milliseconds that a program is left alone before it is left, and that it may take to end. */
const settle = 300;
const leaving = 2000;

export interface StartCost {
  readonly program: string;
  /** Milliseconds until the screen is complete; of `node -e 0`, until it has ended. */
  readonly least: number;
  readonly median: number;
  /** Of a processor until then, all threads together: the median, ms. */
  readonly cpu: number;
  /** Bytes; absent for what ends at once. */
  readonly peak?: number;
}

/** Milliseconds. */
interface Took {
  readonly time: number;
  readonly cpu: number;
}

const untilComplete = async (contestant: Contestant): Promise<Took> => {
  const start = performance.now();
  const terminal = openTerminal(contestant.run);
  try {
    await terminal.waitFor(screen => contestant.complete(screen), 20_000);
    const took = { time: performance.now() - start, cpu: cpuMilliseconds(terminal.pid) };
    // As operators leave them: what a program keeps for its next start is kept at its end.
    await pause(settle);
    terminal.press('q');
    await Promise.race([terminal.exit, pause(leaving)]);
    return took;
  } finally {
    await terminal.close();
  }
};

/** The shell tells what its children took, once they ended: user and system, in seconds. */
const cpuOfNode = (): number =>
  execFileSync('bash', ['-c', 'TIMEFORMAT="%U %S"; { time "$0" -e 0; } 2>&1', process.execPath], { encoding: 'utf8' })
    .split(' ')
    .reduce((sum, seconds) => sum + Number(seconds) * 1000, 0);

const untilEnd = async (): Promise<Took> => {
  const start = performance.now();
  const terminal = openTerminal({ command: process.execPath, args: ['-e', '0'] });
  await terminal.exit;
  const time = performance.now() - start;
  await terminal.close();
  return { time, cpu: cpuOfNode() };
};

const peakOf = async (contestant: Contestant): Promise<number> => {
  const terminal = openTerminal(contestant.run);
  try {
    await pause(seconds * 1000);
    return peakResident(terminal.pid);
  } finally {
    await terminal.close();
  }
};

/** (c) Time to the first complete screen, the programs in turn; and the most memory held. */
export const measureStarts = async (folder: string, tell: (line: string) => void): Promise<StartCost[]> => {
  const contestants = Object.values(contestantsIn(folder));
  const costs = new Map<string, Took[]>();
  const note = (program: string, took: Took): void => {
    costs.set(program, [...(costs.get(program) ?? []), took]);
  };
  const crowd = await startCrowd(folder, guests, true);
  try {
    tell(`${runs} starts of each program`);
    for (let run = 0; run <= runs; run += 1) {
      const turn: [string, Took][] = [['node -e 0', await untilEnd()]];
      for (const contestant of contestants) turn.push([contestant.name, await untilComplete(contestant)]);
      // The first turn fills the page cache.
      if (run > 0) for (const [program, took] of turn) note(program, took);
    }
    tell(`memory after ${seconds} s`);
    const peaks = new Map<string, number>();
    await Promise.all(contestants.map(async one => peaks.set(one.name, await peakOf(one))));
    return [...costs].map(([program, all]) => {
      const times = all.map(({ time }) => time);
      const peak = peaks.get(program);
      return {
        program,
        least: Math.min(...times),
        median: median(times),
        cpu: median(all.map(({ cpu }) => cpu)),
        ...(peak === undefined ? {} : { peak }),
      };
    });
  } finally {
    await crowd.end();
  }
};
