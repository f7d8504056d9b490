import { readFileSync } from 'node:fs';
import { exitNow, exitSoon } from './ending.ts';
import { systemClock } from './programs/clock.ts';
import { main } from './programs/main.ts';
import { startWatchdog } from './programs/screen/watchdog.ts';
import { openSource } from './programs/session.ts';

const status = await main(process.argv.slice(2), {
  env: process.env,
  uid: process.geteuid?.() ?? -1,
  // A stream for it is made when somebody asks for it.
  get stdin() {
    return process.stdin;
  },
  stdout: process.stdout,
  stderr: process.stderr,
  clock: systemClock,
  events: process,
  suspend: () => process.kill(process.pid, 'SIGSTOP'),
  guard: leave => startWatchdog(process.pid, leave),
  exit: exitNow,
  openSource,
  loadPage: async () => (await import('kvmtop:page')).default,
  // The bundler puts it beside what it makes of this file.
  loadLicences: async () => readFileSync(new URL('./licences.txt', import.meta.url), 'utf8'),
});
// What is still open (a hung monitor, a late look-up) must not hold up a program that has done its work.
process.stdout.write('', () => void exitSoon(status));
// A terminal that takes nothing any more does not keep it either.
setTimeout(() => exitNow(status), 1000).unref();
