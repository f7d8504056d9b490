/** A small program on the real Screen, for screen.test.ts: a counter, `q` leaves, `z` suspends, `x` crashes. */
import { render, Text } from 'ink';
import { createElement } from 'react';
import { line, span } from '../../src/ui/line.ts';
import { Screen } from '../../src/ui/screen/screen.ts';
import { createTheme } from '../../src/ui/theme.ts';

const screen = new Screen(process.stdout, createTheme(process.env));
process.on('exit', () => screen.leave());
// Before Node prints the stack trace, which would vanish with the alternate screen.
process.on('uncaughtExceptionMonitor', () => screen.leave());
process.on('SIGCONT', () => screen.resume());
screen.enter();
const size = (): string => `${screen.columns}x${screen.rows}`;
const app = render(createElement(Text, { bold: true }, 'Ink is here'), {
  stdout: screen.stdout,
  debug: true,
  interactive: true,
  patchConsole: false,
  exitOnCtrlC: false,
});
let presses = 0;
const paint = (): void => {
  screen.paint('counter', { x: 4, y: 2, width: 30, height: 1 }, [line(span(`${size()} pressed ${presses}`, 'good'))]);
};
screen.on('resize', paint);
paint();

process.stdin.setRawMode(true);
process.stdin.on('data', (keys: Buffer) => {
  for (const key of keys.toString()) {
    if (key === 'q') {
      app.unmount();
      process.exit(0);
    } else if (key === 'x') throw new Error('crashed on purpose');
    else if (key === 'z') {
      screen.suspend();
      process.kill(process.pid, 'SIGSTOP');
    } else presses++;
  }
  paint();
});
