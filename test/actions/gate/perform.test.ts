import { appendFileSync, mkdtempSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Plan, Step } from '../../../src/actions/action.ts';
import { type Control, Refused } from '../../../src/actions/gate/control.ts';
import { type Journal, openJournal, readEntry } from '../../../src/actions/gate/journal.ts';
import { perform } from '../../../src/actions/gate/perform.ts';

const plan: Plan = {
  request: { action: 'balloon', words: ['1.1', '5B'] },
  subject: 'web',
  summary: 'Shrink it',
  steps: [
    {
      kind: 'qmp',
      guest: '1.1',
      name: 'web',
      command: 'balloon',
      arguments: { value: 5 },
      purpose: { kind: 'balloon', target: 5 },
    },
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
    async run(_guest, words) {
      done.push(words.join(' '));
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

  it('remembers a balloon’s size by what a step is for, and by none of its words', async () => {
    const { done, control } = world();
    const of = { guest: '1.1', name: 'web', purpose: { kind: 'balloon', target: 7 } } as const;
    const steps: Plan['steps'] = [
      { ...of, kind: 'virsh', words: ['setmem'] },
      { ...of, kind: 'api', method: 'PUT', path: '/b', body: {} },
      { ...of, kind: 'client', words: ['crosvm', 'balloon', '1', '/s'] },
      { kind: 'qmp', guest: '1.1', name: 'web', command: 'balloon', arguments: { value: 5 } },
    ];
    await perform({ control, journal: newJournal() }, { ...plan, steps }, { by: 'key' });
    const noted = 'target 7';
    expect(done).toEqual(['setmem', noted, 'PUT /b', noted, 'crosvm balloon 1 /s', noted, 'balloon']);
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

  it('fails with all that failed where several did, and tells who did not', async () => {
    const { control } = world();
    const failing: Control = {
      ...control,
      execute: async guest => {
        throw new Error(`${guest} is locked`);
      },
    };
    const step = (guest: string) => ({ kind: 'qmp', guest, name: guest, command: 'balloon', arguments: {} }) as const;
    const all = { ...plan, steps: [step('1.1'), step('2.1')], independent: true } as const;
    const journal = newJournal();
    await expect(perform({ control: failing, journal }, all, { by: 'do' })).rejects.toThrow(
      '1.1 is locked; 2.1 is locked',
    );
    const write = { kind: 'write', path: '/x', value: '65' } as const;
    const { notes } = await perform(
      { control: failing, journal },
      { ...all, steps: [write, ...all.steps] },
      { by: 'do' },
    );
    expect(notes).toEqual(['failed: 1.1 is locked', 'failed: 2.1 is locked', '/x: asked for 65, the kernel gave 64']);
    expect((await perform({ control, journal }, { ...all, steps: [] }, { by: 'do' })).outcome).toBe('done');
  });

  it('keeps what the first steps told where a later one fails', async () => {
    const { done, control } = world('cont');
    const journal = newJournal();
    const steps = [
      { kind: 'write', path: '/x', value: '65' },
      { kind: 'file', path: '/etc/x', content: 'y' },
      ...plan.steps.slice(1),
    ] as const;
    await expect(perform({ control, journal }, { ...plan, steps }, { by: 'itself' })).rejects.toThrow(
      'cont was refused',
    );
    expect(done).toEqual(['/x=65', '/etc/x']);
    const [entry] = journal.read();
    expect(entry).toEqual({
      id: expect.stringMatching(/^[\da-f-]{36}$/),
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
      user: expect.any(String),
      by: 'itself',
      request: plan.request,
      summary: 'Shrink it',
      steps,
      forced: false,
      outcome: 'failed',
      notes: ['/x: asked for 65, the kernel gave 64'],
      error: 'cont was refused by QEMU',
      undo: plan.undo,
    });
    const { undo: _, ...noWayBack } = plan;
    const whole = await perform({ control: world().control, journal }, noWayBack, { by: 'do' });
    for (const key of ['undo', 'notes', 'error', 'why']) expect(whole).not.toHaveProperty(key);
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

/** A journal that can take only so many entries more, as on a disk that becomes full. */
const fillingUp = (room: number): Journal => {
  const journal = newJournal();
  let left = room;
  return {
    ...journal,
    append: async entry => {
      if (left === 0) throw new Error('ENOSPC: no space left on device, write');
      left -= 1;
      await journal.append(entry);
    },
  };
};

describe('what is journalled', () => {
  it('stands in the journal before it is done', async () => {
    const journal = newJournal();
    const { control } = world();
    const seen: unknown[] = [];
    const execute: Control['execute'] = async () => void seen.push(journal.read().map(({ outcome }) => outcome));
    await perform({ control: { ...control, execute }, journal }, plan, { by: 'key' });
    expect(seen).toEqual([['begun'], ['begun']]);
    expect(journal.read().map(({ outcome }) => outcome)).toEqual(['done']);
  });

  it('is not done where the disk is full, and is refused with what to do', async () => {
    const { done, control } = world();
    const folder = mkdtempSync(join(tmpdir(), 'kvmtop-journal-'));
    symlinkSync('/dev/full', join(folder, 'journal.ndjson'));
    const journal = openJournal(join(folder, 'journal.ndjson'));
    const asked = perform({ control, journal }, plan, { by: 'do' });
    await expect(asked).rejects.toThrow(
      /journal .* can't be written \(ENOSPC.*nothing was changed.*XDG_STATE_HOME.*--force/,
    );
    await expect(asked).rejects.toThrow(Refused);
    expect(done).toEqual([]);
  });

  it('is done without a journal only by force, and told', async () => {
    const { done, control } = world();
    const entry = await perform({ control, journal: fillingUp(0) }, plan, { by: 'do', force: true });
    expect(done).toEqual(['balloon', 'target 5', 'cont']);
    expect(entry).toMatchObject({
      outcome: 'done',
      forced: true,
      notes: ['not journalled: ENOSPC: no space left on device, write'],
    });
  });

  it('is told as done where only its outcome can not be written; the journal has it as begun, with the way back', async () => {
    const { done, control } = world();
    const journal = fillingUp(1);
    const asked = perform({ control, journal }, plan, { by: 'key' });
    await expect(asked).rejects.toThrow(
      /^this was done, but its outcome could not be written to the journal .*: ENOSPC/,
    );
    expect(done).toEqual(['balloon', 'target 5', 'cont']);
    expect(journal.read()).toMatchObject([{ outcome: 'begun', summary: 'Shrink it', undo: plan.undo }]);
  });

  it('is told as failed where its outcome can not be written either, and by force no more is told than that', async () => {
    await expect(
      perform({ control: world('cont').control, journal: fillingUp(1) }, plan, { by: 'key', force: true }),
    ).rejects.toThrow(
      /^this failed \(cont was refused by QEMU\), but its outcome could not be written to the journal .*: ENOSPC/,
    );
    await expect(
      perform({ control: world('cont').control, journal: fillingUp(0) }, plan, { by: 'key', force: true }),
    ).rejects.toThrow(/^cont was refused by QEMU$/);
  });

  it.each([['{"half":'], ['{"time":"2026'], ['x']])('is not swallowed by a line that was torn: %s', async torn => {
    const journal = newJournal();
    await perform({ control: world().control, journal }, plan, { by: 'key' });
    appendFileSync(journal.path, torn);
    await perform({ control: world().control, journal }, { ...plan, summary: 'Grow it' }, { by: 'key' });
    expect(journal.read().map(({ summary, outcome }) => [summary, outcome])).toEqual([
      ['Shrink it', 'done'],
      ['Grow it', 'done'],
    ]);
  });

  it('is one entry each, in the order in which it began, also of several at once and of older versions', async () => {
    const journal = newJournal();
    const { control } = world();
    const slow = Promise.withResolvers<void>();
    const first = perform({ control: { ...control, execute: () => slow.promise }, journal }, plan, { by: 'key' });
    await expect.poll(() => journal.read()).toHaveLength(1);
    await perform({ control, journal }, { ...plan, summary: 'Grow it' }, { by: 'do' });
    slow.resolve();
    const { id: _, ...old } = await first;
    await journal.append(old);
    await journal.append(old);
    expect(journal.read().map(({ summary, outcome }) => [summary, outcome])).toEqual([
      ['Shrink it', 'done'],
      ['Grow it', 'done'],
      ['Shrink it', 'done'],
      ['Shrink it', 'done'],
    ]);
  });
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

  it.each<{ readonly steps: unknown }>([
    { steps: 5 },
    { steps: [5] },
    { steps: [null] },
    { steps: [{}] },
    { steps: [{ kind: 'toString' }] },
    { steps: [{ kind: 'write', path: '/proc/sys/vm/swappiness' }] },
    { steps: [{ kind: 'write', path: {}, value: '1' }] },
    { steps: [{ kind: 'write', path: '/proc/sys/vm/swappiness', value: '1', before: {} }] },
    { steps: [{ kind: 'virsh', guest: '1.1', name: 'web' }] },
    { steps: [{ kind: 'virsh', guest: '1.1', name: 'web', words: [5] }] },
    { steps: [{ kind: 'client', guest: '1.1', name: 'web', words: 'crosvm' }] },
    { steps: [{ kind: 'qmp', guest: '1.1', name: {}, command: 'cont' }] },
    { steps: [{ kind: 'api', guest: '1.1', name: 'web', method: 'PUT' }] },
    { steps: [{ kind: 'file', content: 'x' }] },
    { steps: [{ kind: 'file', path: '/etc/sysctl.d/90-kvmtop.conf', content: {} }] },
  ])('passes over an entry with %j', async ({ steps }) => {
    const entry = await perform({ control: world().control, journal: newJournal() }, plan, { by: 'key' });
    expect(readEntry({ ...entry, steps })).toBeUndefined();
  });

  it('takes every kind of step, and none', async () => {
    const entry = await perform({ control: world().control, journal: newJournal() }, plan, { by: 'key' });
    const steps: Step[] = [
      ...plan.steps,
      { kind: 'write', path: '/proc/sys/vm/swappiness', value: '10', before: '60' },
      { kind: 'write', path: '/proc/sys/vm/swappiness', value: '10' },
      { kind: 'virsh', guest: '1.1', name: 'web', words: ['setmem', 'x', '5'] },
      { kind: 'api', guest: '1.1', name: 'web', method: 'PUT', path: '/x', body: { size: 5 } },
      { kind: 'client', guest: '1.1', name: 'web', words: ['crosvm', 'balloon', '5', '/run/x'] },
      { kind: 'file', path: '/etc/sysctl.d/90-kvmtop.conf', content: 'vm.swappiness = 10\n' },
      { kind: 'file', path: '/etc/sysctl.d/90-kvmtop.conf' },
    ];
    for (const told of [steps, []]) expect(readEntry({ ...entry, steps: told })?.steps).toEqual(told);
  });

  it('passes over lines that are no entries', async () => {
    const journal = newJournal();
    await perform({ control: world().control, journal }, plan, { by: 'key' });
    const text = readFileSync(journal.path, 'utf8');
    writeFileSync(journal.path, `garbage\n{"half":\n${text}[]\n`);
    expect(journal.read()).toHaveLength(1);
  });
});
