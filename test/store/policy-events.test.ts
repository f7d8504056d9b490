import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { JournalEntry } from '../../src/actions/gate/journal.ts';
import type { PolicyEvent } from '../../src/policy/pilot.ts';
import { actionEvent } from '../../src/programs/events/action-event.ts';
import { toTapeEvent } from '../../src/programs/screen/live-pilot.ts';
import type { TapeEvent } from '../../src/recording/tape.ts';
import { policyEventsOf } from '../../src/store/policy-events.ts';

const entry = (parts: Partial<JournalEntry> = {}): JournalEntry => ({
  time: '2027-01-15T08:00:00.000Z',
  user: 'root',
  by: 'policy',
  request: { action: 'balloon', words: ['100.5000', '2G'] },
  summary: 'Shrink web-1 from 4.00 GiB to 2.00 GiB',
  why: 'it uses 1.00 GiB of 4.00 GiB',
  steps: [{ kind: 'qmp', guest: '100.5000', name: 'web-1', command: 'balloon', arguments: { value: 1 } }],
  forced: false,
  outcome: 'done',
  ...parts,
});
const event = (parts: Partial<PolicyEvent> = {}): PolicyEvent => ({
  time: 1_800_000_001,
  policy: 'kvmtop',
  subject: 'web-1',
  outcome: 'asked',
  text: 'Shrink web-1 from 4.00 GiB to 2.00 GiB: it uses 1.00 GiB of 4.00 GiB',
  ...parts,
});

describe('what policies did by a recording', () => {
  it('is told by the journal of another process, with the reason', () => {
    expect(policyEventsOf([actionEvent(entry(), 0)])).toEqual([event({ time: 1_800_000_000, policy: 'policy' })]);
    const failed = entry({ outcome: 'failed', error: 'QEMU hangs' });
    expect(policyEventsOf([actionEvent(failed, 0)])).toMatchObject([
      { outcome: 'failed', text: expect.stringMatching(/of 4\.00 GiB\. QEMU hangs$/) },
    ]);
  });

  it('is not told twice where the recorded screen told it, too', () => {
    const events = [
      actionEvent(entry(), 0),
      toTapeEvent(event()),
      toTapeEvent(event({ outcome: 'arrived', text: 'there' })),
    ];
    expect(policyEventsOf(events).map(({ outcome, policy }) => [outcome, policy])).toEqual([
      ['asked', 'kvmtop'],
      ['arrived', 'kvmtop'],
    ]);
    const notes = ['free: asked for 3, the kernel gave 2'];
    const noted = event({ text: `${event().text}; ${notes[0]}` });
    expect(policyEventsOf([actionEvent(entry({ notes }), 0), toTapeEvent(noted)])).toEqual([noted]);
  });

  it('is neither what people did, nor what else happened', () => {
    const others = (['key', 'do', 'itself'] as const).map(by => actionEvent(entry({ by }), 0));
    const { why: _, ...unexplained } = entry();
    const finding: TapeEvent = { time: 1, kind: 'finding', subject: 'host', text: 'short', data: event() };
    expect(policyEventsOf([...others, actionEvent(unexplained, 0), finding])).toEqual([]);
  });

  it('is in the order in which it happened', () => {
    const late = toTapeEvent(event({ time: 1_900_000_000, text: 'late' }));
    const early = toTapeEvent(event({ time: 1_700_000_000, text: 'early' }));
    expect(policyEventsOf([late, actionEvent(entry(), 0), early]).map(({ time }) => time)).toEqual([
      1_700_000_000, 1_800_000_000, 1_900_000_000,
    ]);
  });

  it('is nothing where a file holds anything else', () => {
    const anything = fc.record({
      time: fc.double({ noNaN: true }),
      kind: fc.constantFrom('action' as const, 'policy' as const),
      subject: fc.string(),
      text: fc.string(),
      data: fc.oneof(
        fc.anything(),
        fc.anything().map(notes => ({ ...entry(), notes })),
      ),
    });
    fc.assert(
      fc.property(fc.array(anything), events => {
        for (const { text } of policyEventsOf(events)) expect(text).toMatch(/^Shrink web-1/);
      }),
    );
  });
});
