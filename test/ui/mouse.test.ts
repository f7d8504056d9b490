import { describe, expect, it } from 'vitest';
import type { JournalEntry } from '../../src/actions/gate/journal.ts';
import type { State } from '../../src/store/store.ts';
import { tabs } from '../../src/store/tabs.ts';
import { createListener } from '../../src/ui/app.tsx';
import { glyphsFor } from '../../src/ui/glyphs.ts';
import type { MouseEvent } from '../../src/ui/keys/reader.ts';
import { span } from '../../src/ui/line.ts';
import { targetIn } from '../../src/ui/mouse.ts';
import stringWidth from '../../src/ui/width.ts';
import { demoModels, frameOf, openStage } from './stage.tsx';

const models = await demoModels(5);
const glyphs = glyphsFor(false, false);

/** A screen of this size, on which the mouse finds things by the text that is seen there. */
const sit = async (change: Partial<State> = {}, columns = 80, rows = 24) => {
  const { app, store, asked } = openStage(models, change);
  const { mouse } = createListener(app, glyphs);
  const find = async (what: RegExp): Promise<{ x: number; y: number }> => {
    const screen = (await frameOf(app, columns, rows)).split('\n');
    const y = screen.findIndex(row => what.test(row));
    const row = screen[y] ?? '';
    if (y < 0) throw new Error(`${what} is not on the screen:\n${screen.join('\n')}`);
    return { x: stringWidth(row.slice(0, what.exec(row)?.index)), y };
  };
  const at = (kind: MouseEvent['kind'], place: { x: number; y: number }) => mouse({ kind, ...place });
  return {
    store,
    asked,
    find,
    at,
    async click(what: RegExp) {
      const place = await find(what);
      at('press', place);
      at('release', place);
    },
    name: () => store.getState().model?.guests.find(({ id }) => id === store.getState().selected)?.name,
  };
};

describe.each([
  [80, 24],
  [120, 40],
  [200, 60],
])('on %ix%i', (columns, rows) => {
  it('every tab is somewhere in the tab bar', async () => {
    const { store, at } = await sit({ size: { columns, rows } }, columns, rows);
    const reached = new Set<string>();
    for (let x = 0; x < columns; x++) {
      at('press', { x, y: 1 });
      reached.add(store.getState().tab);
      store.setState({ tab: 'overview' });
    }
    expect([...reached]).toEqual([...tabs]);
  });

  it('a click on a guest selects it, one more opens it, up to the end of its row', async () => {
    const { store, click, name, at, find } = await sit({ tab: 'guests' }, columns, rows);
    await click(/^. ?redis-cache|^redis-cache/);
    expect([name(), store.getState().dialog]).toEqual(['redis-cache', undefined]);
    const { y } = await find(/gitlab/);
    at('press', { x: columns - 1, y });
    expect([name(), store.getState().dialog]).toEqual(['gitlab', undefined]);
    at('press', { x: columns - 1, y });
    expect(store.getState().detail).toEqual({ scroll: 0 });
  });

  it('a click on the head of a column sorts by it, one more turns it round', async () => {
    const { store, click } = await sit({ tab: 'guests' }, columns, rows);
    await click(/(?<=NAME.*)SIZE/);
    expect(store.getState().sort).toEqual({ column: 'mem_size', reverse: false });
    await click(/(?<=NAME.*)SIZE/);
    expect(store.getState().sort).toEqual({ column: 'mem_size', reverse: true });
    await click(/NAME(?=.*[A-Z])/);
    expect(store.getState().sort).toEqual({ column: 'name', reverse: false });
  });
});

it('a double click opens what its first click was on, though the table moves below it', async () => {
  const { store, at, find, name } = await sit({ tab: 'guests', size: { columns: 80, rows: 20 } }, 80, 20);
  // The last row that is shown: what is selected there is moved to another place.
  const place = { x: 3, y: 18 };
  at('press', place);
  const first = name();
  const moved = (await find(new RegExp(`^\\W*${first}`))).y;
  at('press', place);
  expect([name(), store.getState().detail !== undefined]).toEqual([first, true]);
  expect(moved).not.toBe(place.y);
});

