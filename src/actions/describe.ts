import { safe } from '../text.ts';
import type { Plan, Step } from './action.ts';

/** The exact change, as a privileged operator could do it by hand. */
const describeStep = (step: Step): string => `QMP ${step.command} ${JSON.stringify(step.arguments)} on ${step.name}`;

/** A plan in words, a line each: the same in the confirm dialog, in `--dry-run` and before the question of `do`. */
export const describePlan = (
  plan: Plan,
): readonly { readonly kind: 'summary' | 'refusal' | 'warning' | 'effect' | 'step'; readonly text: string }[] => [
  { kind: 'summary', text: safe(plan.summary) },
  ...(plan.refusal ? [{ kind: 'refusal', text: safe(`Refused: ${plan.refusal.reason}`) } as const] : []),
  ...plan.warnings.map(text => ({ kind: 'warning', text: safe(`Careful: ${text}`) }) as const),
  ...plan.effect.map(text => ({ kind: 'effect', text: safe(text) }) as const),
  ...plan.steps.map(step => ({ kind: 'step', text: safe(describeStep(step)) }) as const),
];
