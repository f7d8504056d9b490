import { expect, it } from 'vitest';
import { defaultLimits } from '../../src/actions/limits.ts';
import { withModel } from '../../src/store/moments.ts';
import { press } from '../../src/ui/keys.ts';
import { createTheme, depthOf } from '../../src/ui/theme.ts';
import { MiB } from '../../src/units.ts';
import { demoModels, openStage } from './stage.tsx';

const models = await demoModels(2);
const web = models.at(-1)?.guests.find(guest => guest.name === 'web-1')?.id ?? '';

it('w saves', () => {
  const { app, asked } = openStage(models);
  press(app, 'w');
  expect(asked).toEqual(['save']);
});

it('a step is as large as it was set', () => {
  const { app, store } = openStage(models, { selected: web }, { limits: { ...defaultLimits, step: 64 * MiB } });
  const typed = (): string | undefined => {
    const { dialog } = store.getState();
    return dialog?.kind === 'enter' ? dialog.text : undefined;
  };
  press(app, '-');
  expect(typed()).toBe('-64M');
  press(app, '-');
  expect(typed()).toBe('-128M');
  press(app, 'up');
  press(app, 'up');
  press(app, 'up');
  expect(typed()).toBe('+64M');
});

it('a floor that was set is what the question goes by', () => {
  const { app, asked } = openStage(models, { selected: web }, { limits: { ...defaultLimits, floorShare: 1 } });
  for (const key of ['b', '9', '9', '%', 'enter', 'y']) press(app, key);
  expect(asked).toEqual([]);
});

it('a message stays as long as it was set', () => {
  const last = models.at(-1)!;
  const message = { text: 'hello', tone: 'good', time: last.time } as const;
  const shown = (messageSeconds: number): unknown => {
    const { store } = openStage(models, { message }, { messageSeconds });
    return withModel(store.getState(), { ...last, time: last.time + 5 }).message;
  };
  expect(shown(4)).toBeUndefined();
  expect(shown(6)).toEqual(message);
});

it('columns and order are those of the tab', () => {
  const { app, store } = openStage(models);
  press(app, 'r');
  expect(store.getState().sort.reverse).toBe(true);
  press(app, '2');
  expect(store.getState()).toMatchObject({ tab: 'guests', sort: { reverse: false } });
  press(app, '1');
  expect(store.getState().sort.reverse).toBe(true);
});

it('a theme overrules what the terminal says, but not NO_COLOR', () => {
  const truecolor = { TERM: 'xterm-256color', COLORTERM: 'truecolor', LANG: 'C.UTF-8' };
  const depths = (['auto', '256', '16', 'mono'] as const).map(theme => depthOf(truecolor, { theme }));
  expect(depths).toEqual(['truecolor', '256', '16', 'none']);
  expect(depthOf({ TERM: 'vt100' }, { theme: '16' })).toBe('16');
  expect(depthOf({ ...truecolor, NO_COLOR: '1' }, { theme: '256' })).toBe('none');
  expect(depthOf({ TERM: 'dumb' }, { theme: '256' })).toBe('none');
  expect(createTheme(truecolor, { theme: 'auto', ascii: true }).ascii).toBe(true);
});
