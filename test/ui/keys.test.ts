import { stripVTControlCharacters } from 'node:util';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Request } from '../../src/actions/action.ts';
import { planStrictly } from '../../src/actions/actions.ts';
import type { JournalEntry } from '../../src/actions/gate/journal.ts';
import { startAdvising } from '../../src/policy/advisor.ts';
import { withModel } from '../../src/store/moments.ts';
import type { Dialog, State } from '../../src/store/store.ts';
import { type Mode, modeTitles } from '../../src/ui/keys/key.ts';
import { keys, keysNow, press } from '../../src/ui/keys.ts';
import { until } from '../until.ts';
import { demoModels, openStage, typeOn } from './stage.tsx';

const models = await demoModels(5);
const web = models.at(-1)?.guests.find(guest => guest.name === 'web-1')?.id ?? '';
/** Of which only the fix counts here. */
const aFinding = {
  id: 'host-short',
  strategy: 'balloon',
  subject: 'host',
  since: 0,
  severity: 'warning',
  text: 'short',
  numbers: {},
} as const;
const unmounts: (() => void)[] = [];
afterEach(() => {
  for (const unmount of unmounts.splice(0)) unmount();
});

const esc = '\u001b';
const down = '\u001b[B';
const enter = '\r';

/** The app in a terminal of its own: keys go in, the screen comes out. */
const start = (change: Partial<State> = {}, readOnly = false) => {
  const { app, asked, store } = openStage(models, change, { readOnly });
  const ink = typeOn(app, 30);
  unmounts.push(ink.unmount);
  const screen = (): string => stripVTControlCharacters(ink.lastFrame() ?? '');
  return {
    asked,
    store,
    screen,
    /** Sends keys one by one, each after the screen took the last. */
    async press(...names: readonly string[]) {
      for (const name of names) {
        const before = store.getState();
        ink.type(name);
        // A moment is waited after an Esc, in case it starts a longer sequence.
        if (name === esc) await until('Esc arrives', 20_000, () => store.getState() !== before);
      }
    },
    shows: (text: string | RegExp) =>
      until(`the screen shows ${text}`, 20_000, () =>
        typeof text === 'string' ? screen().includes(text) : text.test(screen()),
      ),
  };
};

describe('the table', () => {
  it('filters while typing, and shows all again', async () => {
    const { press, shows, screen, store } = start();
    await press('/', 'v', 'd', 'i');
    await shows(/3 of 20$/m);
    expect(screen()).toMatch(/vdi-01/);
    expect(screen()).not.toMatch(/db-main/);
    expect(store.getState().model?.guests.find(one => one.id === store.getState().selected)?.name).toMatch(/^vdi/);
    await press(enter);
    await shows(/q Quit/);
    await press(esc);
    await shows('db-main');
    expect(screen()).not.toMatch(/of 20$/m);
  });

  it('keeps the selection on its guest when the order changes', async () => {
    const { press, store, shows } = start({ selected: web });
    await press('r');
    await shows('TROUBLE▲');
    await press('<');
    await shows('AGE▲');
    expect(store.getState().selected).toBe(web);
  });

  it('sorts by any column, chosen from a list', async () => {
    const { press, shows, store } = start({ sort: { column: 'name', reverse: false } });
    await press('s');
    await shows('Sort the table by');
    await press(down, down, down, down, enter);
    expect(store.getState().sort).toEqual({ column: 'pid', reverse: false });
  });

  it('shows, hides and moves columns, but never hides the name', async () => {
    const { press, shows, store } = start();
    await press('c', ' ');
    expect(store.getState().columns[0]).toBe('name');
    await press(down, ' ');
    expect(store.getState().columns).not.toContain('state');
    await press(' ');
    expect(store.getState().columns.indexOf('state')).toBe(1);
    await press('>', '>');
    expect(store.getState().columns.indexOf('state')).toBe(3);
    await press('q');
    await shows('q Quit');
  });

  it('moves the selection, to the edges too', async () => {
    const { press, store } = start({ sort: { column: 'name', reverse: false } });
    const name = (): string | undefined =>
      store.getState().model?.guests.find(one => one.id === store.getState().selected)?.name;
    await press('\u001b[H');
    const first = name();
    await press(down, down);
    expect(store.getState().selectedIndex).toBe(2);
    await press('\u001b[F');
    expect(store.getState().selectedIndex).toBe(19);
    await press('\u001b[5~', '\u001b[5~', '\u001b[5~');
    expect(name()).toBe(first);
  });

  it('takes Esc and a key that came as one', async () => {
    const { press, store } = start({ filter: 'web' });
    await press(`${esc}r`);
    expect(store.getState()).toMatchObject({ filter: '', sort: { reverse: true } });
  });
});

