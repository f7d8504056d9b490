import { recordable } from '../../src/fields/needs.ts';
import { derive } from '../../src/model.ts';
import { headlineOf } from '../../src/recording/headline.ts';
import type { Tape } from '../../src/recording/tape.ts';
import type { Sample } from '../../src/sample.ts';
import { createDemoSource } from '../../src/source/demo.ts';

/** Looks at the demo host, so many seconds apart. */
export const demoSamples = async (count: number, seconds = 1): Promise<readonly Sample[]> => {
  let now = 1_800_000_000;
  const source = createDemoSource({ seed: 7, clock: () => now });
  const samples: Sample[] = [];
  for (let look = 0; look < count; look += 1, now += seconds) samples.push(await source.look(recordable));
  return samples;
};

/** A tape of these samples; ids start at 5, as after a ring has dropped some. */
export const tapeOf = (samples: readonly Sample[], firstId = 5): Tape => {
  const first = samples[0]?.time ?? 0;
  const sample = (id: number): Sample => {
    const found = samples[id - firstId];
    if (!found) throw new RangeError(`there is no sample ${id}`);
    return found;
  };
  const before = (id: number): Sample | undefined => samples[id - firstId - 1];
  return {
    first: firstId,
    last: firstId + samples.length - 1,
    sample,
    before,
    find: time =>
      firstId +
      Math.max(
        0,
        samples.findLastIndex(one => one.time <= time && one.time >= first),
      ),
    headlines: (from, to) =>
      samples
        .slice(from - firstId, to - firstId + 1)
        .map((one, index) => headlineOf(derive(before(from + index), one))),
    events: () => [],
  };
};
