import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { editSettings } from '../../src/config/edit.ts';
import { printSettings } from '../../src/config/print.ts';
import { readSettings } from '../../src/config/read.ts';
import { anySettings, someSettings } from './arbitrary.ts';

const loaded = { origins: {}, files: [], own: undefined };

it('an empty file gets its tables', () => {
  expect(editSettings('', { tab: 'guests', 'tabs.guests.sort': 'name', 'tabs.guests.columns': ['name', 'held'] })).toBe(
    'tab = "guests"\n\n[tabs.guests]\nsort = "name"\ncolumns = ["name", "held"]\n',
  );
});

describe('other lines stay as they are', () => {
  it('a value is replaced where it stands, its comment stays', () => {
    const text =
      '# mine\n  delay=2 # "slow" line\n\ntab = "memory"\n[tabs.guests]\ncolumns = [ "name",\n  "held", ] # short\nsort = "held"\n';
    expect(editSettings(text, { tab: 'guests', 'tabs.guests.columns': ['name'], delay: 3 })).toBe(
      '# mine\n  delay = 3 # "slow" line\n\ntab = "guests"\n[tabs.guests]\ncolumns = ["name"] # short\nsort = "held"\n',
    );
  });

  it('a new one goes to its table, written as its neighbours are', () => {
    const text = 'tabs.guests.sort = "name"\n[balloon]\n# how much\n[statistics]\nstale_seconds = 5';
    expect(
      editSettings(text, { 'tabs.guests.reverse': true, 'balloon.stall_seconds': 20, 'statistics.polling_seconds': 4 }),
    ).toBe(
      'tabs.guests.sort = "name"\ntabs.guests.reverse = true\n[balloon]\nstall_seconds = 20\n# how much\n[statistics]\nstale_seconds = 5\npolling_seconds = 4',
    );
  });

  it('a table goes behind a last line without an end, a plain key before all tables', () => {
    expect(editSettings('[balloon]', { tab: 'guests', 'tabs.guests.reverse': true })).toBe(
      'tab = "guests"\n[balloon]\n\n[tabs.guests]\nreverse = true\n',
    );
  });
});

it('what can’t be edited line by line is refused, not broken', () => {
  expect(() => editSettings('tabs = { guests = { sort = "name" } }', { 'tabs.guests.sort': 'held' })).toThrow(
    'set tabs.guests.sort by hand',
  );
});

it('reads as what was there, with what was set', () => {
  fc.assert(
    fc.property(someSettings, someSettings, (first, then) => {
      const once = editSettings('', first);
      expect(readSettings('a', once).values).toEqual(first);
      expect(readSettings('a', editSettings(once, then)).values).toEqual({ ...first, ...then });
    }),
    { numRuns: 50 },
  );
});

it('a comment is never lost', () => {
  fc.assert(
    fc.property(anySettings, someSettings, (values, changes) => {
      const text = printSettings({ ...loaded, settings: values });
      const comments = (written: string): number => written.split('\n').filter(row => row.includes('#')).length;
      expect(comments(editSettings(text, changes))).toBe(comments(text));
    }),
    { numRuns: 20 },
  );
});