describe('a change', () => {
  it('is planned while the size is typed, asked about, and then done', async () => {
    const { press, shows, asked } = start({ selected: web });
    await press('b', '3', 'G');
    await shows('Shrink web-1 from 4.00 GiB to 3.00 GiB');
    await press(enter);
    await shows('Do it?');
    expect(asked).toEqual([]);
    await press('y');
    expect(asked).toEqual([{ request: { action: 'balloon', words: [web, '3G'] }, force: false, undo: false }]);
  });

  it('is not done on n or Esc', async () => {
    for (const no of ['n', esc]) {
      const { press, asked, store } = start({ selected: web });
      await press('b', '3', 'G', enter, no);
      await until('the dialog closes', 20_000, () => store.getState().dialog === undefined);
      expect(asked).toEqual([]);
    }
  });

  it('that is unsafe needs the guest’s name, and nothing less', async () => {
    const { press, shows, asked } = start({ selected: web });
    await press('b', '1', '0', '0', 'M', enter);
    await shows('Refused: unsafe');
    await press('y', enter);
    expect(asked).toEqual([]);
    await press('\u007f', ...'web-', enter);
    expect(asked).toEqual([]);
    await press('1', enter);
    expect(asked).toMatchObject([{ force: true }]);
  });

  it('is not done where all is read-only, but shows what would do it', async () => {
    const { press, shows, asked, screen } = start({ selected: web }, true);
    await press('b', '3', 'G', enter);
    await shows(/as root: kvmtop do balloon web-1 3G/);
    expect(screen()).toMatch('Shrink web-1 from 4.00 GiB to 3.00 GiB');
    await press('y', enter);
    expect(asked).toEqual([]);
    await press(esc);
    await shows('READ-ONLY');
  });

  it('that can’t be done can’t be forced', async () => {
    const id = models.at(-1)?.guests.find(guest => guest.name === 'k8s-node-1')?.id;
    const { press, shows, asked } = start({ selected: id });
    await press('b', '1', 'G', enter);
    await shows('Refused');
    await press(...'k8s-node-1', enter);
    expect(asked).toEqual([]);
  });

  it('steps by key, and more for every press', async () => {
    const { press, shows } = start({ selected: web });
    await press('-', '-', '-');
    await shows('from 4.00 GiB to 3.25 GiB');
    await press('+');
    await shows('from 4.00 GiB to 3.50 GiB');
  });

  it('of all listed guests at once leaves out those that are not safe, and names them', async () => {
    const { press, shows, asked } = start({ filter: 'vdi' });
    await press('B', ...'95%');
    await shows(/3 guests|vdi-0[123]/);
    await press(enter);
    await shows('Do it?');
    await press('y');
    expect(asked).toMatchObject([{ request: { action: 'balloon-all', words: ['95%', 'vdi'] }, force: false }]);
  });

  it('tells what is wrong with a size', async () => {
    const { press, shows } = start({ selected: web });
    await press('b', ...'much');
    await shows("Not a size: 'much'");
  });

  it('is undone by asking for what was before', async () => {
    const request = { action: 'balloon', words: [web, '3G'] };
    const { press, shows, asked } = start({ undoable: [request] });
    await press('u');
    await shows('Do it?');
    await press(enter);
    expect(asked).toEqual([{ request, force: false, undo: true }]);
  });
});

