import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it } from 'vitest';
import type { Model } from '../../src/model.ts';
import { headlineOf } from '../../src/recording/headline.ts';
import { createMemoryTape } from '../../src/recording/memory-tape.ts';
import { adviceAt } from '../../src/store/advice.ts';
import { followGuest } from '../../src/store/follow-guest.ts';
import type { Dialog, State } from '../../src/store/store.ts';
import { tabs } from '../../src/store/tabs.ts';
import { glyphsFor } from '../../src/ui/glyphs.ts';
import { layout } from '../../src/ui/layout.ts';
import { drawPane } from '../../src/ui/panes/pane.ts';
import type { Rect } from '../../src/ui/screen/layers.ts';
import stringWidth from '../../src/ui/width.ts';
import { until } from '../until.ts';
import { demoModels, frameOf, openStage, typeOn } from './stage.tsx';

const models = await demoModels(90);
const sizes = [
  [80, 24],
  [120, 40],
  [200, 60],
] as const;

const idOf = (model: Model | undefined, name: string): string =>
  model?.guests.find(guest => guest.name === name)?.id ?? 'nobody';
const last = models.at(-1);
const web = idOf(last, 'web-1');

const dialogs: Readonly<Record<string, Dialog>> = {
  help: { kind: 'help', scroll: 0 },
  problems: { kind: 'problems' },
  sort: { kind: 'sort', cursor: 3 },
  columns: { kind: 'columns', cursor: 8 },
  settings: { kind: 'settings', group: 'writeback', cursor: 1 },
  palette: { kind: 'palette', text: 'hu', cursor: 0 },
  balloon: { kind: 'enter', action: 'balloon', words: [web], text: '3G' },
  refused: { kind: 'enter', action: 'balloon', words: [web], text: '100M' },
  confirm: { kind: 'confirm', request: { action: 'balloon', words: [web, '3G'] }, typed: '', seen: 99 },
  many: { kind: 'confirm', request: { action: 'balloon-all', words: ['80%'] }, typed: '' },
};

const tape = createMemoryTape({ seconds: 600, bytes: 2 ** 24 });
for (const model of models) tape.append(model.sample, headlineOf(model));

/** A guest that has the whole screen, with its graphs and all that the advisor found. */
const openDetail = async (name: string, change: Partial<State> = {}) => {
  const stage = openStage(models, { selected: idOf(last, name), detail: { scroll: 0 }, ...change });
  stage.store.setState({ advice: adviceAt(tape, tape.last, stage.store.getState().setting.thresholds) });
  followGuest(stage.store, tape);
  await until('its history', 10_000, () => stage.store.getState().guestHistory?.unread === 0);
  return stage;
};

describe.each(sizes)('at %ix%i', (columns, rows) => {
  it.each(tabs)('the %s tab', async tab => {
    const { app } = openStage(models, { tab });
    await expect(await frameOf(app, columns, rows)).toMatchFileSnapshot(
      `../../snapshots/${tab}-${columns}x${rows}.txt`,
    );
  });
});

describe.each(sizes)('one guest at %ix%i', (columns, rows) => {
  it.each(['web-1', 'legacy-erp', 'tenant-42'])('%s', async name => {
    const { app } = await openDetail(name);
    await expect(await frameOf(app, columns, rows)).toMatchFileSnapshot(
      `../../snapshots/detail-${name}-${columns}x${rows}.txt`,
    );
  });
});

