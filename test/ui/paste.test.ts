import { beforeEach, describe, expect, it, vi } from 'vitest';
import { createKeyReader, type KeyFlags } from '../../src/ui/keys/reader.ts';
import { paste } from '../../src/ui/keys.ts';
import { demoModels, openStage } from './stage.tsx';

const models = await demoModels(2);

describe('what is pasted', () => {
  it.each([
    ['the filter', { filtering: true }, (state: { filter: string }) => state.filter],
    [
      'a prompt',
      { dialog: { kind: 'enter', action: 'balloon', words: ['web-1'], text: '' } },
      (state: { dialog?: unknown }) => (state.dialog as { text: string }).text,
    ],
    [
      'the palette',
      { dialog: { kind: 'palette', text: '', cursor: 3 } },
      (state: { dialog?: unknown }) => (state.dialog as { text: string }).text,
    ],
  ] as const)(
    'goes into %s up to the end of its line, without control characters, and is cut',
    (_name, change, read) => {
      const { app, store, asked } = openStage(models, change as never);
      paste(app, `2\u001b[31mG\u0007\nq\ny`);
      expect(read(store.getState() as never)).toBe('2[31mG');
      paste(app, 'x'.repeat(100_000));
      expect(read(store.getState() as never)).toBe(`2[31mG${'x'.repeat(994)}`);
      expect(asked).toEqual([]);
    },
  );

  it('is no keys where nothing takes text: that is told, and nothing is done', () => {
    const { app, store, asked } = openStage(models);
    paste(app, 'qDy\rby');
    const { dialog, message, tab } = store.getState();
    expect([dialog, tab, asked]).toEqual([undefined, 'overview', []]);
    expect(message?.text).toMatch(/what was pasted is ignored/);
  });
});

describe('the keyboard', () => {
  let keys: string[];
  const reader = () =>
    createKeyReader({ press: name => keys.push(name), paste: text => keys.push(`paste ${text.length}`) }, 80);
  beforeEach(() => {
    keys = [];
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
    return () => void vi.useRealTimers();
  });
  const none: KeyFlags = {};
  const esc: KeyFlags = { escape: true };

  it('Esc is Esc after a moment', () => {
    const keyboard = reader();
    keyboard.read('', esc);
    expect(keys).toEqual([]);
    vi.advanceTimersByTime(79);
    expect(keys).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(keys).toEqual(['escape']);
  });

  it.each([
    ['[A', 'up'],
    ['OB', 'down'],
    ['[5~', 'pageup'],
    ['[H', 'home'],
  ])('Esc and %s in two packets are one key', (rest, name) => {
    const keyboard = reader();
    keyboard.read('', esc);
    vi.advanceTimersByTime(50);
    keyboard.read(rest, none);
    vi.runAllTimers();
    expect(keys).toEqual([name]);
  });

  it('what comes behind the end of an arrow is a key of its own', () => {
    const keyboard = reader();
    keyboard.read('', esc);
    keyboard.read('[Av', none);
    expect(keys).toEqual(['up', 'v']);
  });

  it('an end that comes too late is still no two keys more', () => {
    const keyboard = reader();
    keyboard.read('', esc);
    vi.advanceTimersByTime(500);
    keyboard.read('[A', none);
    expect(keys).toEqual(['escape', 'up']);
    vi.advanceTimersByTime(2000);
    keyboard.read('[A', none);
    expect(keys).toEqual(['escape', 'up', '[', 'A']);
  });

  it('a key after Esc lets Esc go first; two Esc are two', () => {
    const keyboard = reader();
    keyboard.read('', esc);
    keyboard.read('q', none);
    keyboard.read('', esc);
    keyboard.read('', esc);
    vi.runAllTimers();
    expect(keys).toEqual(['escape', 'q', 'escape', 'escape']);
  });

  it('a key that was held down is pressed as often as it came', () => {
    const keyboard = reader();
    keyboard.read('j'.repeat(500), none);
    expect(keys).toHaveLength(500);
  });

  it('more than anybody types at once is a paste, with what follows it at once', () => {
    const keyboard = reader();
    keyboard.read('jk'.repeat(32), none);
    expect(keys).toHaveLength(64);
    keys = [];
    keyboard.read('xy'.repeat(2048), none);
    vi.advanceTimersByTime(10);
    keyboard.read('yx', none);
    vi.advanceTimersByTime(100);
    keyboard.read('jk', none);
    expect(keys).toEqual(['paste 4096', 'paste 2', 'j', 'k']);
  });
});
