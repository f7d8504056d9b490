import { afterAll, afterEach, expect, test } from 'vitest';
import { openDesk } from './kvmtop.ts';
import type { Terminal } from './terminal.ts';

const desk = openDesk();
afterEach(() => desk.tidy());
afterAll(() => desk.close());

/** Bytes that the line carries in a second: 9600 baud. */
const rate = 960;

const openSlow = () => desk.open(['--demo'], { columns: 120, rows: 40, rate });

/** Presses a key, and gives how many bytes the line carried until its answer was on the screen. */
const answerTo = async (terminal: Terminal, key: string, answer: RegExp): Promise<number> => {
  const before = terminal.carried();
  terminal.press(key);
  await terminal.waitFor(answer, 20_000);
  return terminal.carried() - before;
};

test('a key is answered within a second of the line, while the screen is still filling', async () => {
  const terminal = openSlow();
  await terminal.waitFor(/Quit/, 30_000);
  // All of it anew: the first rows of some 6 kB.
  terminal.press('\f');
  await terminal.waitFor(screen => screen[3] === '', 20_000);
  await terminal.waitFor(screen => screen[3] !== '', 20_000);
  expect(terminal.screen().at(-1)).toBe('');
  const told = {
    tab: await answerTo(terminal, '2', /^1Over.*\n\W*NAME/m),
    filter: await answerTo(terminal, '/', /^filter _/m),
    typed: await answerTo(terminal, 'v', /^filter v_/m),
    help: await answerTo(terminal, '\r?', /Units/),
    back: await answerTo(terminal, 'q', /^1Over/m),
  };
  for (const bytes of Object.values(told)) expect(bytes, JSON.stringify(told)).toBeLessThanOrEqual(rate);
  expect(terminal.bytes() - terminal.carried()).toBeLessThan(rate);
  // And all of it comes.
  await terminal.waitFor(screen => /vdi-03/.test(screen.join('\n')) && /Quit/.test(screen.at(-1) ?? ''), 30_000);
});
