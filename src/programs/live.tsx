import { render } from 'ink';
import { plan as planOf } from '../actions/actions.ts';
import { type Gate, perform } from '../actions/perform.ts';
import { limitsOf, tablesOf, thresholdsOf } from '../config/settings.ts';
import type { Need } from '../fields/field.ts';
import { derive } from '../model.ts';
import type { Sample } from '../sample.ts';
import type { Source } from '../source/source.ts';
import { needsOfView } from '../store/needs.ts';
import { type Message, openStore, type Setting, type Store, withModel, withPerformed } from '../store/store.ts';
import { showTab } from '../store/tables.ts';
import { type Tab, tabs } from '../store/view.ts';
import { Screenful } from '../ui/app.tsx';
import type { App } from '../ui/keys/key.ts';
import { Painter } from '../ui/parts/painter.ts';
import { ScreenContext, ThemeContext } from '../ui/parts/pane.tsx';
import { Screen } from '../ui/screen/screen.ts';
import { createTheme } from '../ui/theme.ts';
import { openAttendant } from './attendant.ts';
import { type Options, UsageError } from './options.ts';
import { saveScreen } from './save.ts';
import { openGate } from './session.ts';

/** Milliseconds until what the machine is gets looked up: the operator is to see the host first. */
const identityAfter = 1500;

const tabOf = (name: string): Tab => {
  const tab = tabs.find(one => one === name);
  if (!tab) throw new UsageError(`there is no tab '${name}': there are ${tabs.join(', ')}`);
  return tab;
};

/** Looks at the world every `delay` seconds, and never starts a look before the last one ended. */
const startLooking = (source: Source, store: Store, delay: number, onModel: (sample: Sample) => void) => {
  let timer: NodeJS.Timeout | undefined;
  let previous: Sample | undefined;
  let stopped = false;
  const look = async (): Promise<void> => {
    const started = performance.now();
    const wanted: ReadonlySet<Need> = needsOfView(store.getState());
    const sample = await source.look(wanted);
    if (stopped) return;
    const model = derive(previous, sample);
    previous = sample;
    // A held screen keeps its Model; what is collected meanwhile is not lost to the rates.
    if (!store.getState().paused) store.setState(state => withModel(state, model));
    onModel(sample);
    // The first look has no rates: the second follows soon.
    const wait = model.interval === undefined ? Math.min(delay, 0.5) : delay;
    timer = setTimeout(look, Math.max(10, wait * 1000 - (performance.now() - started)));
  };
  void look();
  return () => {
    stopped = true;
    clearTimeout(timer);
  };
};

/** Carries out what was asked by key, and tells the outcome on the screen. */
const actor =
  (store: Store, gate: Gate): App['act'] =>
  (request, { force, undo }) => {
    const { model, setting } = store.getState();
    if (!model) return;
    const plan = planOf(model, request, setting.limits);
    store.setState({ dialog: undefined, message: { text: `${plan.summary} …`, tone: 'dim', time: model.time } });
    perform(gate, plan, { by: 'key', force }).then(
      entry => store.setState(state => withPerformed(state, plan, entry, undo)),
      (error: unknown) =>
        store.setState(state => ({
          message: {
            text: error instanceof Error ? error.message : String(error),
            tone: 'bad',
            time: state.model?.time ?? model.time,
          },
        })),
    );
  };

/** Saves what the screen shows, and tells where. */
const save = (store: Store, options: Options): void => {
  const tell = (text: string, tone: Message['tone']): void =>
    store.setState(({ model }) => ({ message: { text, tone, time: model?.time ?? 0 } }));
  saveScreen(store.getState(), process.env, options.config).then(
    text => tell(text, 'good'),
    (error: unknown) => tell(error instanceof Error ? error.message : String(error), 'bad'),
  );
};

/**
 * Node lets writes to a terminal block. On a stalled line that would stop everything, and with it a conversation with a
 * guest's monitor, which nobody else could open then. The screen itself drops frames that the terminal does not take.
 */
