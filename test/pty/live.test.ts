import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, test, vi } from 'vitest';
import { timelineRows } from '../../src/store/time.ts';
import { until } from '../until.ts';
import { clockOf, guestIn, kvmtopWith, openDesk, outside, tableOf } from './kvmtop.ts';
import type { Terminal } from './terminal.ts';

const desk = openDesk();
afterEach(() => desk.tidy());
afterAll(() => desk.close());

const quiet = join(import.meta.dirname, '../hosts/debian12-1node');
/** The largest of the demo's guests: first in the default order. */
const largest = 'db-main';
const [enter, leave, up, left, pageDown, ctrlL] = ['\r', '\x1b', '\x1b[A', '\x1b[D', '\x1b[6~', '\x0c'];

/** Above the timeline, while the screen is held. */
const footerOf = (screen: readonly string[]): string =>
  screen.at(/ in \d+s *$/.test(screen.at(-1) ?? '') ? -1 - timelineRows : -1) ?? '';
const isDrawn = (screen: readonly string[]): boolean =>
  /^kvmtop /.test(screen[0] ?? '') && /^q Quit/.test(footerOf(screen)) && guestIn(screen, largest) !== undefined;

/** Whatever a picture must be, at this size. */
const expectPicture = (screen: readonly string[], columns: number, rows: number): void => {
  expect(screen).toHaveLength(rows);
  // Both are filled to the right edge; the badge ends in a blank.
  expect(screen[0]).toMatch(/^kvmtop .*\d\d:\d\d:\d\d .*(DEMO|PAUSED)$/);
  expect(screen[0]).toHaveLength(columns - 1);
  // Tabs with their names where there is room, else the names' keys; then how the table is ordered.
  expect(screen[1]).toMatch(
    columns >= 160
      ? /^1Overview 2Guests .* Journal VAdvisor.*TROUBLE▼$/
      : columns >= 80
        ? /^1Over\w* 2Guests .*0Stall!? J\w+ V\w+/
        : /^1Over 2 .* J V.*/,
  );
  expect(screen[1]?.length).toBeLessThanOrEqual(columns);
  // What is wrong, first.
  expect(screen[2]).toMatch(/^(!!|! |· ) .* V Fix$|^(No problems found\.|Looking for problems …)$/);
  // The ledger: one bar over all of RAM, and what its parts are.
  expect(screen[3]).toMatch(/^\[\S+\] 126G$/);
  expect(screen[3]?.length).toBeGreaterThanOrEqual(columns - 1);
  expect(screen[4]).toMatch(/free \d.*guests \d/);
  expect(footerOf(screen)).toMatch(/^q Quit {2}\? Help {2}Enter Open/);
  const guests = tableOf(screen);
  expect(guests.length).toBe(rows === 40 ? 19 : rows === 60 ? 20 : guests.length);
  expect(guests.length).toBeGreaterThanOrEqual(rows === 15 ? 5 : 13);
  expect(guests.find(guest => guest.get('NAME') === largest)?.get('SIZE')).toBe('16.0G');
};

/** The picture that a frame ends in: what a terminal shows within one is nobody's business. */
const settles = (look: () => void): Promise<void> => vi.waitFor(look, { timeout: 10_000, interval: 50 });

const openDemo = async (options: Parameters<typeof desk.open>[1] = {}, args: readonly string[] = []) => {
  const terminal = desk.open(['--demo', ...args], options);
  await terminal.waitFor(isDrawn, 20_000);
  return terminal;
};

const modeOf = (raw: string, mode: number): 'h' | 'l' | undefined =>
  [...raw.matchAll(new RegExp(`\\x1b\\[\\?${mode}([hl])`, 'g'))].at(-1)?.[1] as 'h' | 'l' | undefined;

/** Normal screen, cursor shown, wrapping on, no attributes left over. */
const expectGivenBack = (terminal: Terminal): void => {
  expect([terminal.alternate(), terminal.mouse()]).toEqual([false, false]);
  const raw = terminal.raw();
  expect({ cursor: modeOf(raw, 25), wrap: modeOf(raw, 7), synchronized: modeOf(raw, 2026) }).toEqual({
    cursor: 'h',
    wrap: 'h',
    synchronized: 'l',
  });
  expect(raw.slice(0, raw.lastIndexOf('\x1b[?1049l'))).toMatch(/\x1b\[0?m[^m]*$/);
};

/** `stty -a` of a process's terminal. */
const stty = (pid: number): string => execFileSync('stty', ['-a', '-F', `/proc/${pid}/fd/0`], { encoding: 'utf8' });

const stateOf = (pid: number): string =>
  readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /s, '')
    .slice(0, 1);

