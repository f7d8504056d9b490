import { describe, expect, it } from 'vitest';
import { tabs } from '../../src/store/tabs.ts';
import { paintPanes } from '../../src/ui/paint.ts';
import { Painter } from '../../src/ui/parts/painter.ts';
import { Screen } from '../../src/ui/screen/screen.ts';
import { createTheme } from '../../src/ui/theme.ts';
import { demoModels, frameOf, openStage } from './stage.tsx';

const models = await demoModels(10);
const theme = createTheme({ TERM: 'xterm-256color', LANG: 'C.UTF-8' });

const openScreen = (columns: number, rows: number) => {
  const terminal = { columns, rows, write: () => true, on: () => undefined, off: () => undefined };
  const screen = new Screen(terminal, theme);
  screen.enter();
  return { screen, painter: new Painter(screen) };
};

describe('the first frames, without Ink', () => {
  it.each([
    [80, 24],
    [120, 40],
    [200, 60],
    [59, 14],
  ])('are those that Ink shows then, at %ix%i', async (columns, rows) => {
    for (const tab of tabs) {
      const { app, store } = openStage(models, { tab, size: { columns, rows } });
      const { screen, painter } = openScreen(columns, rows);
      const stop = paintPanes(store, painter, theme.glyphs);
      const painted = `${screen.text()}\n`;
      stop();
      const frame = await frameOf(app, columns, rows);
      // Where nothing fits, Ink says so.
      expect(painted).toBe(rows < 15 ? '\n'.repeat(rows) : frame);
    }
  });

  it('follow what comes, the size and what is told, until they end', () => {
    const { store } = openStage([], { size: { columns: 80, rows: 24 } });
    const { screen, painter } = openScreen(80, 24);
    const stop = paintPanes(store, painter, theme.glyphs);
    expect(screen.text()).toContain('looking …');
    store.setState({ model: models[1]!, message: { text: 'told', tone: 'good', time: models[1]!.time } });
    expect(screen.text()).toContain('db-main');
    expect(screen.text().split('\n').at(-2)).toBe('told');
    store.setState({ message: undefined });
    expect(screen.text()).not.toContain('told');
    expect(screen.text().split('\n').at(-1)).toMatch(/^q Quit/);
    store.setState({ size: { columns: 20, rows: 5 } });
    expect(screen.text().trim()).toBe('');
    stop();
    store.setState({ size: { columns: 80, rows: 24 } });
    expect(screen.text().trim()).toBe('');
  });
});
