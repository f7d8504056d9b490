import { afterAll, afterEach, expect, test } from 'vitest';
import { openDesk } from './kvmtop.ts';
import type { Terminal } from './terminal.ts';

/** What an operator comes for, at 80x24, and with how many key presses. */

const desk = openDesk();
afterEach(() => desk.tidy());
afterAll(() => desk.close());

const [enter, pageDown] = ['\r', '\x1b[6~'];

/** Counts presses. */
const sit = async (...args: string[]) => {
  const terminal = desk.open(['--demo', ...args], { columns: 80, rows: 24 });
  await terminal.waitFor(/^q Quit/m, 20_000);
  let presses = 0;
  const press = (...keys: readonly string[]): void => {
    for (const key of keys) {
      presses += 1;
      terminal.press(key);
    }
  };
  return { terminal, press, presses: () => presses };
};

/** Reads a plan to its end, a page a press. */
const readOn = async (terminal: Terminal, press: (key: string) => void): Promise<void> => {
  for (let pages = 0; pages < 5; pages++) {
    const before = terminal.screen().join('\n');
    if (before.includes('Do it?')) return;
    press(pageDown);
    await terminal.waitFor(screen => screen.join('\n') !== before);
  }
};

test('take memory from the guests that can best spare it: at most 8 presses', async () => {
  const { terminal, press, presses } = await sit();
  press('T', '2', 'G', enter);
  await terminal.waitFor(/Take 2\.00 GiB from the guests that can spare most: \d+ of \d+ guests/);
  await terminal.waitFor(/Do it\?|Read on/);
  await readOn(terminal, press);
  press('y');
  await terminal.waitFor(/on its way|: asked|arrived at/);
  expect(presses()).toBeLessThanOrEqual(8);
});

test('see what is wrong, and its fix: 2 presses', async () => {
  const { terminal, press } = await sit();
  await terminal.waitFor(screen => /^!! legacy-erp: Its balloon withholds/.test(screen[2] ?? ''), 20_000);
  press('V');
  await terminal.waitFor(/kvmtop do balloon legacy-erp \d+M/);
  press(enter);
  await terminal.waitFor(/Grow legacy-erp from 2\.50 GiB to/);
});

test('why KSM saves what it does: 1 press', async () => {
  const { terminal, press } = await sit();
  press('4');
  await terminal.waitFor(/^KSM .*running/m);
  await terminal.waitFor('pages shared');
});

test('who swaps: 1 press', async () => {
  const { terminal, press } = await sit();
  press('0');
  await terminal.waitFor(/^NAME +VERDICT/m);
  await terminal.waitFor(/legacy-erp +swaps inside/);
});

test('stop everything automatic: 1 press, from any tab', async () => {
  const { terminal, press } = await sit('--tab', 'vmstat');
  press('A', enter);
  await terminal.waitFor(screen => /SHADOW/.test(screen[0] ?? ''));
  press('X');
  await terminal.waitFor(screen => !/SHADOW/.test(screen[0] ?? ''));
});

test('the last minutes of the selected guest: 1 press', async () => {
  const { terminal, press } = await sit();
  press(enter);
  await terminal.waitFor(/^Over time .*last 1 min/m);
});