describe('the first frame', () => {
  test.each([
    [60, 15],
    [80, 24],
    [120, 40],
    [200, 60],
  ])('is right at %ix%i', async (columns, rows) => {
    const terminal = await openDemo({ columns, rows });
    await settles(() => expectPicture(terminal.screen(), columns, rows));
    expect(terminal.alternate()).toBe(true);
    expect(await outside(terminal.raw(), columns, rows)).toEqual([]);
  });

  test('takes keys that were typed before it was there', async () => {
    const terminal = desk.open(['--demo']);
    terminal.press('4?');
    await terminal.waitFor(/^Keys/m, 20_000);
    terminal.press(leave);
    await terminal.waitFor(screen => /4KSM/.test(screen[1] ?? '') && /^KSM /m.test(screen.join('\n')));
  });

  test('tells an operator without guests what to do', async () => {
    const terminal = desk.open(['--root', quiet]);
    await terminal.waitFor(`No guest in ${quiet}`, 20_000);
    // A captured tree has nothing that could be changed.
    expect(terminal.screen()[0]).toContain('READ-ONLY');
    expect(footerOf(terminal.screen())).not.toContain('Balloon');
  });
});

describe('resizing', () => {
  test('gives the right picture each time, and says when there is no room', async () => {
    const terminal = await openDemo({ columns: 200, rows: 60 });
    for (const [columns, rows] of [
      [80, 24],
      [120, 40],
    ] as const) {
      terminal.resize(columns, rows);
      await terminal.waitFor(screen => isDrawn(screen) && screen[0]?.length === columns - 1);
      await settles(() => expectPicture(terminal.screen(), columns, rows));
    }
    terminal.resize(59, 14);
    await terminal.waitFor('this is 59x14');
    expect(terminal.screen()).toEqual(['kvmtop needs 60x15,', 'this is 59x14. q quits.', ...Array(12).fill('')]);
    terminal.resize(20, 5);
    await terminal.waitFor('this is 20x5');
    expect(terminal.screen()).toEqual(['kvmtop needs 60x15,', 'this is 20x5. q qui…', '', '', '']);
    terminal.resize(200, 60);
    await terminal.waitFor(screen => isDrawn(screen) && screen[1]?.length === 200);
    await settles(() => expectPicture(terminal.screen(), 200, 60));
    terminal.resize(60, 15);
    await terminal.waitFor(screen => isDrawn(screen) && screen[1]?.length === 60);
    await settles(() => expectPicture(terminal.screen(), 60, 15));
    terminal.press('q');
    expect(await terminal.exit).toEqual({ code: 0, signal: undefined });
  });

  test('what is on the screen then is what a whole redraw shows', async () => {
    const terminal = await openDemo({ columns: 120, rows: 40 });
    terminal.press(' ');
    await terminal.waitFor(screen => /PAUSED/.test(screen[0] ?? ''));
    terminal.resize(80, 24);
    await terminal.waitFor(screen => isDrawn(screen) && screen[0]?.length === 79);
    const before = terminal.screen();
    // A held screen says how long ago that was, and draws what came since.
    const still = (screen: readonly string[]): string => screen.slice(1, -timelineRows).join('\n');
    const bytes = terminal.bytes();
    terminal.press(ctrlL);
    // Much more than any refresh writes, and the end of it.
    await terminal.waitFor(() => terminal.bytes() - bytes > 1000 && terminal.raw().endsWith('\x1b[?2026l'));
    await terminal.waitFor(screen => still(screen) === still(before));
  });
});

