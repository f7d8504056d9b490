import type { Need } from '../fields/field.ts';
import { keptNeeds } from '../fields/needs.ts';
import type { Headline } from '../recording/headline.ts';
import type { MemoryTape } from '../recording/memory.ts';
import type { Sample } from '../sample.ts';

/** Keeps what the live screen saw. */
export const createFlightRecorder = (memory: MemoryTape) => ({
  /** What is to be read for it. */
  get needs(): ReadonlySet<Need> {
    return keptNeeds;
  },
  see(sample: Sample, headline: Headline): void {
    memory.append(sample, headline);
  },
});
