import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Step } from '../../../src/actions/action.ts';
import { type JournalEntry, openJournal } from '../../../src/actions/gate/journal.ts';
import { watchManualChanges } from '../../../src/programs/auto/manual-changes.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kvmtop-manual-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const balloon = (guest: string): Step => ({
  kind: 'qmp',
  guest,
  name: 'web',
  command: 'balloon',
  arguments: { value: 1 },
});
const entry = (by: JournalEntry['by'], action: string, ...steps: readonly Step[]): JournalEntry => ({
  time: '2027-01-15T08:00:00.000Z',
  user: 'ann',
  by,
  request: { action, words: [] },
  summary: 'done',
  steps,
  forced: false,
  outcome: 'done',
});

test('balloons that people move are told once; neither those of policies, nor what else is changed', async () => {
  const journal = openJournal(join(folder, 'journal.ndjson'));
  await journal.append(entry('do', 'balloon', balloon('before.1')));
  const manual = watchManualChanges(journal.path);
  expect(manual.look()).toEqual([]);
  await journal.append(entry('do', 'balloon', balloon('1.1')));
  await journal.append(entry('key', 'balloon-all', balloon('2.1'), balloon('3.1')));
  await journal.append(entry('key', 'deflate-all', balloon('4.1')));
  await journal.append(entry('policy', 'balloon', balloon('5.1')));
  await journal.append(entry('itself', 'polling', balloon('6.1')));
  await journal.append(entry('do', 'quit', balloon('7.1')));
  await journal.append(entry('do', 'ksm', { kind: 'write', path: '/sys/kernel/mm/ksm/run', value: '1' }));
  expect(manual.look()).toEqual(['1.1', '2.1', '3.1', '4.1']);
  expect(manual.look()).toEqual([]);
  manual.close();
});