describe('the terminal is given back', () => {
  test('while suspended, and taken again', async () => {
    const terminal = await openDemo();
    terminal.press('\x1a');
    await until('the process is stopped', 10_000, () => stateOf(terminal.pid) === 'T');
    await terminal.waitFor(() => !terminal.alternate());
    expectGivenBack(terminal);
    expect(stty(terminal.pid)).toMatch(/(?<!-)icanon.*(?<!-)echo\b/s);
    terminal.signal('SIGCONT');
    await terminal.waitFor(screen => terminal.alternate() && terminal.mouse() && isDrawn(screen));
    await settles(() => expectPicture(terminal.screen(), 80, 24));
    const clock = clockOf(terminal.screen());
    await terminal.waitFor(screen => clockOf(screen) !== clock);
    expect(stty(terminal.pid)).toMatch(/-icanon/);
    terminal.press('q');
    expect(await terminal.exit).toEqual({ code: 0, signal: undefined });
    expectGivenBack(terminal);
  });

  test.each([
    ['q', (terminal: Terminal) => terminal.press('q')],
    ['Ctrl-C', (terminal: Terminal) => terminal.press('\x03')],
    ['SIGTERM', (terminal: Terminal) => terminal.signal('SIGTERM')],
    ['SIGHUP', (terminal: Terminal) => terminal.signal('SIGHUP')],
  ])('after %s, with status 0', async (_, end) => {
    const terminal = await openDemo();
    end(terminal);
    expect(await terminal.exit).toEqual({ code: 0, signal: undefined });
    expectGivenBack(terminal);
  });

  test('to the shell that started it, in the shell’s own mode', async () => {
    const script = `echo before; ${kvmtopWith('--demo').join(' ')}; echo "status $?"; stty -a; read -r line; echo "read $line"`;
    const terminal = desk.open([], { command: 'sh', args: ['-c', script] });
    await terminal.waitFor(isDrawn, 20_000);
    expect(terminal.screen()).not.toContain('before');
    terminal.press('q');
    await terminal.waitFor(/(?<!-)icanon/);
    expect(terminal.screen()).toContain('before');
    expect(terminal.screen()).toContain('status 0');
    terminal.press('typed\r');
    await terminal.exit;
    // Echoed by the terminal, then read.
    expect(terminal.screen()).toEqual(expect.arrayContaining(['typed', 'read typed']));
  });

  test('and nobody is left when it was closed', async () => {
    const terminal = await openDemo();
    terminal.hangUp();
    expect(await terminal.exit).toEqual({ code: 0, signal: undefined });
  });
});

/** All views one after the other, with a refused change among them. */
const visitEverything = async (terminal: Terminal): Promise<void> => {
  const visit = async (key: string, what: RegExp) => {
    terminal.press(key);
    await terminal.waitFor(what);
  };
  await visit('2', /NAME.*BALLOON/);
  await visit('3', /Page cache/);
  await visit('4', /KSM/);
  await visit('1', /committed/);
  await visit(enter, /How it was started/);
  await visit(leave, /^q Quit/m);
  await visit('?', /Keys/);
  await visit(pageDown, /Esc Back to the table/);
  await visit(leave, /^q Quit/m);
  await visit('c', /Columns of the table/);
  await visit(leave, /^q Quit/m);
  await visit('s', /Sort the table by/);
  await visit(leave, /^q Quit/m);
  // A guest that can be resized, to a size that kills it.
  await visit('/gitlab\r', /^..gitlab/m);
  await visit('b', /Balloon gitlab/);
  await visit('1M', /Refused: .*kills a guest/);
  await visit(enter, /Esc Cancel/);
  await visit(leave, /^q Quit/m);
};

