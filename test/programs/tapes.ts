import type { Tape } from '../../src/recording/tape.ts';
import type { Sample } from '../../src/sample.ts';
import { headlinesOf } from '../recording/samples.ts';

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
    headlines: (from, to) => headlinesOf(samples).slice(from - firstId, to - firstId + 1),
    events: () => [],
  };
};