describe('one guest', () => {
  const request: Request = { action: 'balloon', words: [web, '3G'] };
  const finding = { ...aFinding, guest: web, subject: 'web-1', text: 'It thrashes.' };
  const found = (more: object) => ({ ...startAdvising(), findings: [{ ...finding, ...more }] });
  const whose = (name: string) => new RegExp(`^${name}  `, 'm');

  it('has the whole screen, scrolls to its end and no further, and gives the table back', async () => {
    const { press, shows, screen, store } = start({ selected: web });
    await press(enter);
    await shows(whose('web-1'));
    expect(screen()).not.toContain('1Over');
    await press('\u001b[F');
    await shows('HARDLIM');
    const end = store.getState().detail?.scroll ?? 0;
    expect(end).toBeGreaterThan(5);
    await press(down, '\u001b[6~');
    expect(store.getState().detail?.scroll).toBe(end);
    await press('\u001b[A');
    expect(store.getState().detail?.scroll).toBe(end - 1);
    await press('\u001b[H');
    expect(store.getState().detail?.scroll).toBe(0);
    await press(esc);
    await shows('1Over');
    expect(store.getState().selected).toBe(web);
  });

  it('stays when a question about it was answered', async () => {
    const { press, shows, store, asked } = start({ selected: web });
    await press(enter, 'b', '3', 'G', enter);
    await shows('Do it?');
    await shows(whose('web-1'));
    await press('y');
    expect(asked).toEqual([{ request, force: false, undo: false }]);
    await press(esc);
    expect(store.getState()).toMatchObject({ dialog: undefined, detail: { scroll: 0 } });
  });

  it('leads to the fix of its most urgent finding that has one', async () => {
    for (const key of ['f', enter]) {
      const { press, shows, store } = start({ selected: web, detail: { scroll: 0 } });
      store.setState({
        advice: { ...found({}), findings: [...found({}).findings, ...found({ fix: request }).findings] },
      });
      await shows('Enter Fix');
      await press(key);
      expect(store.getState().dialog).toMatchObject({ kind: 'confirm', request });
    }
  });

  it('says why there is nothing to fix', async () => {
    const { press, shows, store } = start({ selected: web, detail: { scroll: 0 } });
    await press('f');
    await shows('no problem with this guest');
    store.setState({ advice: found({ advice: 'Give it more CPUs.' }) });
    await press(enter);
    await shows('Give it more CPUs.');
  });

  it('gives way to its neighbours in the table, seen from the start', async () => {
    const { press, store } = start({ selected: web, detail: { scroll: 4 } });
    await press('\u001b[C');
    expect(store.getState().selected).not.toBe(web);
    expect(store.getState().detail).toEqual({ scroll: 0 });
    await press('\u001b[D');
    expect(store.getState().selected).toBe(web);
  });

  it('that has ended is told, and no other takes its place', async () => {
    const { press, shows, store } = start({ selected: web, detail: { scroll: 0 } });
    const [last] = models.slice(-1);
    store.setState(state => withModel(state, { ...last!, guests: last!.guests.filter(({ id }) => id !== web) }));
    await shows('the guest is gone');
    expect(store.getState().selected).toBe(web);
    store.setState({ at: 3 });
    await shows('not there at this moment');
    store.setState({ at: undefined });
    await press(esc);
    await shows('1Over');
  });

  it('has graphs of less and of more time', async () => {
    const guestHistory = { guest: web, points: [], unread: 0, kept: 1000, outcomes: [] };
    const { press, shows } = start({ selected: web, detail: { scroll: 0 }, guestHistory });
    await shows('last 10 min');
    await press('z');
    await shows('last 5 min');
    // No more is kept than 1000 s.
    await press('Z', 'Z', 'Z');
    await shows('last 30 min');
  });
});

describe('the past', () => {
  const undo: Request = { action: 'balloon', words: [web, '3G'] };
  const done: JournalEntry = {
    time: '2027-01-15T08:00:00.000Z',
    user: 'anna',
    by: 'do',
    request: undo,
    summary: 'Shrink it',
    steps: [],
    forced: false,
    outcome: 'done',
    undo,
  };
  const advice = { ...startAdvising(), findings: [{ ...aFinding, guest: web, fix: undo }] };
  const back: Partial<State> = { selected: web, undoable: [undo], journal: [done] };

  it('is nothing to decide on: every key that leads to a change says so instead', () => {
    const changing = keys.filter(key => key.changes);
    expect(changing.length).toBeGreaterThan(10);
    const tabs: Partial<Record<Mode, Partial<State>>> = {
      main: { tab: 'overview' },
      advisor: { tab: 'advisor' },
      journal: { tab: 'journal' },
      detail: { detail: { scroll: 0 } },
    };
    for (const { modes, names } of changing)
      for (const name of names) {
        const at = tabs[modes.find(mode => tabs[mode]) ?? 'main'];
        const now = openStage(models, back);
        now.store.setState({ ...at, advice });
        press(now.app, name);
        expect(now.store.getState().dialog, name).toBeDefined();
        const then = openStage(models, back);
        then.store.setState({ ...at, advice, at: 1 });
        press(then.app, name);
        expect(then.store.getState().dialog, name).toBeUndefined();
        expect(then.store.getState().message?.text, name).toMatch(/^This is the past\. Press Space/);
      }
  });

  it('does nothing when it comes while a question stands', async () => {
    const safe: Dialog = { kind: 'confirm', request: undo, typed: '' };
    const unsafe: Dialog = { kind: 'confirm', request: { ...undo, words: [web, '100M'] }, typed: 'web-1' };
    for (const dialog of [safe, unsafe]) {
      const { press, shows, asked, screen } = start({ dialog, at: 1 });
      await shows('This is the past');
      expect(screen()).not.toContain('Do it?');
      await press('y', enter);
      expect(asked).toEqual([]);
    }
  });
});