describe('what the environment asks for', () => {
  test('LANG=C: only ASCII goes to the terminal', async () => {
    const terminal = desk.open(['--demo'], { env: { LANG: 'C' } });
    await terminal.waitFor(/^..db-main .*16\.0G/m, 20_000);
    await visitEverything(terminal);
    expect(terminal.raw()).toMatch(/^[\x00-\x7f]*$/);
  });

  test('NO_COLOR=1: attributes, and no colour', async () => {
    const terminal = desk.open(['--demo'], { env: { NO_COLOR: '1' } });
    await terminal.waitFor(isDrawn, 20_000);
    await visitEverything(terminal);
    const parameters = new Set(
      [...terminal.raw().matchAll(/\x1b\[([\d;:]*)m/g)].flatMap(match => (match[1] ?? '').split(/[;:]/)),
    );
    // Bold, dim, italic, underlined, inverse, and their ends.
    const attributes = ['', '0', '1', '2', '3', '4', '7', '22', '23', '24', '27'];
    expect([...parameters].filter(parameter => !attributes.includes(parameter))).toEqual([]);
    // The selected row is told without colour.
    expect(parameters).toContain('7');
  });

  test('TERM=dumb: a stream of plain text', async () => {
    const terminal = desk.open(['--demo', '-d', '0.3'], { columns: 120, rows: 400, env: { TERM: 'dumb' } });
    await terminal.waitFor(screen => screen.filter(row => /^kvmtop .* guests 20$/.test(row)).length >= 2, 20_000);
    expect(terminal.raw()).not.toContain('\x1b');
    terminal.signal('SIGTERM');
    expect(await terminal.exit).toEqual({ code: 0, signal: undefined });
  });

  test('not a terminal: a stream of plain text, until its reader has gone', () => {
    const script = `${kvmtopWith('--demo', '-d', '0.2').join(' ')} | head -n 100; echo "statuses \${PIPESTATUS[*]}"`;
    const text = execFileSync('bash', ['-c', script], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
    expect(text.match(/^kvmtop .* guests 20$/gm)?.length).toBeGreaterThanOrEqual(2);
    expect(text).toMatch(/^db-main .*16\.0G/m);
    expect(text).not.toContain('\x1b');
    expect(text).toMatch(/^statuses 0 0$/m);
  });
});

describe('wrong usage', () => {
  test.each([
    [['--nonsense'], /--nonsense/],
    [['nonsense'], /unknown command 'nonsense'/],
    [['-d', 'soon', '--demo'], /-d takes seconds/],
    [['--tab', 'nonsense', '--demo'], /unknown tab 'nonsense'/],
  ])('%j: one line that says what, and status 2', async (args, what) => {
    const terminal = desk.open(args, { columns: 200 });
    expect(await terminal.exit).toEqual({ code: 2, signal: undefined });
    const said = terminal.screen().filter(row => row !== '');
    expect(said).toHaveLength(1);
    expect(said[0]).toMatch(/^kvmtop: /);
    expect(said[0]).toMatch(what);
    expect(terminal.raw()).not.toContain('\x1b');
  });

  test('is told on stderr', async () => {
    const { code, stdout, stderr } = await desk.run(['--nonsense']);
    expect({ code, stdout, lines: stderr.split('\n').length }).toEqual({ code: 2, stdout: '', lines: 2 });
  });
});

describe('the guest table', () => {
  const names = (screen: readonly string[]): (string | undefined)[] => tableOf(screen).map(row => row.get('NAME'));

  test('filters as one types', async () => {
    const terminal = await openDemo();
    terminal.press('/');
    await terminal.waitFor(screen => footerOf(screen).startsWith('filter _'));
    terminal.press('vdi');
    await terminal.waitFor(screen => footerOf(screen).startsWith('filter vdi_'));
    expect(names(terminal.screen()).sort()).toEqual(['vdi-01', 'vdi-02', 'vdi-03']);
    expect(terminal.screen()[1]).toContain('3 of 20 guests');
    terminal.press('-03');
    await terminal.waitFor(screen => names(screen).join() === 'vdi-03');
    terminal.press('\x7f\x7f\x7f');
    await terminal.waitFor(screen => names(screen).length === 3);
    terminal.press('x');
    await terminal.waitFor('No guest name contains');
    terminal.press('\x7f\r');
    await terminal.waitFor(screen => names(screen).length === 3 && /^q Quit/.test(footerOf(screen)));
    terminal.press(leave);
    await terminal.waitFor(screen => isDrawn(screen) && !/of 20$/.test(screen[1] ?? ''));
  });

  test('sorts by any column, and the selection stays on its guest', async () => {
    const terminal = await openDemo({ columns: 120, rows: 42 });
    const selected = () => {
      const { length } = terminal.screen();
      return Array.from({ length }, (_, y) => y)
        .filter(y => y > 1 && y < length - 1 && terminal.cell(0, y).inverse)
        .map(y => terminal.screen()[y]?.slice(2, 19).trimEnd());
    };
    await terminal.waitFor(() => selected().join() === largest);
    // From TROUBLE by way of AGE, SWAP, GIVES, HELD, USED, BALLOON, SIZE and STATE.
    terminal.press('<'.repeat(9));
    await terminal.waitFor(/^NAME▼/m);
    const order = names(terminal.screen());
    expect(order).toHaveLength(20);
    expect(order).toEqual([...order].sort(new Intl.Collator('en', { numeric: true }).compare as never));
    expect(selected()).toEqual([largest]);
    terminal.press('r');
    await terminal.waitFor(/^NAME▲/m);
    expect(names(terminal.screen())).toEqual(order.reverse());
    expect(selected()).toEqual([largest]);
    terminal.press('s');
    await terminal.waitFor('Sort the table by');
    terminal.press(`${up.repeat(20)}jjjj\r`);
    await terminal.waitFor(/PID▲/);
    const pids = tableOf(terminal.screen()).map(row => Number(row.get('PID')));
    expect(pids).toEqual([...pids].sort((a, b) => a - b));
  });

  test('hides and shows columns', async () => {
    const terminal = await openDemo();
    terminal.press('c');
    await terminal.waitFor('Columns of the table');
    terminal.press('j ');
    await terminal.waitFor(/^ {5}STATE/m);
    terminal.press(enter);
    await terminal.waitFor(/^NAME +SIZE/m);
    // Shown again it is in its usual place, and goes wherever it is moved.
    terminal.press('cj ');
    await terminal.waitFor(/^ {2}2 {2}STATE/m);
    await terminal.waitFor(/^NAME +STATE +SIZE/m);
    terminal.press(left);
    await terminal.waitFor(/^STATE +NAME +SIZE/m);
  });

  test('shows all that is known of the selected guest', async () => {
    const terminal = await openDemo({ columns: 120, rows: 40 });
    terminal.press('/legacy\r\r');
    await terminal.waitFor(/^legacy-erp {2}running/m);
    // Its graphs: a title, the number of now, and the scale.
    await terminal.waitFor(/^HELD +2\.\d\dG .*├\d/m);
    expect(terminal.screen().join('\n')).toMatch(/SIZE 8\.00G → TARGET – → BALLOON 2\.50G → USED \S+ → HELD 2\.\d\dG/);
    terminal.press('\u001b[F');
    await terminal.waitFor(/^Unknown/m);
    await terminal.waitFor(/TARGET.*: kvmtop has not set it/);
    terminal.press(leave);
    await terminal.waitFor(screen => /^q Quit/.test(footerOf(screen)));
    expect(terminal.screen().join('\n')).not.toContain('Unknown');
  });
});

describe('the help', () => {
  /** The last of all columns, which the help tells of last: where the cursor of the list of columns stops. */
  const lastColumn = async (terminal: Terminal): Promise<string> => {
    terminal.press('c');
    await terminal.waitFor('Columns of the table');
    const cursor = (): number => {
      const rows = terminal.screen().map((_, y) => y);
      return rows.findLast(y => y > 6 && terminal.cell(2, y).inverse) ?? 0;
    };
    // In the middle of the list until its end comes into sight, then on the last row above the footer.
    terminal.press('j'.repeat(500));
    await terminal.waitFor(screen => cursor() === screen.length - 2);
    const title = /^.{3} {2}(\S+)/.exec(terminal.screen()[cursor()] ?? '')?.[1];
    terminal.press(leave);
    await terminal.waitFor(isDrawn);
    if (title === undefined) throw new Error('no column under the cursor');
    return title;
  };

  const openHelpAtEnd = async () => {
    const terminal = await openDemo();
    const last = await lastColumn(terminal);
    terminal.press('?');
    await terminal.waitFor(/^Units/m);
    terminal.press(pageDown);
    await terminal.waitFor(screen => !screen.join('\n').includes('Units'));
    terminal.press(pageDown.repeat(60));
    await terminal.waitFor(new RegExp(`^${last} `, 'm'));
    return terminal;
  };

  test('scrolls to its end, and leads back', async () => {
    const terminal = await openHelpAtEnd();
    terminal.press(leave);
    await terminal.waitFor(isDrawn);
  });

  test('goes up at once from its end', async () => {
    const terminal = await openHelpAtEnd();
    const end = terminal.screen()[1];
    terminal.press(up);
    await terminal.waitFor(screen => screen[1] !== end, 2000);
  });
});

describe('a refresh', () => {
  test('of a still screen writes little', async () => {
    const terminal = desk.open(['--root', quiet, '-d', '0.5']);
    await terminal.waitFor('No guest in', 20_000);
    let clock = clockOf(terminal.screen());
    const next = async () => {
      await terminal.waitFor(screen => clockOf(screen) !== clock);
      clock = clockOf(terminal.screen());
    };
    // The first looks bring rates; then only the clock and the graphs' newest column move.
    await next();
    await next();
    const before = terminal.bytes();
    await next();
    await next();
    await next();
    // Bytes per second, over two refreshes each; about 80 when this was written.
    expect((terminal.bytes() - before) / 3).toBeLessThan(200);
  });
});
