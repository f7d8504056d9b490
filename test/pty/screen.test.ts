import { join } from 'node:path';
import { type IPty, spawn } from '@lydell/node-pty';
import xterm from '@xterm/headless';
import { afterEach, describe, expect, it, vi } from 'vitest';

const program = join(import.meta.dirname, 'screen-program.ts');

let pty: IPty | undefined;
afterEach(() => {
  try {
    pty?.kill('SIGKILL');
  } catch {
    // It is gone already.
  }
});

const start = () => {
  const terminal = new xterm.Terminal({ cols: 60, rows: 10, allowProposedApi: true });
  const { CI: _, NO_COLOR: __, ...env } = process.env;
  const child = spawn(process.execPath, [program], {
    cols: 60,
    rows: 10,
    env: { ...env, TERM: 'xterm-256color', LANG: 'C.UTF-8' },
  });
  pty = child;
  let output = '';
  child.onData(data => {
    output += data;
    terminal.write(data);
  });
  const exit = new Promise<number>(resolve => child.onExit(({ exitCode }) => resolve(exitCode)));
  const rows = (): string[] =>
    Array.from({ length: terminal.rows }, (_, y) => terminal.buffer.active.getLine(y)?.translateToString(true) ?? '');
  return {
    child,
    terminal,
    exit,
    output: () => output,
    alternate: () => terminal.buffer.active.type === 'alternate',
    shows: (text: string) => vi.waitFor(() => expect(rows()).toContain(text), { timeout: 20_000, interval: 20 }),
    until: (look: () => void) => vi.waitFor(look, { timeout: 20_000, interval: 20 }),
  };
};

describe('the screen in a real terminal', () => {
  it('shows Ink and panes, writes little for a small change, and gives the terminal back', async () => {
    const { child, shows, exit, output, until, alternate, terminal } = start();
    await shows('Ink is here');
    await shows('    60x10 pressed 0');
    const before = output().length;
    child.write('a');
    await shows('    60x10 pressed 1');
    expect(output().length - before).toBeLessThan(60);
    child.write('q');
    expect(await exit).toBe(0);
    await until(() => expect([alternate(), terminal.modes.wraparoundMode]).toEqual([false, true]));
    expect(output()).toContain('\u001b[?25h');
  });

  it('follows the size of the terminal', async () => {
    const { child, shows, terminal } = start();
    await shows('    60x10 pressed 0');
    terminal.resize(80, 12);
    child.resize(80, 12);
    await shows('    80x12 pressed 0');
    await shows('Ink is here');
  });

  it('gives the terminal to the shell while stopped, and paints again after', async () => {
    const { child, shows, until, alternate } = start();
    await shows('    60x10 pressed 0');
    child.write('z');
    await until(() => expect(alternate()).toBe(false));
    child.kill('SIGCONT');
    await until(() => expect(alternate()).toBe(true));
    await shows('Ink is here');
    child.write('a');
    await shows('    60x10 pressed 1');
  });

  it('gives the terminal back on a crash, before the stack trace', async () => {
    const { child, shows, exit, until, alternate, output } = start();
    await shows('Ink is here');
    child.write('x');
    expect(await exit).not.toBe(0);
    await until(() => expect(alternate()).toBe(false));
    await until(() => expect(output()).toContain('Error: crashed on purpose'));
    expect(output().lastIndexOf('\u001b[?25h\u001b[?1049l')).toBeGreaterThan(0);
    expect(output().lastIndexOf('\u001b[?1049l')).toBeLessThan(output().indexOf('crashed on purpose'));
  });
});
