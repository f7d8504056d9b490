import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { spawn } from '@lydell/node-pty';
import { expect, it } from 'vitest';
import { until } from '../until.ts';

const root = join(import.meta.dirname, '../..');

/** A terminal whose other side stops reading, as a stalled SSH line does; Ctrl-L makes the program write whole screens. */
it('goes on when the terminal takes nothing any more, and can be ended', async () => {
  const { CI: _ci, ...env } = process.env;
  const pty = spawn(join(root, 'bin/kvmtop'), ['--demo', '--no-config', '-d', '0.2'], {
    cols: 200,
    rows: 60,
    env: { ...env, TERM: 'xterm-256color', XDG_STATE_HOME: mkdtempSync(join(tmpdir(), 'kvmtop-stalled-')) } as Record<
      string,
      string
    >,
  });
  let seen = '';
  pty.onData(data => {
    seen += data;
  });
  let ended: number | undefined;
  pty.onExit(({ exitCode }) => {
    ended = exitCode;
  });
  await until('the table is shown', 10_000, () => seen.includes('HELD'));
  pty.pause();
  // More than any pseudoterminal buffers; each repaint is some 10 KB.
  const full = seen.length;
  for (let press = 0; press < 60; press++) {
    pty.write('\u000c');
    // Keys that come together are answered by one repaint.
    await new Promise(resolve => setTimeout(resolve, 25));
  }
  pty.kill('SIGTERM');
  await until('it has ended', 8_000, () => {
    try {
      process.kill(pty.pid, 0);
      return ended !== undefined;
    } catch {
      return true;
    }
  });
  expect(seen.length).toBeLessThan(full + 1_000_000);
  pty.resume();
});
