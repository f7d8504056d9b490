import type { Need } from '../../fields/field.ts';
import type { Model } from '../../model.ts';
import { type AdvisorState, adviceNeeds, advise, isAdviceDue, startAdvising, turnBegin } from '../../policy/advisor.ts';
import type { Thresholds } from '../../policy/thresholds.ts';
import type { TapeEvent } from '../../recording/tape.ts';
import type { Sample } from '../../sample.ts';
import { findingEvents } from './finding-event.ts';

const nothing: ReadonlySet<Need> = new Set();

/** What one more look brought. */
interface Advice {
  readonly state: AdvisorState;
  readonly events: readonly TapeEvent[];
}

/**
 * The advisor of a program that looks again and again, every `delay` seconds. What it reads is read for two looks in a row,
 * since rates need two, and then not until it is due again.
 */
export const createAdvisor = (thresholds: Thresholds, delay: number) => {
  let state = startAdvising();
  let previous: Sample | undefined;
  /** When it looked last; wall clock, seconds. */
  let last: number | undefined;
  return {
    /** What the next look is to read for it. */
    get needs(): ReadonlySet<Need> {
      if (!previous || last === undefined) return adviceNeeds;
      // The look after the next, and some more, since looks come late.
      const soon = previous.time + 2.25 * delay + 0.1;
      return turnBegin(soon) === turnBegin(last) ? nothing : adviceNeeds;
    },
    /** The findings after one more look. */
    see(model: Model): Advice {
      const { sample } = model;
      const isDue = isAdviceDue(last, previous, sample);
      previous = sample;
      if (!isDue) return { state, events: [] };
      last = sample.time;
      state = advise(state, model, thresholds);
      return { state, events: findingEvents(state, model.time) };
    },
  };
};