describe('the palette', () => {
  it('finds an action by some of its letters, completes it with the selected guest, and asks', async () => {
    const { press, shows, asked } = start({ selected: web });
    await press(':', ...'bln');
    await shows(/balloon GUEST SIZE/);
    await press(enter);
    await shows(': balloon web-1');
    await press('3', 'G');
    await shows('Shrink web-1 from 4.00 GiB to 3.00 GiB');
    await press(enter);
    await shows('Do it?');
    await press('y');
    expect(asked).toEqual([{ request: { action: 'balloon', words: ['web-1', '3G'] }, force: false, undo: false }]);
  });

  it('says what is wrong with the words so far, and goes no further', async () => {
    const { press, shows, asked, store } = start();
    await press(':', ...'balloon web-9 2G');
    await shows("no guest 'web-9' here");
    await press(enter);
    expect(store.getState().dialog?.kind).toBe('palette');
    expect(asked).toEqual([]);
  });

  it('is a list to choose from', async () => {
    const { press, shows } = start({ selected: web });
    await press(':', down, '\t');
    await shows(/: [a-z-]+ /);
    await press('\u0015', ...'zzzz');
    await shows('No action matches.');
  });
});

describe('a setting of the host', () => {
  it('is chosen from a list, entered, planned and asked about', async () => {
    const { press, shows, asked } = start();
    await press('S');
    await shows('Swap and overcommit');
    await shows(/[Ss]wappiness +\d+/);
    await press(enter, ...'15');
    await shows('echo 15 > /proc/sys/vm/swappiness');
    await press(enter);
    await shows('Do it?');
    await press('y');
    expect(asked).toEqual([
      { request: { action: 'sysctl', words: ['vm.swappiness', '15'] }, force: false, undo: false },
    ]);
  });

  it.each([
    ['K', 'Page sharing'],
    ['H', 'Hugepage pools'],
    ['W', 'Writeback and caches'],
  ])('has its list under %s', async (key, title) => {
    const { press, shows, screen } = start();
    await press(key);
    await shows(title);
    expect(
      screen()
        .split('\n')
        .filter(row => /^\S.{30,}\d/.test(row)).length,
    ).toBeGreaterThan(3);
  });
});

describe('the journal', () => {
  const entry = (summary: string, undo?: Request): JournalEntry => ({
    time: '2027-01-15T08:00:00.000Z',
    user: 'anna',
    by: 'do',
    request: { action: 'balloon', words: [web, '3G'] },
    summary,
    steps: [{ kind: 'write', path: '/proc/sys/vm/swappiness', value: '10' }],
    forced: false,
    outcome: 'done',
    ...(undo ? { undo } : {}),
  });

  it('tells what was done, and takes any entry back that has a way', async () => {
    const undo: Request = { action: 'balloon', words: [web, '3G'] };
    const { press, shows, asked } = start({
      tab: 'journal',
      journal: [entry('Shrink it', undo), entry('Drop caches')],
    });
    await shows('Drop caches');
    await shows('echo 10 > /proc/sys/vm/swappiness');
    await press(enter);
    await shows('this entry cannot be undone');
    await press(down, enter);
    await shows('Do it?');
    await press('y');
    expect(asked).toEqual([{ request: undo, force: false, undo: false }]);
  });
});

describe('the rest', () => {
  it('goes from tab to tab', async () => {
    const { press, store } = start();
    for (const [key, tab] of [
      ['3', 'memory'],
      ['4', 'sharing'],
      ['1', 'overview'],
      ['\t', 'guests'],
      ['\t', 'memory'],
    ] as const) {
      await press(key);
      expect(store.getState().tab).toBe(tab);
    }
  });

  it('opens and closes what there is to read', async () => {
    const { press, shows, screen } = start({ selected: web });
    await press('?');
    await shows('Units');
    for (let page = 0; page < 40; page++) await press('\u001b[6~');
    await shows(/VIRTIO-MEM|PSSAGE|CPU/);
    // The help is not scrolled past its end, so the first Up moves it.
    const end = screen();
    await press('\u001b[A');
    await until('the help moves up', 20_000, () => screen() !== end);
    await press('q', enter);
    await shows('How it was started');
    await press(esc);
    await shows('STATE');
    await press('!');
    await shows('tenant-42');
  });

  it('quits, from a dialog with Ctrl-C too', async () => {
    const { press, asked } = start();
    await press('b', '\u0003', esc, 'q');
    expect(asked).toEqual(['quit', 'quit']);
  });

  it('suspends and redraws', async () => {
    const { press, asked } = start();
    await press('\u001a', '\u000c');
    expect(asked).toEqual(['suspend', 'redraw']);
  });
});

