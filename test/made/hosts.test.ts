import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isGigantic } from '../../src/actions/hugepages/pool.ts';
import type { JsonModel } from '../../src/export/json.ts';
import type { Need } from '../../src/fields/field.ts';
import { recordable } from '../../src/fields/needs.ts';
import { derive, type Model } from '../../src/model.ts';
import { openSource } from '../../src/programs/session.ts';
import { Root } from '../../src/root.ts';
import { createLiveSource } from '../../src/source/live.ts';
import type { State } from '../../src/store/store.ts';
import { tabs } from '../../src/store/tabs.ts';
import { paintPanes } from '../../src/ui/paint.ts';
import { Painter } from '../../src/ui/parts/painter.ts';
import { Screen } from '../../src/ui/screen/screen.ts';
import { createTheme } from '../../src/ui/theme.ts';
import { hastyClock, run } from '../programs/surroundings.ts';
import { frameOf, openStage } from '../ui/stage.tsx';
import { plant } from './files.ts';
import { madeHosts } from './hosts.ts';

/** What a number that went wrong looks like. */
const wrong = /NaN|undefined|Infinity|\[object|null/;

/** Which of these are not told, however columns are aligned. */
const missingIn = (told: string, words: readonly string[]): readonly string[] => {
  const plain = told.replaceAll(/ +/g, ' ');
  return words.filter(one => !plain.includes(one));
};

const theme = createTheme({ TERM: 'xterm-256color', LANG: 'C.UTF-8' });

const painted = (models: readonly Model[], columns: number, rows: number, change: Partial<State>): string => {
  const { store } = openStage(models, { size: { columns, rows }, ...change });
  const terminal = { columns, rows, write: () => true, on: () => undefined, off: () => undefined };
  const screen = new Screen(terminal, theme);
  screen.enter();
  const stop = paintPanes(store, new Painter(screen), theme.glyphs);
  const text = screen.text();
  stop();
  return text;
};

describe.each(madeHosts)('$name', ({ files, right }) => {
  let dir: string;
  let remove: () => void;
  let models: readonly Model[];
  beforeAll(async () => {
    ({ dir, remove } = plant(files));
    const source = createLiveSource(new Root(dir));
    const wanted = new Set<Need>(recordable);
    const [first, second] = [await source.look(wanted), await source.look(wanted)];
    await source.close();
    models = [derive(undefined, first), derive(first, second)];
  });
  afterAll(() => remove());

  const told = async (...argv: readonly string[]): Promise<string> => {
    const { status, stdout, stderr } = await run(['--root', dir, ...argv], { openSource, clock: hastyClock() });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).not.toMatch(wrong);
    return stdout;
  };

  it('in JSON', async () => {
    const json = JSON.parse(await told('snapshot', '--json')) as JsonModel;
    expect(json.host).toMatchObject(right.host);
    expect(right.unknown.filter(id => id in json.host)).toEqual([]);
    expect(json.ledger?.parts).toMatchObject(right.ledger);
    expect(Object.values(json.ledger?.parts ?? {}).reduce((sum, part) => sum + part, 0)).toBe(json.host['mem_total']);
    expect(json.guests.map(guest => guest.name).sort()).toEqual(Object.keys(right.guests).sort());
    for (const [name, values] of Object.entries(right.guests)) {
      const own = json.guests.find(guest => guest.name === name);
      expect(Object.fromEntries(Object.keys(values).map(id => [id, own?.[id]]))).toEqual(values);
    }
    expect(json.findings.map(({ id }) => id).sort()).toEqual(right.findings);
    const { problems = [] } = right;
    expect(json.problems.map(({ source, message }) => `${source}: ${message}`)).toEqual(
      problems.map(problem => expect.stringMatching(problem)),
    );
  });

  it('in text', async () => {
    const text = await told('snapshot', '--text');
    expect(missingIn(text, right.text)).toEqual([]);
  });

  it('for doctor', async () => {
    const text = await told('doctor');
    const ids = ['psi', 'swap', 'ksm', 'ksm_stat', 'kvm', 'debugfs'];
    const missing = ids.filter(id => new RegExp(`^NO {2}${id} `, 'm').test(text));
    expect(missing.sort()).toEqual(right.doctor);
  });

  it('for plans', () => {
    const model = models[1] as Model;
    expect(model.sample.pageSize).toBe(right.pageSize);
    const sizes = model.pools.filter(({ node }) => node === undefined).map(({ pageSize }) => pageSize);
    if (right.gigantic) expect(sizes.filter(size => isGigantic(model, size))).toEqual(right.gigantic);
  });

  it.each([
    [80, 24],
    [200, 60],
  ])('on every tab of the screen at %ix%i', (columns, rows) => {
    const frames = tabs.map(tab => painted(models, columns, rows, { tab }));
    for (const frame of frames) {
      expect(frame).not.toMatch(wrong);
      expect(frame.split('\n')).toHaveLength(rows);
    }
    if (columns === 200) expect(missingIn(frames.join('\n'), right.screen)).toEqual([]);
  });

  it('in the detail view of each guest', async () => {
    for (const { id } of models[1]?.guests ?? []) {
      const { app } = openStage(models, { selected: id, detail: { scroll: 0 } });
      expect(await frameOf(app, 100, 40)).not.toMatch(wrong);
    }
  });
});
