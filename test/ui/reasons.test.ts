import { describe, expect, it } from 'vitest';
import type { State } from '../../src/store/store.ts';
import { tabTable } from '../../src/store/tabs.ts';
import { type Mode, modeOf, textModes } from '../../src/ui/keys/key.ts';
import { keys, keysNow, press } from '../../src/ui/keys.ts';
import { demoModels, frameOf, openStage } from './stage.tsx';

const models = await demoModels(5);

const sit = (change: Partial<State> = {}, source: 'demo' | 'recording' = 'demo') => {
  const { app, store, asked } = openStage(models, change, { source });
  const pressed = (name: string): string | undefined => {
    store.setState({ message: undefined });
    press(app, name);
    return store.getState().message?.text;
  };
  return { app, store, asked, pressed };
};

describe('a key that can do nothing says why', () => {
  it.each([
    ['X', {}, 'No policy is running'],
    ['u', {}, 'Nothing to undo'],
    ['t', {}, 'This is the present'],
    ['a', {}, 'Only a replay'],
    ['m', {}, 'NUMA tab'],
    ['P', { at: 3 }, 'This is the past'],
    ['A', { at: 3 }, 'This is the past'],
    ['b', { filter: 'nobody', selected: undefined }, 'No guest is selected'],
    ['b', { tab: 'memory' }, 'No guest is listed here'],
    ['enter', { tab: 'memory' }, 'No guest is listed here'],
    ['P', { tab: 'memory' }, 'No guest is listed here'],
    ['b', { tab: 'vmstat' }, 'b works where guests are listed: press 2 first'],
    ['s', { tab: 'journal' }, 's works where guests are listed: press 2 first'],
    ['enter', { tab: 'advisor' }, 'No problems found'],
    ['n', {}, 'Nothing to find yet'],
  ] as const)('%s with %j: %s', (name, change, why) => {
    const { pressed, store, asked } = sit(change as Partial<State>);
    expect(pressed(name)).toContain(why);
    expect([store.getState().dialog, store.getState().detail, asked]).toEqual([undefined, undefined, []]);
  });

  it.each([
    ['X', 'Nothing runs in a replay'],
    ['R', 'a recording already'],
    ['b', 'nothing can be changed'],
    [':', 'nothing can be changed'],
    ['K', 'nothing can be changed'],
    ['u', 'nothing can be changed'],
  ])('%s in a replay: %s', (name, why) => {
    expect(sit({ at: 3 }, 'recording').pressed(name)).toContain(why);
  });

  it('and every key that leads to a change does, in a replay', () => {
    for (const key of keys.filter(({ changes }) => changes))
      for (const name of key.names) {
        const { store, pressed } = sit({ at: 3 }, 'recording');
        if (!key.modes.includes(modeOf(store.getState()))) continue;
        if (keysNow(store.getState()).some(({ names }) => names.includes(name))) continue;
        expect([name, pressed(name)]).toEqual([name, 'This is a replay: nothing can be changed.']);
      }
  });

  it('in the status line, in one row of 80 columns', async () => {
    const { app, pressed } = sit({ tab: 'memory' });
    const text = pressed('b') ?? '';
    expect(await frameOf(app, 80, 24)).toContain(text);
    expect(text.length).toBeLessThanOrEqual(80);
  });
});

describe('everything automatic is stopped by one key', () => {
  const flying = { mode: 'act', policy: 'kvmtop', pinned: new Map(), events: [] } as const;
  it.each(
    [
      ...Object.keys(tabTable).map(tab => ({ tab })),
      { detail: { scroll: 0 } },
      { dialog: { kind: 'help', scroll: 0 } },
      { dialog: { kind: 'sort', cursor: 0 } },
      { dialog: { kind: 'auto', cursor: 0 } },
      { dialog: { kind: 'confirm', request: { action: 'deflate-all', words: [] }, typed: '' } },
      { at: 3 },
    ].map(change => [change]),
  )('X with %j', change => {
    const { pressed, asked } = sit({ ...(change as Partial<State>), pilot: flying });
    pressed('X');
    expect(asked).toEqual(['halt']);
  });

  it.each([
    { filtering: true },
    { searching: true },
    { dialog: { kind: 'palette', text: '', cursor: 0 } },
    { dialog: { kind: 'enter', action: 'balloon', words: ['web-1'], text: '' } },
  ] as const)('Ctrl-X where X is text: %j', change => {
    const { pressed, asked, store } = sit({ ...(change as Partial<State>), pilot: flying });
    expect(textModes).toContain<Mode>(modeOf(store.getState()));
    pressed('X');
    expect(asked).toEqual([]);
    pressed('ctrl-x');
    expect(asked).toEqual(['halt']);
  });
});

describe('function keys do as in htop', () => {
  it('F1 helps, F4 filters, F5 holds, F6 sorts, F9 offers all actions, F10 leaves from anywhere', () => {
    const { store, asked, pressed } = sit();
    pressed('f1');
    expect(store.getState().dialog?.kind).toBe('help');
    store.setState({ dialog: undefined });
    pressed('f4');
    expect(store.getState().filtering).toBe(true);
    store.setState({ filtering: false });
    pressed('f6');
    expect(store.getState().dialog?.kind).toBe('sort');
    store.setState({ dialog: undefined });
    pressed('f9');
    expect(store.getState().dialog?.kind).toBe('palette');
    pressed('f10');
    store.setState({ dialog: undefined });
    pressed('f5');
    expect(asked).toEqual(['quit', { travel: { kind: 'samples', by: 0 } }]);
  });

  it('F3 finds a guest by its name, n the next, N the one before, and none is hidden', () => {
    const { store, pressed } = sit();
    const name = () => store.getState().model?.guests.find(({ id }) => id === store.getState().selected)?.name;
    pressed('f3');
    for (const letter of 'VDI') pressed(letter);
    const first = name();
    expect(first).toMatch(/^vdi-/);
    expect(store.getState().filter).toBe('');
    pressed('f3');
    expect([name()?.slice(0, 4), name() === first]).toEqual(['vdi-', false]);
    pressed('enter');
    expect(store.getState().searching).toBe(false);
    const seen = new Set([name()]);
    for (let next = 0; next < 10; next++) {
      pressed('n');
      seen.add(name());
    }
    expect([...seen].toSorted()).toEqual(['vdi-01', 'vdi-02', 'vdi-03']);
    const here = name();
    pressed('n');
    pressed('N');
    expect(name()).toBe(here);
    store.setState({ search: 'zzz' });
    expect(pressed('n')).toBe("No guest name contains 'zzz'.");
    expect(name()).toBe(here);
  });
});
