import { PassThrough } from 'node:stream';
import { render } from 'ink';
import { render as renderInTest } from 'ink-testing-library';
import { defaultLimits } from '../../src/actions/limits.ts';
import type { Need } from '../../src/fields/field.ts';
import { everything } from '../../src/fields/needs.ts';
import { derive, type Model } from '../../src/model.ts';
import { defaultThresholds } from '../../src/policy/thresholds.ts';
import type { Sample } from '../../src/sample.ts';
import { createDemoSource } from '../../src/source/demo.ts';
import { withModel } from '../../src/store/moments.ts';
import { openStore, type Setting, type State } from '../../src/store/store.ts';
import { createListener, Screenful } from '../../src/ui/app.tsx';
import type { App } from '../../src/ui/keys/key.ts';
import { createKeyReader } from '../../src/ui/keys/reader.ts';
import { Painter } from '../../src/ui/parts/painter.ts';
import { ScreenContext, ThemeContext } from '../../src/ui/parts/pane.tsx';
import { Screen } from '../../src/ui/screen/screen.ts';
import { createTheme } from '../../src/ui/theme.ts';

const setting: Setting = {
  source: 'demo',
  readOnly: false,
  root: '/',
  privileged: true,
  delay: 1,
  limits: defaultLimits,
  thresholds: defaultThresholds,
  policy: 'kvmtop',
  messageSeconds: 8,
  only: [],
};

let now = 1_800_000_000;
const demo = createDemoSource({ seed: 7, clock: () => now });
const seen: Model[] = [];
let previous: Sample | undefined;
let looking: Promise<unknown> = Promise.resolve();

/** The Models of the demo host's first seconds: the same in every run, and derived once. */
export const demoModels = async (count: number): Promise<readonly Model[]> => {
  looking = looking.then(async () => {
    for (; seen.length < count; now += 1) {
      const sample = await demo.look(new Set<Need>([...everything, 'processes', 'thp']));
      seen.push(derive(previous, sample));
      previous = sample;
    }
  });
  await looking;
  return seen.slice(0, count);
};

/** A store that has seen these Models, with an app that remembers what it was asked to do. */
export const openStage = (models: readonly Model[], change: Partial<State> = {}, how: Partial<Setting> = {}) => {
  const store = openStore({ ...setting, ...how });
  store.setState(change);
  for (const model of models) store.setState(state => withModel(state, model));
  const asked: unknown[] = [];
  const app: App = {
    store,
    act: (request, options) => asked.push({ request, ...options }),
    save: () => asked.push('save'),
    travel: to => asked.push({ travel: to }),
    record: () => asked.push('record'),
    play: how => asked.push({ play: how }),
    fly: (mode, policy) => asked.push({ fly: [mode, policy] }),
    halt: () => asked.push('halt'),
    pin: guest => asked.push({ pin: guest }),
    quit: () => asked.push('quit'),
    suspend: () => asked.push('suspend'),
    redraw: () => asked.push('redraw'),
  };
  return { store, app, asked };
};

const themeEnv = { TERM: 'xterm-256color', COLORTERM: 'truecolor', LANG: 'C.UTF-8' };

/** What a terminal of this size shows, through the painter and the cells, as when live. */
export const frameOf = async (
  app: App,
  columns: number,
  rows: number,
  env: Readonly<Record<string, string>> = themeEnv,
): Promise<string> => {
  const theme = createTheme(env);
  const terminal = {
    columns,
    rows,
    write: (_data: string, done?: () => void) => {
      done?.();
      return true;
    },
    on: () => undefined,
    off: () => undefined,
  };
  const screen = new Screen(terminal, theme);
  const painter = new Painter(screen);
  app.store.setState({ size: { columns, rows } });
  screen.enter();
  const stdin = Object.assign(new PassThrough(), {
    isTTY: true,
    setRawMode: () => stdin,
    ref: () => stdin,
    unref: () => stdin,
  });
  const ink = render(
    <ThemeContext value={theme}>
      <ScreenContext value={painter}>
        <Screenful app={app} />
      </ScreenContext>
    </ThemeContext>,
    {
      stdout: screen.stdout,
      stdin: stdin as unknown as NodeJS.ReadStream,
      debug: true,
      interactive: true,
      patchConsole: false,
      exitOnCtrlC: false,
    },
  );
  await ink.waitUntilRenderFlush();
  const text = screen.text();
  ink.unmount();
  screen.leave();
  return text + '\n';
};

/** The app through Ink alone, at the 100 columns of ink-testing-library, with its keyboard. */
export const typeOn = (app: App, rows: number) => {
  app.store.setState({ size: { columns: 100, rows } });
  const theme = createTheme({ ...themeEnv, NO_COLOR: '1' });
  const ink = renderInTest(
    <ThemeContext value={theme}>
      <Screenful app={app} />
    </ThemeContext>,
  );
  const read = createKeyReader({ ...createListener(app, theme.glyphs), answer: () => undefined });
  return { ...ink, type: (bytes: string) => read(Buffer.from(bytes)) };
};
