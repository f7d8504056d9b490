import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { loadSettings } from '../../../src/config/load.ts';
import { saveScreen } from '../../../src/programs/screen/save.ts';
import type { Setting } from '../../../src/store/store.ts';
import { defaultTables, showTab, type Tables, withTab } from '../../../src/store/tables.ts';
import { defaultColumns } from '../../../src/store/view.ts';

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kvmtop-'));
  path = join(folder, 'config.toml');
  writeFileSync(path, '# mine\ndelay = 2\n');
});
afterEach(() => rmSync(folder, { recursive: true }));

const setting = { source: 'live', readOnly: false } as Setting;
const first = {
  setting,
  columns: defaultColumns,
  sort: { column: 'held', reverse: false },
} as const;
const state = (tables: Tables = defaultTables, tab: 'overview' | 'guests' = 'overview') => ({
  ...first,
  ...showTab(tables, tab),
});

it('only what differs is written, and it is in force at the next start', async () => {
  const tables: Tables = {
    ...defaultTables,
    guests: { columns: ['name', 'held'], sort: { column: 'name', reverse: true } },
  };
  const told = await saveScreen(state(tables, 'guests'), {}, path);
  expect(told).toBe(`saved in ${path}: tab, tabs.guests.columns, tabs.guests.sort, tabs.guests.reverse`);
  expect(readFileSync(path, 'utf8')).toBe(
    '# mine\ndelay = 2\ntab = "guests"\n\n[tabs.guests]\ncolumns = ["name", "held"]\nsort = "name"\nreverse = true\n',
  );
  const { settings } = await loadSettings({}, path);
  expect(settings).toMatchObject({ delay: 2, tab: 'guests', 'tabs.guests.sort': 'name' });
});

it('what was saved and is changed back is saved as the default', async () => {
  await saveScreen(state(defaultTables, 'guests'), {}, path);
  await saveScreen(state(), {}, path);
  expect((await loadSettings({}, path)).settings.tab).toBe('overview');
});

it('nothing new is told, and nothing written', async () => {
  expect(await saveScreen(state(), {}, path)).toMatch(/^nothing to save/);
  expect(readFileSync(path, 'utf8')).toBe('# mine\ndelay = 2\n');
});

it('without a home, or with a file that has a mistake, the reason is told', async () => {
  await expect(saveScreen(state(), {}, undefined)).rejects.toThrow('set HOME, or start with --config FILE');
  writeFileSync(path, 'dely = 2\n');
  await expect(saveScreen(state(defaultTables, 'guests'), {}, path)).rejects.toThrow('did you mean delay?');
  expect(readFileSync(path, 'utf8')).toBe('dely = 2\n');
});

it.each([
  [{ readOnly: true }, 'read-only writes no settings'],
  [{ source: 'demo' }, 'the demo writes no settings'],
] as const)('nothing is written by %o', async (kind, why) => {
  const shown = { ...state(defaultTables, 'guests'), setting: { ...setting, ...kind } };
  await expect(saveScreen(shown, {}, path)).rejects.toThrow(why);
  expect(readFileSync(path, 'utf8')).toBe('# mine\ndelay = 2\n');
});

it('without settings there is nowhere to save them', async () => {
  await expect(saveScreen(state(defaultTables, 'guests'), { HOME: folder }, false)).rejects.toThrow('--no-config');
  expect(readdirSync(folder)).toEqual(['config.toml']);
});

it('each tab remembers its own table', () => {
  const overview = state();
  const changed = { ...overview, columns: ['name', 'pid'] as const };
  const guests = { ...changed, ...withTab(changed, 'guests') };
  expect(guests.columns).toEqual(defaultColumns);
  const journal = { ...guests, ...withTab(guests, 'journal') };
  const back = { ...journal, ...withTab(journal, 'overview') };
  expect(back.columns).toEqual(['name', 'pid']);
});
