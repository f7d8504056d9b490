import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import { openDesk } from './kvmtop.ts';
import type { Terminal } from './terminal.ts';

const desk = openDesk();
afterEach(() => desk.tidy());
afterAll(() => desk.close());

const openDemo = async (columns = 80, rows = 24, ...words: readonly string[]) => {
  const terminal = desk.open(['--demo', ...words], { columns, rows });
  await terminal.waitFor(/Quit/, 20_000);
  return terminal;
};

/** No dialog is open: its keys would not leave kvmtop. */
const isTable = (screen: readonly string[]): boolean => screen.at(-1)?.includes('Quit') === true;

/** A whole click on the first row that has this text, as a terminal sends it. */
const click = (terminal: Terminal, text: string | RegExp, rows = terminal.screen()): void => {
  const y = rows.findIndex(row => row.search(text) >= 0);
  const place = `${(rows[y] ?? '').search(text) + 1};${y + 1}`;
  terminal.press(`\x1b[<0;${place}M`);
  terminal.press(`\x1b[<0;${place}m`);
};

describe.each([
  [80, 24],
  [120, 40],
])('a mouse on %ix%i', (columns, rows) => {
  test('opens a guest by two clicks, and sorts by its columns', async () => {
    const terminal = await openDemo(columns, rows, '--tab', 'guests');
    expect(terminal.mouse()).toBe(true);
    const gitlab = (screen: readonly string[]) => screen.findIndex(row => /^\W*gitlab/.test(row));
    const before = gitlab(await terminal.waitFor(/^\W*gitlab/m));
    click(terminal, /NAME(?=.*STATE)/);
    await terminal.waitFor(screen => gitlab(screen) !== before);
    click(terminal, /gitlab/);
    click(terminal, /gitlab/);
    await terminal.waitFor(screen => !isTable(screen));
  });

  test('turns the pages of the help by its wheel, and shows tabs', async () => {
    const terminal = await openDemo(columns, rows);
    const [, bar = ''] = terminal.screen();
    click(terminal, /Mem(?:info|Info)|7/, ['', bar]);
    await terminal.waitFor('MemTotal');
    terminal.press('?');
    const [, first = ''] = await terminal.waitFor('Units');
    terminal.press('\x1b[<65;5;5M');
    await terminal.waitFor(screen => !screen.includes(first));
    terminal.press('\x1b[<64;5;5M');
    await terminal.waitFor(screen => screen.includes(first));
  });
});

test('a click in two packets is one, and no keys', async () => {
  const terminal = await openDemo(80, 24, '--tab', 'guests');
  const y = (await terminal.waitFor(/^\W*gitlab/m)).findIndex(row => /^\W*gitlab/.test(row));
  const sequence = `\x1b[<0;3;${y + 1}M`;
  for (let at = 1; at < sequence.length; at++) {
    await terminal.pressTorn(sequence, at, 40);
    // Selected, then opened; then closed again.
    if (at % 2 === 0) {
      await terminal.waitFor(screen => !isTable(screen));
      terminal.press('q');
      await terminal.waitFor(isTable);
    }
  }
  // A digit would have shown a tab.
  expect(terminal.screen()[2]).toMatch(/^\W*NAME/);
});

test.each([
  ['--no-mouse', ['--no-mouse']],
  ['mouse = false', ['--config', join(mkdtempSync(join(tmpdir(), 'kvmtop-mouse-')), 'config.toml')]],
])('%s leaves it to the terminal', async (_name, words) => {
  const [, file] = words;
  if (file !== undefined) writeFileSync(file, 'mouse = false\n');
  const terminal = await openDemo(80, 24, ...words);
  expect(terminal.mouse()).toBe(false);
  terminal.press('q');
  expect(await terminal.exit).toEqual({ code: 0, signal: undefined });
  expect(terminal.raw()).not.toContain('\x1b[?1000h');
});

test('a click on q leaves, and nothing of it reaches the shell', async () => {
  const terminal = await openDemo();
  click(terminal, 'q Quit');
  expect(await terminal.exit).toEqual({ code: 0, signal: undefined });
  expect([terminal.alternate(), terminal.mouse()]).toEqual([false, false]);
});