describe('the key table', () => {
  const modes = Object.keys(modeTitles) as Mode[];

  it.each(modes)('has no key twice in mode %s', mode => {
    const { store } = openStage(models);
    // All that a key's condition may look at, at its fullest.
    store.setState({ selected: web, filter: 'web', tab: 'numa' });
    for (const [source, at] of [
      ['live', undefined],
      ['live', 3],
      ['recording', 3],
    ] as const) {
      store.setState(({ setting }) => ({ setting: { ...setting, source }, at }));
      const state = store.getState();
      const names = keys
        .filter(key => key.modes.includes(mode) && !(source === 'recording' && key.changes))
        .filter(key => key.when?.(state) ?? true)
        .flatMap(key => key.names);
      expect(names).toEqual([...new Set(names)]);
    }
  });

  it('always has a way out', () => {
    const request = { action: 'balloon', words: [web, '1B'] };
    const dialogs: readonly Dialog[] = [
      { kind: 'help', scroll: 0 },
      { kind: 'problems' },
      { kind: 'sort', cursor: 0 },
      { kind: 'columns', cursor: 0 },
      { kind: 'enter', action: 'balloon', words: [web], text: '' },
      { kind: 'settings', group: 'ksm', cursor: 0 },
      { kind: 'palette', text: '', cursor: 0 },
      { kind: 'auto', cursor: 0 },
      { kind: 'moment', text: '' },
      { kind: 'confirm', request, typed: '' },
    ];
    expect(dialogs.map(dialog => dialog.kind)).toEqual(
      modes.filter(
        mode => !['main', 'processes', 'lines', 'journal', 'advisor', 'filter', 'search', 'detail'].includes(mode),
      ),
    );
    for (const change of [
      ...dialogs.map(dialog => ({ dialog })),
      { filtering: true },
      { searching: true },
      { detail: { scroll: 0 }, selected: web },
    ]) {
      const { store } = openStage(models, change);
      expect(keysNow(store.getState()).some(key => key.names.includes('escape'))).toBe(true);
    }
  });
});

describe('a plan for many guests', () => {
  it.each([
    ['B 80%', ['B', '8', '0', '%', enter]],
    ['B -10%', ['B', '-', '1', '0', '%', enter]],
  ])('%s is done only after each of its guests, with its sizes, was on the screen', async (_name, keys) => {
    const { press, shows, screen, store, asked } = start();
    store.setState({ size: { columns: 80, rows: 24 } });
    await press(...keys);
    await shows('Read on');
    const { dialog, model, setting } = store.getState();
    const request = dialog?.kind === 'confirm' ? dialog.request : undefined;
    const moved = planStrictly(model!, request!, setting.limits).follow ?? [];
    expect(moved.length).toBeGreaterThan(3);
    await press('y', enter);
    await shows('Not done yet');
    expect(asked).toEqual([]);
    let seen = screen();
    await vi.waitFor(async () => {
      await press('\u001b[6~');
      seen += screen();
      expect(screen()).toContain('Do it?');
    });
    for (const { name } of moved) expect(seen).toMatch(new RegExp(`${name} +[\\d.]+G `));
    expect(seen).toMatch(/available/);
    await press('y');
    await until('it is asked for', 20_000, () => asked.length > 0);
    expect(asked).toEqual([{ request, force: false, undo: false }]);
  });

  it('what was read stays read, and what came since is asked for', async () => {
    const { press, shows, screen, store } = start();
    store.setState({ size: { columns: 80, rows: 24 } });
    await press('B', '8', '0', '%', enter, '\u001b[F');
    await shows('Do it?');
    await press('\u001b[H');
    await shows(/Do it\?[\s\S]*Set all balloons/);
    expect(screen()).toContain('Do it?');
    const { dialog } = store.getState();
    store.setState({ dialog: { ...(dialog as Dialog & { kind: 'confirm' }), seen: 1 } });
    await shows('Read on');
  });
});