describe('at 80x24', () => {
  it.each(Object.keys(dialogs))('the %s dialog', async name => {
    const { app } = openStage(models, { dialog: dialogs[name], selected: web });
    await expect(await frameOf(app, 80, 24)).toMatchFileSnapshot(`../../snapshots/dialog-${name}-80x24.txt`);
  });

  it('one guest, and a dialog about it', async () => {
    const { app } = await openDetail('web-1', { dialog: dialogs['balloon'] });
    await expect(await frameOf(app, 80, 24)).toMatchFileSnapshot('../../snapshots/detail-balloon-80x24.txt');
  });

  it('in ASCII where the locale asks for it', async () => {
    const { app } = await openDetail('web-1');
    const frame = await frameOf(app, 80, 24, { TERM: 'xterm', LANG: 'C' });
    expect(frame).toMatch(/^[\n -~]*$/);
    await expect(frame).toMatchFileSnapshot('../../snapshots/detail-ascii-80x24.txt');
  });

  it('without guests says why, and what to do', async () => {
    const { app } = openStage(models.slice(-1).map(model => ({ ...model, guests: [] })));
    await expect(await frameOf(app, 80, 24)).toMatchFileSnapshot('../../snapshots/no-guests-80x24.txt');
  });
});

describe('every size from 60x15 on', () => {
  const shapes: Partial<State>[] = [
    ...tabs.map(tab => ({ tab })),
    ...Object.values(dialogs).flatMap(dialog => [
      { dialog, selected: web },
      { dialog, selected: web, detail: { scroll: 3 } },
    ]),
    { detail: { scroll: 0 }, selected: web },
    { message: { text: 'a message', tone: 'good', time: 0 } },
  ];

  const overlap = (one: Rect, other: Rect): boolean =>
    one.x < other.x + other.width &&
    other.x < one.x + one.width &&
    one.y < other.y + other.height &&
    other.y < one.y + one.height;

  it('places panes inside the screen, and none over another', () => {
    for (let columns = 60; columns <= 210; columns += 13) {
      for (let rows = 15; rows <= 61; rows += 5) {
        for (const shape of shapes) {
          const { app } = openStage([], { ...shape, size: { columns, rows } });
          const { panes, dialog } = layout(app.store.getState());
          const places = [...panes.map(pane => pane.rect), ...(dialog ? [dialog] : [])];
          const wrong = places.filter(
            (one, index) =>
              Math.min(one.x, one.y, one.width, one.height) < 0 ||
              one.x + one.width > columns ||
              one.y + one.height > rows ||
              places.slice(0, index).some(other => overlap(one, other)),
          );
          if (wrong.length > 0)
            expect.fail(`${JSON.stringify(wrong)} at ${columns}x${rows} of ${JSON.stringify(shape)}`);
          expect(places.length).toBeGreaterThan(0);
        }
      }
    }
  });

  it('draws no line wider, and no pane taller, than its place', () => {
    const model = last;
    if (!model) return expect.fail('no model');
    for (const shape of shapes) {
      const { app } = openStage(models.slice(-30), shape);
      for (const columns of [60, 80, 119, 160, 200]) {
        for (const rows of [15, 24, 40, 60]) {
          app.store.setState({ size: { columns, rows } });
          const state = app.store.getState();
          for (const { id, rect, draw } of layout(state).panes) {
            const lines = drawPane(draw, {
              state,
              model,
              width: rect.width,
              height: rect.height,
              glyphs: glyphsFor(false, false),
            });
            expect(lines.length, `${id} at ${columns}x${rows}`).toBeLessThanOrEqual(Math.max(0, rect.height));
            for (const line of lines) {
              const text = line.map(piece => piece.text).join('');
              expect(stringWidth(text), `${id} at ${columns}x${rows}: ${text}`).toBeLessThanOrEqual(rect.width);
            }
          }
        }
      }
    }
  });
});

it('says so where the screen is too small', async () => {
  expect(await frameOf(openStage(models).app, 59, 14)).toMatch(/^kvmtop needs 60x15,\nthis is 59x14/);
});

it('shows the same through Ink’s <Text> as through the painter', async () => {
  const { app } = openStage(models, { detail: { scroll: 0 }, selected: web });
  const painted = await frameOf(app, 100, 30);
  const { lastFrame, unmount } = typeOn(app, 30);
  const rows = (text: string): string[] => text.split('\n').map(row => row.trimEnd());
  const texted = rows(stripVTControlCharacters(lastFrame() ?? ''));
  expect(texted.slice(0, 30)).toEqual(rows(painted).slice(0, 30));
  unmount();
});
