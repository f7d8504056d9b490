import type { Need } from '../fields/field.ts';
import type { Model } from '../model.ts';
import { type AdvisorState, adviceNeeds, advise, startAdvising } from '../policy/advisor.ts';
import type { Thresholds } from '../policy/thresholds.ts';
import type { TapeEvent } from '../recording/tape.ts';
import { findingEvents } from './finding-event.ts';

/** Seconds between two looks for findings: rules look at what lasts. */
const every = 5;

const nothing: ReadonlySet<Need> = new Set();

/** What one more look brought. */
interface Advice {
  readonly state: AdvisorState;
  readonly events: readonly TapeEvent[];
}

/**
 * The advisor of a program that looks again and again. What it reads is read for two looks in a row, since rates need two,
 * and then not until it is due again.
 */
export const createAdvisor = (thresholds: Thresholds, delay: number) => {
  let state = startAdvising();
  /** Looks until it is due: every so many, and each where they are rare. */
  const turns = Math.max(1, Math.ceil(every / delay));
  let turn = 0;
  return {
    /** What the next look is to read for it. */
    get needs(): ReadonlySet<Need> {
      return turn >= turns - 2 ? adviceNeeds : nothing;
    },
    /** The findings after one more look. */
    see(model: Model): Advice {
      turn += 1;
      if (turn < turns) return { state, events: [] };
      turn = 0;
      state = advise(state, model, thresholds);
      return { state, events: findingEvents(state, model.time) };
    },
  };
};
