import fc from 'fast-check';
import { beforeEach, expect, it, vi } from 'vitest';
import { line, span } from '../../src/ui/line.ts';
import { Pace, question } from '../../src/ui/screen/pace.ts';
import { Screen } from '../../src/ui/screen/screen.ts';
import { createTheme } from '../../src/ui/theme.ts';
import { Emulator } from './xterm.ts';

/** A line of so many bytes a second, which takes `delay` milliseconds besides, in a time of its own. */
const openLine = (rate: number, delay: number, answers = true) => {
  let now = 0;
  /** When the last byte that was written arrives. */
  let busyUntil = 0;
  const pace = new Pace(() => now);
  const due: number[] = [];
  let mostWaiting = 0;
  const write = (bytes: number, asking: string): void => {
    busyUntil = Math.max(busyUntil, now) + (1000 * (bytes + asking.length)) / rate;
    mostWaiting = Math.max(mostWaiting, busyUntil - now);
    if (answers && asking !== '') due.push(busyUntil + delay);
  };
  const start = pace.start(60);
  write(60, start);
  return {
    pace,
    /** The longest time that something written had to wait for its turn, ms. */
    mostWaiting: () => mostWaiting,
    /** Draws this much as fast as the pace allows, in rows of 200 bytes, and gives how long that took, ms. */
    draw(bytes: number): number {
      const from = now;
      let left = bytes;
      while (left > 0) {
        const room = pace.room();
        if (room > 0) {
          const part = Math.min(left, Math.max(200, Math.min(room, left)));
          left -= part;
          write(part, pace.wrote(part, left > 0));
          continue;
        }
        const next = Math.min(due[0] ?? Number.POSITIVE_INFINITY, now + Math.max(1, pace.wait));
        if (due[0] === next) due.shift();
        else {
          now = next;
          continue;
        }
        now = Math.max(now, next);
        write(0, pace.answered());
      }
      return Math.max(now, busyUntil) - from;
    },
    pass(milliseconds: number): void {
      now += milliseconds;
      for (; due[0] !== undefined && due[0] <= now; due.shift()) write(0, pace.answered());
    },
  };
};

it('never lets a key wait for long, whatever the line carries, once the terminal has answered', () => {
  fc.assert(
    fc.property(fc.integer({ min: 960, max: 10_000_000 }), fc.integer({ min: 0, max: 100 }), (rate, delay) => {
      const line = openLine(rate, delay);
      line.pass(200);
      for (let frame = 0; frame < 10; frame++) {
        line.draw(6000);
        line.pass(1000);
      }
      // Twice a row and the question, while the line is not known well.
      expect(line.mostWaiting()).toBeLessThan(600);
    }),
  );
});

it('costs a fast line next to nothing', () => {
  const local = openLine(50_000_000, 1);
  local.pass(50);
  expect(local.draw(20_000)).toBeLessThan(20);
  const far = openLine(1_000_000, 150);
  far.pass(250);
  expect(far.draw(6000)).toBeLessThan(1000);
  far.pass(1000);
  expect(far.draw(6000)).toBeLessThan(300);
});

it('uses most of a slow line', () => {
  const line = openLine(960, 20);
  line.pass(200);
  line.draw(3000);
  line.pass(1000);
  const took = line.draw(9600);
  expect(took).toBeLessThan(1.4 * 10_000);
});

it('waits for the first answer for a moment, and of a terminal that gives none writes all', () => {
  const line = openLine(960, 0, false);
  expect(line.pace.room()).toBe(0);
  line.pass(199);
  expect(line.pace.room()).toBe(0);
  line.pass(2);
  expect(line.pace.room()).toBe(Number.POSITIVE_INFINITY);
  expect(line.pace.wrote(6000, false)).toBe('');
  line.pass(1000);
  expect(line.pace.owed).toBe(0);
});

it('goes on after a late first answer, and after answers that were lost', () => {
  let now = 0;
  const pace = new Pace(() => now);
  pace.start(60);
  now = 300;
  expect(pace.room()).toBe(Number.POSITIVE_INFINITY);
  pace.wrote(6000, false);
  // What was written meanwhile is asked for.
  expect(pace.answered()).toBe(question);
  expect(pace.room()).toBe(0);
  for (let lost = 0; lost < 3; lost++) {
    now += 5001;
    expect(pace.room()).toBeGreaterThan(0);
    pace.wrote(1000, true);
  }
  expect(pace.room()).toBe(Number.POSITIVE_INFINITY);
});

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['performance'] });
  return () => void vi.useRealTimers();
});

/** A terminal of 60x20 on a line that takes 300 ms for what it is given at once. */
const open = () => {
  const emulator = new Emulator(60, 20);
  const screen = new Screen(emulator, createTheme({ TERM: 'xterm-256color' }), { paced: true });
  screen.enter();
  const answer = (after = 300): void => {
    vi.advanceTimersByTime(after);
    screen.answered();
  };
  answer(70);
  const paint = (rows: readonly string[]): void => {
    screen.paint(
      'pane',
      { x: 0, y: 0, width: 60, height: 20 },
      rows.map(row => line(span(row))),
    );
  };
  return { emulator, screen, paint, answer };
};

/** The rows of a screen, each as long as it is wide and of one letter. */
const filled = (letter: string): string[] => Array.from({ length: 20 }, () => letter.repeat(60));

it('draws what a key has changed before what is still to be drawn, and all of it in the end', async () => {
  const { emulator, screen, paint, answer } = open();
  paint(filled('b'));
  screen.flush();
  answer();
  const shownAt = async (row: number): Promise<string> => ((await emulator.text())[row] ?? '').charAt(0);
  expect(await shownAt(19)).not.toBe('b');
  const before = emulator.output.length;
  screen.asked();
  paint(filled('b').map((row, y) => (y === 15 ? 'k'.repeat(60) : row)));
  screen.flush();
  for (let answers = 0; (await shownAt(15)) !== 'k'; answers++) {
    expect(answers).toBeLessThan(3);
    answer();
  }
  expect(emulator.output.length - before).toBeLessThan(960);
  expect(await shownAt(19)).not.toBe('b');
  for (let answers = 0; answers < 100; answers++) answer();
  expect((await emulator.text()).map(row => row.charAt(0)).join('')).toBe('bbbbbbbbbbbbbbbkbbbb');
});

it('all rows have their turn where the first change faster than the line carries', async () => {
  const { emulator, screen, paint, answer } = open();
  for (let look = 0; look < 60; look++) {
    const letter = String.fromCharCode(0x41 + (look % 26));
    paint([...filled(letter).slice(0, 10), ...filled('z').slice(10)]);
    screen.flush();
    answer();
  }
  expect((await emulator.text())[19]?.charAt(0)).toBe('z');
});

it('settles once the terminal has answered, and asks nothing more', async () => {
  const { emulator, screen, paint } = open();
  paint(filled('a'));
  screen.flush();
  let settled = false;
  const settling = screen.settled().then(() => {
    settled = true;
  });
  await new Promise(resolve => setImmediate(resolve));
  const asked = emulator.output.split(question).length - 1;
  expect(asked).toBeGreaterThan(1);
  expect(settled).toBe(false);
  for (let answers = 1; answers < asked; answers++) screen.answered();
  await settling;
  paint(filled('b'));
  screen.flush();
  expect(emulator.output.split(question).length - 1).toBe(asked);
});
