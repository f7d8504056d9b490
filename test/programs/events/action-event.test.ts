import { expect, test } from 'vitest';
import type { Step } from '../../../src/actions/action.ts';
import type { JournalEntry } from '../../../src/actions/gate/journal.ts';
import { actionEvent } from '../../../src/programs/events/action-event.ts';

const balloon = (guest: string, name: string): Step => ({
  kind: 'qmp',
  guest,
  name,
  command: 'balloon',
  arguments: { value: 1 },
});
const entry = (parts: Partial<JournalEntry>): JournalEntry => ({
  time: '2027-01-15T08:00:00.250Z',
  user: 'ann',
  by: 'key',
  request: { action: 'balloon', words: ['100.5000', '2G'] },
  summary: 'Shrink the balloon of web-1 from 4.00 GiB to 2.00 GiB',
  steps: [balloon('100.5000', 'web-1')],
  forced: false,
  outcome: 'done',
  ...parts,
});

test('what was done, when and to whom, with the whole entry', () => {
  const done = entry({});
  expect(actionEvent(done, 0)).toEqual({
    time: 1_800_000_000.25,
    kind: 'action',
    subject: 'web-1',
    text: 'Shrink the balloon of web-1 from 4.00 GiB to 2.00 GiB (done)',
    data: done,
  });
});

test('what a policy did says why', () =>
  expect(actionEvent(entry({ by: 'policy', why: 'it uses 1.00 GiB of 4.00 GiB' }), 0).text).toBe(
    'Shrink the balloon of web-1 from 4.00 GiB to 2.00 GiB: it uses 1.00 GiB of 4.00 GiB (done)',
  ));

test('several guests are counted, and what concerns none is the host’s', () => {
  const steps = [balloon('1.1', 'a'), balloon('2.1', 'b'), balloon('2.1', 'b')];
  expect(actionEvent(entry({ steps }), 0).subject).toBe('2 guests');
  const write: Step = { kind: 'write', path: '/sys/kernel/mm/ksm/run', value: '1' };
  expect(actionEvent(entry({ steps: [write] }), 0).subject).toBe('host');
});

test('a failure says why; an entry of another hand that lacks its time is kept all the same', () => {
  expect(actionEvent(entry({ outcome: 'failed', error: 'the guest is gone' }), 0).text).toMatch(
    /\(failed: the guest is gone\)$/,
  );
  expect(actionEvent(entry({ outcome: 'failed', time: 'noon' }), 7)).toMatchObject({
    time: 7,
    text: expect.stringMatching(/\(failed: for an unknown reason\)$/),
  });
});
