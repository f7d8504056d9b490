import { EventEmitter } from 'node:events';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { setImmediate as turn } from 'node:timers/promises';
import { type Clock, systemClock } from '../../src/programs/clock.ts';
import { main } from '../../src/programs/main.ts';
import type { Surroundings } from '../../src/programs/surroundings.ts';
import { withOwnSettings } from '../settings.ts';

const never = (what: string) => (): never => {
  throw new Error(`a test that ${what} says how`);
};

/** What a program gets in place of a process: no terminal, no signals, nobody's home; and what a test says. */
export const surroundings = (changes: Partial<Surroundings> = {}): Surroundings => ({
  env: { LC_ALL: 'C.UTF-8' },
  uid: 1000,
  stdin: new PassThrough(),
  stdout: new PassThrough(),
  stderr: new PassThrough(),
  clock: systemClock,
  events: new EventEmitter(),
  suspend: never('suspends'),
  guard: () => ({ hold() {}, close() {} }),
  exit: never('exits'),
  openSource: never('looks'),
  loadPage: async () => ({ script: 'run()', styles: 'p{}' }),
  loadLicences: async () => 'MIT\n',
  ...changes,
});

/** A clock on which waiting takes no time: it is then so much later. What else was about to happen happens first. */
export const hastyClock = (start = 1_800_000_000): Clock => {
  let passed = 0;
  return {
    now: () => start + passed,
    steady: () => passed,
    async wait(seconds, signal) {
      await turn();
      if (!signal?.aborted) passed += seconds;
    },
  };
};

/** What a script sees of kvmtop with these words after its name. */
export const run = async (
  argv: readonly string[],
  changes: Partial<Surroundings> = {},
): Promise<{ readonly status: number; readonly stdout: string; readonly stderr: string }> => {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const told = Promise.all([stdout, stderr].map(stream => text(stream)));
  const status = await main(withOwnSettings(argv), surroundings({ stdout, stderr, ...changes }));
  for (const stream of [stdout, stderr]) stream.end();
  const [out = '', error = ''] = await told;
  return { status, stdout: out, stderr: error };
};
