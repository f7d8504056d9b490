/** Dumps a recording that is as good as endless to stdout: a test runs it in a real pipe. */
import { defaults } from '../../../src/config/settings.ts';
import { dump } from '../../../src/programs/recorded/dump.ts';
import { demoSamples } from '../../recording/samples.ts';
import { tapeOf } from '../tapes.ts';

const options = { format: 'ndjson', fields: undefined, guests: [], from: undefined, to: undefined, settings: defaults };
const tape = tapeOf(await demoSamples(2), 1);
const second = (id: number): number => (id === 1 ? 1 : 2);
await dump(
  { ...tape, last: 1e9, sample: id => tape.sample(second(id)), before: id => tape.before(second(id)) },
  options,
  process.stdout,
);
