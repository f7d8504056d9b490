import type { Finding } from '../policy/finding.ts';
import { rules } from '../policy/rules.ts';
import type { GuestId } from '../sample.ts';

/** The worst that is found of each guest that has something; those in the worst trouble first. */
export type Troubles = ReadonlyMap<GuestId, Finding>;

const known = new WeakMap<readonly Finding[], Troubles>();

/** By findings, most urgent first. Findings stay the same for seconds, and rows are drawn every second. */
export const troublesOf = (findings: readonly Finding[]): Troubles => {
  const before = known.get(findings);
  if (before) return before;
  const troubles = new Map<GuestId, Finding>();
  for (const finding of findings)
    if (finding.guest !== undefined && !troubles.has(finding.guest)) troubles.set(finding.guest, finding);
  known.set(findings, troubles);
  return troubles;
};

const words = new Map(rules.map(({ id, word }) => [id, word]));

/** In at most 10 characters. A recording may have findings of rules that are no more. */
export const troubleWord = ({ id }: Pick<Finding, 'id'>): string => words.get(id) ?? id.slice(0, 10);