describe('the wheel', () => {
  it('moves the selection, the lines of a tab and the help', async () => {
    const { store, at, name } = await sit();
    const first = name();
    at('down', { x: 3, y: 20 });
    expect(name()).not.toBe(first);
    at('up', { x: 3, y: 20 });
    expect(name()).toBe(first);
    store.setState({ tab: 'meminfo' });
    at('down', { x: 3, y: 10 });
    expect(store.getState().scroll).toBe(3);
    store.setState({ dialog: { kind: 'help', scroll: 0 } });
    at('down', { x: 3, y: 10 });
    expect(store.getState().dialog).toEqual({ kind: 'help', scroll: 3 });
    for (let notch = 0; notch < 500; notch++) at('down', { x: 3, y: 10 });
    const end = store.getState().dialog;
    at('up', { x: 3, y: 10 });
    expect(store.getState().dialog).not.toEqual(end);
  });

  it('changes no number that is being entered', async () => {
    const { store, at } = await sit({ dialog: { kind: 'enter', action: 'balloon', words: ['web-1'], text: '2G' } });
    at('up', { x: 3, y: 20 });
    expect(store.getState().dialog).toMatchObject({ text: '2G' });
  });
});

describe('a click', () => {
  it('sorts processes by the head of their list', async () => {
    const { store, click } = await sit({ tab: 'processes' });
    await click(/PID(?=.*USER)/);
    expect(store.getState().processSort).toEqual({ column: 'pid', reverse: false });
    await click(/PID(?=.*USER)/);
    expect(store.getState().processSort).toEqual({ column: 'pid', reverse: true });
  });

  it('selects a guest and sorts in a list of another tab', async () => {
    const { store, click, name } = await sit({ tab: 'stall' }, 120, 40);
    await click(/^. ?gitlab|^gitlab/);
    expect(name()).toBe('gitlab');
    await click(/NAME(?=.*[A-Z])/);
    expect(store.getState().sort.column).toBe('name');
  });

  it('selects an entry of the journal, one more asks whether to undo it', async () => {
    const entry = (id: string): JournalEntry => ({
      id,
      time: '2026-11-23T14:05:00.000Z',
      user: 'root',
      by: 'key',
      request: { action: 'balloon', words: ['x', '1G'] },
      summary: `entry ${id}`,
      steps: [],
      forced: false,
      outcome: 'done',
      undo: { action: 'balloon', words: ['x', '2G'] },
    });
    const { store, click } = await sit({ tab: 'journal', journal: [entry('one'), entry('two')] });
    await click(/entry one/);
    expect([store.getState().journalCursor, store.getState().dialog]).toEqual([1, undefined]);
    await click(/entry one/);
    expect(store.getState().dialog).toMatchObject({ kind: 'confirm', request: { words: ['x', '2G'] } });
  });

  it('on a key in the footer presses it, once the button is released there', async () => {
    const { store, asked, at, find, click } = await sit();
    await click(/\? Help/);
    expect(store.getState().dialog?.kind).toBe('help');
    store.setState({ dialog: undefined });
    const quit = await find(/q Quit/);
    at('press', quit);
    at('release', { x: 3, y: 5 });
    at('release', quit);
    expect(asked).toEqual([]);
    await click(/q Quit/);
    expect(asked).toEqual(['quit']);
  });

  it('never does what a question asks: a click may only be meant to raise a window', async () => {
    const request = { action: 'deflate-all', words: [] };
    const { store, asked, click } = await sit({ dialog: { kind: 'confirm', request, typed: '', seen: 1000 } });
    await click(/y Do it/);
    await click(/Enter Do it/);
    expect([asked, store.getState().dialog?.kind]).toEqual([[], 'confirm']);
    await click(/Esc Cancel/);
    expect(store.getState().dialog).toBeUndefined();
  });

  it('changes nothing behind a dialog, and its tab is no text', async () => {
    const { store, click, name } = await sit({
      dialog: { kind: 'enter', action: 'balloon', words: ['web-1'], text: '' },
    });
    const before = [name(), store.getState().sort, store.getState().dialog];
    await click(/3/);
    await click(/(?<=NAME.*)SIZE/);
    await click(/^. ?db-main|^db-main/);
    expect([name(), store.getState().sort, store.getState().dialog]).toEqual(before);
  });

  it('on nothing does nothing', async () => {
    const { store, at } = await sit();
    const before = store.getState();
    for (const place of [
      { x: 500, y: 5 },
      { x: 5, y: 500 },
      { x: -1, y: -1 },
      { x: 0, y: 0 },
    ])
      at('press', place);
    expect(store.getState()).toEqual(before);
  });
});

it('columns are those of the screen, not characters', () => {
  const row = [
    span('漢字'),
    { ...span('ab'), target: { kind: 'key', name: 'a' } },
    span('  '),
    { ...span('é'), target: { kind: 'guest', id: 'x' } },
  ] as const;
  expect([0, 3, 4, 5, 6, 8, 20].map(x => targetIn(row, x)?.kind)).toEqual([
    undefined,
    undefined,
    'key',
    'key',
    undefined,
    'guest',
    'guest',
  ]);
});