const neverBlock = (terminal: NodeJS.WriteStream): void => {
  const { _handle: handle } = terminal as { readonly _handle?: { setBlocking?(blocking: boolean): void } };
  handle?.setBlocking?.(false);
};

/** The live screen, until it is left or hung up. */
export const live = async (source: Source, options: Options): Promise<void> => {
  const gate = openGate(source, options);
  const setting: Setting = {
    source: source.kind,
    readOnly: gate.control === undefined,
    root: options.root,
    privileged: process.geteuid?.() === 0,
    delay: options.delay,
    limits: limitsOf(options.settings),
    thresholds: thresholdsOf(options.settings),
    messageSeconds: options.settings.message_seconds,
  };
  const store = openStore(setting);
  store.setState({
    journal: gate.journal.read(),
    ...showTab(tablesOf(options.settings), tabOf(options.tab)),
    filter: options.guests.length === 1 ? (options.guests[0] ?? '') : '',
  });

  const theme = createTheme(process.env, options.settings);
  neverBlock(process.stdout);
  const screen = new Screen(process.stdout, theme);
  const painter = new Painter(screen);
  const resize = (): void => store.setState({ size: { columns: screen.columns, rows: screen.rows } });
  const { promise: left, resolve: leave } = Promise.withResolvers<void>();

  const suspend = (): void => {
    screen.suspend();
    process.stdin.setRawMode?.(false);
    process.kill(process.pid, 'SIGSTOP');
  };
  const resume = (): void => {
    process.stdin.setRawMode?.(true);
    screen.resume();
  };
  const app: App = {
    store,
    act: actor(store, gate),
    save: () => save(store, options),
    quit: leave,
    suspend,
    redraw: () => screen.repaint(),
  };

  screen.enter();
  resize();
  screen.on('resize', resize);
  process.on('SIGCONT', resume);
  // Listeners that stay (not `once`): signal-exit, in Ink, kills the process when nobody else listens any more. Who
  // asks a second time does not want to wait for what is put back.
  let asked = false;
  const end = (signal: NodeJS.Signals): void => {
    // A hang-up comes twice by itself: from the shell, and from the kernel when the shell ends.
    if (asked && signal !== 'SIGHUP') process.exit(1);
    asked = true;
    leave();
  };
  for (const signal of ['SIGTERM', 'SIGHUP', 'SIGINT'] as const) process.on(signal, end);
  // A terminal that was closed fails at both ends; leaving must not fail for it.
  process.stdin.on('error', leave);
  process.stdout.on('error', leave);
  // However this process ends, the terminal is given back.
  process.once('exit', () => screen.leave());
  process.once('uncaughtExceptionMonitor', () => screen.leave());

  const ink = render(
    <ThemeContext value={theme}>
      <ScreenContext value={painter}>
        <Screenful app={app} />
      </ScreenContext>
    </ThemeContext>,
    { stdout: screen.stdout, debug: true, interactive: true, patchConsole: false, exitOnCtrlC: false },
  );
  // After React has placed the panes for the new state.
  const unsubscribe = store.subscribe(() => painter.repaint());
  const attendant = openAttendant(gate, options.settings['statistics.polling_seconds']);
  const stopLooking = startLooking(source, store, options.delay, () => {
    const { model } = store.getState();
    if (model) attendant.attend(model);
  });
  const lookUp = async (): Promise<void> => {
    const { lookUpIdentity } = await import('./identity.ts');
    store.setState({ identity: await lookUpIdentity() });
  };
  const late = source.kind === 'live' && options.root === '/' ? setTimeout(lookUp, identityAfter) : undefined;

  await left;
  clearTimeout(late);
  stopLooking();
  unsubscribe();
  ink.unmount();
  screen.leave();
  await attendant.putBack(async () => derive(undefined, await source.look(new Set())));
};
