import type { Need } from '../fields/field.ts';
import { everything } from '../fields/needs.ts';
import type { Model } from '../model.ts';
import { type AdvisorState, advise, startAdvising } from '../policy/advisor.ts';
import type { Finding } from '../policy/finding.ts';
import type { Thresholds } from '../policy/thresholds.ts';
import type { TapeEvent } from '../recording/tape.ts';

/** Seconds between two looks for findings: rules look at what lasts. */
const every = 5;

const nothing: ReadonlySet<Need> = new Set();

/** What recordings keep of it: that a finding began, or that it ended. */
const eventOf = (finding: Finding, time: number, ended: boolean): TapeEvent => ({
  time,
  kind: 'finding',
  subject: finding.subject,
  text: ended ? `over: ${finding.text}` : finding.text,
  data: { ...finding, ended },
});

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
      return turn >= turns - 2 ? everything : nothing;
    },
    /** The findings after one more look. */
    see(model: Model): Advice {
      turn += 1;
      if (turn < turns) return { state, events: [] };
      turn = 0;
      state = advise(state, model, thresholds);
      const events = [
        ...state.began.map(finding => eventOf(finding, model.time, false)),
        ...state.ended.map(finding => eventOf(finding, model.time, true)),
      ];
      return { state, events };
    },
  };
};
