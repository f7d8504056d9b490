/** Streams to stdout until its reader goes: a test runs it in a real pipe. */
import { defaults } from '../../src/config/settings.ts';
import { systemClock } from '../../src/programs/clock.ts';
import { stream } from '../../src/programs/stream.ts';
import { watchedSource } from './sources.ts';

const options = { delay: 0.005, guests: [], count: undefined, format: 'ndjson', settings: defaults };
await stream(
  watchedSource(),
  options,
  { stdout: process.stdout, env: process.env, clock: systemClock },
  new AbortController().signal,
);
