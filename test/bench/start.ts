import { openTerminal } from '../pty/terminal.ts';
import { type Contestant, contestantsIn } from './contestants.ts';
import { startCrowd } from './crowd.ts';
import { median, pause, peakResident } from './measure.ts';

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
  /** Bytes; absent for what ends at once. */
  readonly peak?: number;
}

const untilComplete = async (contestant: Contestant): Promise<number> => {
  const start = performance.now();
  const terminal = openTerminal(contestant.run);
  try {
    await terminal.waitFor(screen => contestant.complete(screen), 20_000);
    const time = performance.now() - start;
    // As operators leave them: what a program keeps for its next start is kept at its end.
    await pause(settle);
    terminal.press('q');
    await Promise.race([terminal.exit, pause(leaving)]);
    return time;
  } finally {
    await terminal.close();
  }
};

const untilEnd = async (): Promise<number> => {
  const start = performance.now();
  const terminal = openTerminal({ command: process.execPath, args: ['-e', '0'] });
  await terminal.exit;
  const time = performance.now() - start;
  await terminal.close();
  return time;
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
  const times = new Map<string, number[]>();
  const note = (program: string, time: number): void => {
    times.set(program, [...(times.get(program) ?? []), time]);
  };
  const crowd = await startCrowd(folder, guests, true);
  try {
    tell(`${runs} starts of each program`);
    for (let run = 0; run <= runs; run += 1) {
      const turn: [string, number][] = [['node -e 0', await untilEnd()]];
      for (const contestant of contestants) turn.push([contestant.name, await untilComplete(contestant)]);
      // The first turn fills the page cache.
      if (run > 0) for (const [program, time] of turn) note(program, time);
    }
    tell(`memory after ${seconds} s`);
    const peaks = new Map<string, number>();
    await Promise.all(contestants.map(async one => peaks.set(one.name, await peakOf(one))));
    return [...times].map(([program, all]) => {
      const peak = peaks.get(program);
      return { program, least: Math.min(...all), median: median(all), ...(peak === undefined ? {} : { peak }) };
    });
  } finally {
    await crowd.end();
  }
};
