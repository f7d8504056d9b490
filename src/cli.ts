import { systemClock } from './programs/clock.ts';
import { main } from './programs/main.ts';
import { openSource } from './programs/session.ts';

process.exitCode = await main(process.argv.slice(2), {
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
  exit: status => process.exit(status),
  openSource,
  loadPage: async () => (await import('kvmtop:page')).default,
});
// What is still open (a hung monitor, a late look-up) must not hold up a program that has done its work.
process.stdout.write('', () => process.exit());
// A terminal that takes nothing any more does not keep it either.
setTimeout(() => process.exit(), 1000).unref();
