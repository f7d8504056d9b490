import { expect, test } from 'vitest';
import type { Finding } from '../../../src/policy/finding.ts';
import { findingEvents } from '../../../src/programs/events/finding-event.ts';

const finding: Finding = {
  id: 'host-short',
  strategy: 'balloon',
  since: 90,
  subject: 'host',
  severity: 'critical',
  text: 'Memory is short.',
  numbers: { mem_available: 1 },
};

test('what began is told with the finding, what is over without', () => {
  expect(findingEvents({ began: [finding], ended: [{ ...finding, subject: 'web-1' }] }, 100)).toEqual([
    { time: 100, kind: 'finding', subject: 'web-1', text: 'over: Memory is short.' },
    { time: 100, kind: 'finding', subject: 'host', text: 'Memory is short.', data: finding },
  ]);
});
