/**
 * `npm run screenshot`: the README's picture, docs/screenshot.svg, of a real run on the
 * lab's guests: one of them is given another size by key, as an operator would.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { toSvg } from '../pty/svg.ts';
import { openTerminal } from '../pty/terminal.ts';
import { startLab, whyNoLab } from './lab.ts';

const problem = whyNoLab();
if (problem) {
  console.error(`screenshot.ts: ${problem}`);
  process.exit(2);
}

const root = join(import.meta.dirname, '../..');
const [columns, rows] = [120, 36];
/** Seconds: the graphs are to have a history. */
const history = 45;

const state = mkdtempSync(join(tmpdir(), 'kvmtop-screenshot-'));
const lab = await startLab();
/** The names of the machine that the picture is made on are no part of it. */
const anonymous = `
  hostname kvm-host-1
  sed 's/-.*//' /proc/sys/kernel/osrelease >${state}/release
  mount --bind ${state}/release /proc/sys/kernel/osrelease
  exec ${join(root, 'bin/kvmtop')} --no-config -d 0.5`;
const terminal = openTerminal({
  command: 'unshare',
  args: ['--uts', '--mount', 'sh', '-ec', anonymous],
  columns,
  rows,
  env: { XDG_STATE_HOME: state, LANG: 'C.UTF-8', LC_ALL: undefined, TZ: 'UTC' },
});
try {
  await terminal.waitFor(/web-1 .*running/, 20_000);
  terminal.press('/web-1\r');
  await terminal.waitFor(screen => !screen.some(row => row.includes('twin-a')));
  terminal.press('b');
  await terminal.waitFor('safe down to');
  terminal.press('208M\r');
  await terminal.waitFor('Do it?');
  terminal.press('y');
  await terminal.waitFor(/arrived/, 30_000);
  terminal.press('\x1b');
  await terminal.waitFor('twin-a');
  await delay(history * 1000);
  const load = lab.guests.noid.run('i=0; while [ $i -lt 24 ]; do cat /seed; i=$((i+1)); done >/mem/cache');
  await load;
  await delay(5000);
  writeFileSync(join(root, 'docs/screenshot.svg'), toSvg(terminal, columns, rows));
  console.log(terminal.screen().join('\n'));
} finally {
  terminal.press('q');
  await terminal.exit;
  await terminal.close();
  await lab.stop();
  rmSync(state, { recursive: true, force: true });
}
