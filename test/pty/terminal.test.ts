import { afterEach, expect, test } from 'vitest';
import { until } from '../until.ts';
import { openTerminal, type Terminal, type TerminalOptions } from './terminal.ts';

const opened: Terminal[] = [];
const sh = (script: string, options: Partial<TerminalOptions> = {}): Terminal => {
  const terminal = openTerminal({ command: 'sh', args: ['-c', script], ...options });
  opened.push(terminal);
  return terminal;
};
afterEach(() => Promise.all(opened.splice(0).map(terminal => terminal.close())));

test('shows what was written, and how the program ended', async () => {
  const terminal = sh('printf "one\\n  two\\033[5;10Hfive"; exit 3', { columns: 30, rows: 6 });
  expect(await terminal.exit).toEqual({ code: 3, signal: undefined });
  expect(terminal.screen()).toEqual(['one', '  two', '', '', '         five', '']);
  expect(terminal.cursor()).toEqual({ x: 13, y: 4 });
});

test('counts bytes, not characters, and keeps them raw', async () => {
  const terminal = sh("printf '\\033[1m⣿é'");
  await terminal.exit;
  expect(terminal.raw()).toBe('\x1b[1m⣿é');
  expect(terminal.bytes()).toBe(4 + 3 + 2);
});

test('tells the looks of a cell', async () => {
  const terminal = sh("printf '\\033[1;31mA\\033[0;7mB\\033[0;38;2;1;2;255;48;5;200mC\\033[0;2;3;4mD\\033[0mE漢'");
  await terminal.waitFor('漢');
  const plain = {
    fg: undefined,
    bg: undefined,
    bold: false,
    dim: false,
    italic: false,
    underline: false,
    inverse: false,
  };
  expect(terminal.cell(0, 0)).toEqual({ ...plain, char: 'A', fg: 1, bold: true });
  expect(terminal.cell(1, 0)).toEqual({ ...plain, char: 'B', inverse: true });
  expect(terminal.cell(2, 0)).toEqual({ ...plain, char: 'C', fg: '#0102ff', bg: 200 });
  expect(terminal.cell(3, 0)).toEqual({ ...plain, char: 'D', dim: true, italic: true, underline: true });
  expect(terminal.cell(4, 0)).toEqual({ ...plain, char: 'E' });
  expect([terminal.cell(5, 0).char, terminal.cell(6, 0).char, terminal.cell(7, 0).char]).toEqual(['漢', '', ' ']);
  expect(() => terminal.cell(80, 0)).toThrow(RangeError);
});

test('types keys, and the program reads them', async () => {
  const terminal = sh('stty -echo; echo "name?"; read -r name; echo "hello $name"');
  await terminal.waitFor(/^name\?$/m);
  terminal.press('kvm\r');
  await terminal.waitFor(rows => rows.includes('hello kvm'));
});

test('a resize reaches the program and the screen', async () => {
  const terminal = sh('trap "stty size" WINCH; stty size; while :; do sleep 0.05; done', { columns: 80, rows: 24 });
  await terminal.waitFor('24 80');
  terminal.resize(120, 40);
  await terminal.waitFor('40 120');
  expect(terminal.screen()).toHaveLength(40);
});

test('signals end it, and the last words are read', async () => {
  const terminal = sh('trap "echo last words; exit 7" TERM; echo ready; while :; do sleep 0.05; done');
  await terminal.waitFor('ready');
  terminal.signal('SIGTERM');
  expect(await terminal.exit).toEqual({ code: 7, signal: undefined });
  expect(terminal.screen()).toContain('last words');
});

test('close kills what does not listen', async () => {
  const terminal = sh('trap "" HUP TERM INT; echo deaf; while :; do sleep 0.05; done');
  await terminal.waitFor('deaf');
  await terminal.close();
  expect(await terminal.exit).toMatchObject({ signal: 9 });
});

test('tells the alternate screen from the normal one', async () => {
  const terminal = sh('echo below; printf "\\033[?1049habove"; read -r _; printf "\\033[?1049l"; read -r _');
  await terminal.waitFor('above');
  expect([terminal.alternate(), terminal.screen().includes('below')]).toEqual([true, false]);
  terminal.press('\r');
  await terminal.waitFor('below');
  expect(terminal.alternate()).toBe(false);
});

test('answers what a program asks its terminal', async () => {
  const terminal = sh('stty raw -echo; printf "\\033[3;7H\\033[6n"; dd bs=1 count=6 2>/dev/null | od -c');
  await terminal.waitFor(/033\s+\[\s+3\s+;\s+7\s+R/);
});

test('a child sees a terminal of its own, without CI and NO_COLOR', async () => {
  const script =
    // biome-ignore lint/suspicious/noTemplateCurlyInString: it is the shell's
    'echo "$TERM ${CI-none} ${NO_COLOR-none} ${EXTRA-none} ${HOME-none}"; test -t 0 && test -t 1 && echo tty';
  const plain = sh(script, { env: { HOME: undefined } });
  await plain.exit;
  expect(plain.screen().slice(0, 2)).toEqual(['xterm-256color none none none none', 'tty']);
  const set = sh(script, { env: { NO_COLOR: '1', TERM: 'dumb', EXTRA: 'yes', HOME: '/x' } });
  await set.exit;
  expect(set.screen()[0]).toBe('dumb none 1 yes /x');
});

test('waiting in vain rejects with a picture', async () => {
  const terminal = sh('echo something else; read -r _', { columns: 20, rows: 3 });
  await terminal.waitFor('something else');
  await expect(terminal.waitFor(/never/, 100)).rejects.toThrow(
    `100 ms passed while waiting for /never/\n+${'-'.repeat(20)}+\n|${'something else'.padEnd(20)}|`,
  );
  terminal.press('\r');
  await expect(terminal.waitFor('never')).rejects.toThrow('the program ended (code 0, signal undefined)');
});

test('an update is shown whole, however it comes', async () => {
  const terminal = sh(
    'stty -echo; printf "old\\033[?20"; read -r go; printf "26h\\rnew"; read -r go; printf " one\\033[?2026l."; read -r go',
  );
  await terminal.waitFor(rows => rows[0] === 'old');
  for (const shown of ['new', ' one']) {
    const before = terminal.bytes();
    terminal.press('\r');
    await until(`${shown} has come`, 5000, () => terminal.bytes() > before);
    if (shown === 'new') expect(terminal.screen()[0]).toBe('old');
  }
  await terminal.waitFor(rows => rows[0] === 'new one.');
});
