import { everything } from '../../../src/fields/needs.ts';
import { derive } from '../../../src/model.ts';
import { type Headline, headlineOf } from '../../../src/recording/headline.ts';
import { RecordingError, type Tape, type TapeEvent } from '../../../src/recording/tape.ts';
import type { Sample } from '../../../src/sample.ts';
import { createDemoSource } from '../../../src/source/demo.ts';

/** Mon 23 Nov 2026, 02:00 UTC. */
export const begin = Date.UTC(2026, 10, 23, 2) / 1000;

/** A tape of these samples, oldest first; those in `broken` can't be read. */
export const tapeOf = (
  samples: readonly Sample[],
  events: readonly TapeEvent[] = [],
  broken: ReadonlySet<number> = new Set(),
): Tape => {
  const headlines = samples.map((sample, at) => headlineOf(derive(samples[at - 1], sample)));
  return {
    first: 0,
    last: samples.length - 1,
    sample(id) {
      const sample = samples[id];
      if (!sample) throw new RangeError(`there is no sample ${id}`);
      if (broken.has(id)) throw new RecordingError(`sample ${id} is broken`);
      return sample;
    },
    before: id => samples[id - 1],
    find: time =>
      Math.max(
        0,
        samples.findLastIndex(sample => sample.time <= time),
      ),
    headlines: (from, to) => headlines.slice(from, to + 1),
    events: (from, to) => events.filter(({ time }) => time >= from && time <= to),
  };
};

/** A tape whose samples nobody asks for. */
export const headlineTape = (headlines: readonly Headline[]): Tape => ({
  ...tapeOf([]),
  last: headlines.length - 1,
  headlines: (from, to) => headlines.slice(from, to + 1),
});

/** Seconds between samples of the demo, and the pause after one of them. */
export const demoDelay = 2;
export const demoPause = 95;

/** The simulated host for so many looks, with a pause in the middle and the balloon of `legacy-erp` moved before it. */
export const demoSamples = async (looks: number): Promise<readonly Sample[]> => {
  let now = begin;
  const source = createDemoSource({ clock: () => now, seed: 4 });
  const samples: Sample[] = [];
  for (let look = 0; look < looks; look++) {
    const sample = await source.look(everything);
    samples.push(sample);
    if (look === Math.floor(looks / 4)) {
      const guest = sample.guests.find(({ name }) => name === 'legacy-erp');
      await source.control?.execute(guest?.id ?? '', 'balloon', { value: 6 * 1024 ** 3 });
    }
    now += look === Math.floor(looks / 2) ? demoPause : demoDelay;
  }
  return samples;
};
