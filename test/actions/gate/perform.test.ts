import { mkdtempSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Plan } from '../../../src/actions/action.ts';
import { type Control, Refused } from '../../../src/actions/gate/control.ts';
import { openJournal, readEntry } from '../../../src/actions/gate/journal.ts';
import { perform } from '../../../src/actions/gate/perform.ts';

const plan: Plan = {
  request: { action: 'balloon', words: ['1.1', '5B'] },
  subject: 'web',
  summary: 'Shrink it',
  steps: [
    { kind: 'qmp', guest: '1.1', name: 'web', command: 'balloon', arguments: { value: 5 } },
    { kind: 'qmp', guest: '1.1', name: 'web', command: 'cont', arguments: {} },
  ],
  effect: [],
  warnings: [],
  undo: { action: 'balloon', words: ['1.1', '9B'] },
};

/** A world that remembers what was done to it. */
const world = (failing?: string) => {
  const done: string[] = [];
  const control: Control = {
    async execute(_guest, command) {
      if (command === failing) throw new Error(`${command} was refused by QEMU`);
      done.push(command);
    },
    async write(path, value) {
      done.push(`${path}=${value}`);
      // A kernel that gives at most 64.
      return String(Math.min(64, Number(value)));
    },
    async virsh(_guest, words) {
      done.push(words.join(' '));
      return '';
    },
    async call(_guest, method, path) {
      done.push(`${method} ${path}`);
    },
    async file(path) {
      done.push(path);
    },
    noteTarget: (_guest, bytes) => done.push(`target ${bytes}`),
  };
  return { done, control };
};

const newJournal = () => openJournal(join(mkdtempSync(join(tmpdir(), 'kvmtop-journal-')), 'deep', 'journal.ndjson'));

describe('the gate', () => {
  it('does the steps in order and writes who did what, and the way back', async () => {
    const { done, control } = world();
    const journal = newJournal();
    await perform({ control, journal }, plan, { by: 'key' });
    expect(done).toEqual(['balloon', 'target 5', 'cont']);
    expect(journal.read()).toMatchObject([
      { by: 'key', summary: 'Shrink it', outcome: 'done', forced: false, undo: plan.undo },
    ]);
    expect(statSync(journal.path).mode & 0o777).toBe(0o600);
  });

  it('stops at the first step that fails, and journals that', async () => {
    const { done, control } = world('balloon');
    const journal = newJournal();
    await expect(perform({ control, journal }, plan, { by: 'do' })).rejects.toThrow(/refused by QEMU/);
    expect(done).toEqual([]);
    expect(journal.read()).toMatchObject([{ outcome: 'failed', error: 'balloon was refused by QEMU' }]);
  });

  it('tries all steps that are independent, tells which failed, and fails only with all', async () => {
    const { done, control } = world('balloon');
    const journal = newJournal();
    const { notes } = await perform({ control, journal }, { ...plan, independent: true }, { by: 'do' });
    expect(done).toEqual(['cont']);
    expect(notes).toEqual(['failed: balloon was refused by QEMU']);
    const hopeless = { ...plan, steps: plan.steps.slice(0, 1), independent: true } as const;
    await expect(perform({ control, journal }, hopeless, { by: 'do' })).rejects.toThrow('balloon was refused by QEMU');
    expect(journal.read().map(({ outcome }) => outcome)).toEqual(['done', 'failed']);
  });

  it('tells where the kernel gave something else than it was asked for', async () => {
    const { done, control } = world();
    const steps = ['/proc/sys/vm/nr_hugepages', '/proc/sys/vm/swappiness'].map((path, index) => ({
      kind: 'write' as const,
      path,
      value: String([100, 10][index]),
    }));
    const entry = await perform({ control, journal: newJournal() }, { ...plan, steps }, { by: 'do' });
    expect(done).toEqual(['/proc/sys/vm/nr_hugepages=100', '/proc/sys/vm/swappiness=10']);
    expect(entry.notes).toEqual(['/proc/sys/vm/nr_hugepages: asked for 100, the kernel gave 64']);
  });

  it('changes nothing without hands', async () => {
    await expect(perform({ control: undefined, journal: newJournal() }, plan, { by: 'key' })).rejects.toThrow(Refused);
  });

  it.each([
    [true, undefined, false],
    [true, true, true],
    [false, true, false],
  ])('with a refusal that is forceable: %s and force: %s, does it: %s', async (forceable, force, does) => {
    const { done, control } = world();
    const journal = newJournal();
    const refused = { ...plan, refusal: { reason: 'unsafe', forceable } };
    const asked = perform({ control, journal }, refused, { by: 'key', ...(force === undefined ? {} : { force }) });
    if (does) await expect(asked).resolves.toMatchObject({ forced: true });
    else await expect(asked).rejects.toThrow('unsafe');
    expect(done.length > 0).toBe(does);
    expect(journal.read()).toHaveLength(does ? 1 : 0);
  });

  it('does nothing that it could not journal', async () => {
    const { done, control } = world();
    const file = join(mkdtempSync(join(tmpdir(), 'kvmtop-journal-')), 'file');
    writeFileSync(file, '');
    const journal = openJournal(join(file, 'journal.ndjson'));
    await expect(perform({ control, journal }, plan, { by: 'key' })).rejects.toThrow(/journal/);
    expect(done).toEqual([]);
  });
});

it('tells what was done even when the journal can no longer be written', async () => {
  const { done, control } = world();
  const full = {
    ...newJournal(),
    append: () => {
      throw new Error('ENOSPC: no space left on device');
    },
  };
  const asked = perform({ control, journal: full }, plan, { by: 'key' });
  await expect(asked).rejects.toThrow(/^this was done, but the journal .* could not be written: ENOSPC/);
  expect(done).toEqual(['balloon', 'target 5', 'cont']);
});

it('writes down why a policy wanted it', async () => {
  const journal = newJournal();
  await perform({ control: world().control, journal }, plan, { by: 'policy', why: 'it uses 1 GiB of 4 GiB' });
  expect(journal.read()).toMatchObject([{ by: 'policy', why: 'it uses 1 GiB of 4 GiB' }]);
});

describe('the journal', () => {
  it.each(['why', 'error', 'notes', 'user', 'by'])('passes over an entry whose %s is no text', async key => {
    const journal = newJournal();
    const entry = await perform({ control: world().control, journal }, plan, { by: 'key' });
    expect(readEntry(entry)).toEqual(entry);
    expect(readEntry({ ...entry, [key]: 5 })).toBeUndefined();
    expect(readEntry({ ...entry, [key]: [5] })).toBeUndefined();
  });

  it('passes over lines that are no entries', async () => {
    const journal = newJournal();
    await perform({ control: world().control, journal }, plan, { by: 'key' });
    const text = readFileSync(journal.path, 'utf8');
    writeFileSync(journal.path, `garbage\n{"half":\n${text}[]\n`);
    expect(journal.read()).toHaveLength(1);
  });
});
