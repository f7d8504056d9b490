import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import {
  type JournalEntry,
  journalPath,
  noJournal,
  openJournal,
  operator,
  parseEntry,
  readEntry,
} from '../../../src/actions/gate/journal.ts';

const entry: JournalEntry = {
  id: 'a',
  time: '2026-01-01T00:00:00Z',
  user: 'ops',
  by: 'do',
  request: { action: 'balloon', words: ['web', '2G'] },
  summary: 'Shrink it',
  steps: [{ kind: 'write', path: '/a', value: '1', before: '0' }],
  forced: false,
  outcome: 'done',
};

it.each([
  [{ XDG_STATE_HOME: '/state', HOME: '/root' }, 0, '/state/kvmtop/journal.ndjson'],
  [{ XDG_STATE_HOME: '', HOME: '/root' }, 0, '/var/log/kvmtop/journal.ndjson'],
  [{ HOME: '/home/ops' }, 1000, '/home/ops/.local/state/kvmtop/journal.ndjson'],
  [{}, 1000, '/.local/state/kvmtop/journal.ndjson'],
])('lies, with %j and user %i, at %s', (env, uid, path) => {
  expect(journalPath(env, uid)).toBe(path);
});

it.each([
  [{ SUDO_USER: 'ops', USER: 'root', LOGNAME: 'root' }, 'ops'],
  [{ USER: 'eve', LOGNAME: 'adm' }, 'eve'],
  [{ LOGNAME: 'adm' }, 'adm'],
  [{}, 'unknown'],
])('names who asks by %j as %s', (env, name) => {
  expect(operator(env)).toBe(name);
});

describe('an entry', () => {
  const of = { guest: '1.1', name: 'web' };
  it.each<[string, object]>([
    ['one line of older versions', { id: undefined }],
    ['a beginning', { outcome: 'begun' }],
    ['a failure', { outcome: 'failed', error: 'EIO', notes: ['gave 64'], why: 'PSI', undo: entry.request }],
    ['QMP', { steps: [{ kind: 'qmp', ...of, command: 'cont', arguments: {} }] }],
    ['virsh', { steps: [{ kind: 'virsh', ...of, words: ['setmem'] }] }],
    ['an API', { steps: [{ kind: 'api', ...of, method: 'PUT', path: '/a', body: {} }] }],
    ['a client', { steps: [{ kind: 'client', ...of, words: [] }] }],
    ['a file that is removed', { steps: [{ kind: 'file', path: '/a' }] }],
    ['no steps', { steps: [] }],
  ])('is %s', (_what, change) => {
    const value = { ...entry, ...change };
    expect(readEntry(value)).toBe(value);
  });

  const [write] = entry.steps;
  it.each<[string, object]>([
    ...['time', 'user', 'by', 'summary'].flatMap(key => [
      [`no ${key}`, { [key]: undefined }] as [string, object],
      [`a ${key} that is a number`, { [key]: 1 }] as [string, object],
    ]),
    ...['id', 'why', 'error'].map(key => [`a ${key} that is a number`, { [key]: 1 }] as [string, object]),
    ['notes that are a text', { notes: 'one' }],
    ['notes that are numbers', { notes: ['one', 2] }],
    ['another outcome', { outcome: 'perhaps' }],
    ['no request', { request: null }],
    ['a request without an action', { request: { words: [] } }],
    ['a request of numbers', { request: { action: 'balloon', words: [1] } }],
    ['a way back that is a text', { undo: 'balloon web 4G' }],
    ['no steps', { steps: undefined }],
    ['steps that are a text', { steps: 'echo' }],
    ['a step that is null', { steps: [null] }],
    ['a step of no kind', { steps: [{ path: '/a', value: '1' }] }],
    ['a step of another kind', { steps: [{ ...write, kind: 'toString' }] }],
    ['a value that is a number', { steps: [{ ...write, value: 1 }] }],
    ['a value before that is a number', { steps: [{ ...write, before: 1 }] }],
    ['content that is a number', { steps: [{ kind: 'file', path: '/a', content: 1 }] }],
    ['one bad step of two', { steps: [write, { kind: 'file' }] }],
    ['QMP without a command', { steps: [{ kind: 'qmp', ...of }] }],
    ['virsh without words', { steps: [{ kind: 'virsh', ...of }] }],
    ['a client without words', { steps: [{ kind: 'client', ...of }] }],
    ['an API without a method', { steps: [{ kind: 'api', ...of, path: '/a' }] }],
  ])('is none with %s', (_what, change) => {
    expect(readEntry({ ...entry, ...change })).toBeUndefined();
  });

  it.each(['', '{', 'null', '1', '[]', '"text"', JSON.stringify(entry).slice(0, -5)])('is none in the line %j', row => {
    expect(parseEntry(row)).toBeUndefined();
  });
});

describe('the file', () => {
  const newJournal = () => {
    const dir = mkdtempSync(join(tmpdir(), 'kvmtop-journal-'));
    onTestFinished(() => rmSync(dir, { recursive: true }));
    return openJournal(join(dir, 'deep', 'journal.ndjson'));
  };

  it('is read as nothing while there is none, and is made for its owner alone', async () => {
    const journal = newJournal();
    expect(journal.read()).toEqual([]);
    await journal.append(entry);
    expect(journal.read()).toEqual([entry]);
    expect(statSync(journal.path).mode & 0o777).toBe(0o600);
    expect(statSync(dirname(journal.path)).mode & 0o777).toBe(0o700);
  });

  it('has a line for each, also after one that was torn', async () => {
    const journal = newJournal();
    mkdirSync(dirname(journal.path));
    writeFileSync(journal.path, '{"time":"20');
    await journal.append(entry);
    await journal.append({ ...entry, id: 'b' });
    expect(readFileSync(journal.path, 'utf8')).toBe(
      `{"time":"20\n${JSON.stringify(entry)}\n${JSON.stringify({ ...entry, id: 'b' })}\n`,
    );
    expect(journal.read().map(({ id }) => id)).toEqual(['a', 'b']);
  });

  it('tells each change once, where it began, with how it ended', async () => {
    const journal = newJournal();
    const { id: _, ...older } = entry;
    const lines = [
      { ...entry, id: 'a', outcome: 'begun' },
      older,
      { ...entry, id: 'b', outcome: 'begun' },
      { ...entry, id: 'a', outcome: 'failed', error: 'EIO' },
      older,
    ] as const;
    for (const line of lines) await journal.append(line);
    expect(journal.read()).toEqual([lines[3], older, lines[2], older]);
  });

  it('of a world that nobody remembers says nothing', async () => {
    await noJournal.append(entry);
    expect(noJournal.read()).toEqual([]);
  });
});
