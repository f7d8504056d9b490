import { describe, expect, it } from 'vitest';
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
    expect(message?.text).toMatch(/the paste was ignored/);
  });
});
