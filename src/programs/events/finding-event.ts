import type { AdvisorState } from '../../policy/advisor.ts';
import type { TapeEvent } from '../../recording/tape.ts';

/** What the advisor began to tell, and what is over, as recordings keep it; `time` is wall clock, seconds. */
export const findingEvents = (
  { began, ended }: Pick<AdvisorState, 'began' | 'ended'>,
  time: number,
): readonly TapeEvent[] => [
  ...ended.map(({ subject, text }) => ({ time, kind: 'finding' as const, subject, text: `over: ${text}` })),
  ...began.map(finding => ({
    time,
    kind: 'finding' as const,
    subject: finding.subject,
    text: finding.text,
    data: finding,
  })),
];
