import { messageOf } from '../../errors.ts';
import { unknownWord } from '../../nearest.ts';
import { timeOf } from '../../store/moments.ts';
import type { Store } from '../../store/store.ts';
import { type Tab, tabs } from '../../store/tabs.ts';
import type { App } from '../../ui/keys/key.ts';
import { createKeyReader, type Listener } from '../../ui/keys/reader.ts';
import { paintPanes } from '../../ui/paint.ts';
import { Painter } from '../../ui/parts/painter.ts';
import { leaveSequence, Screen } from '../../ui/screen/screen.ts';
import { createTheme } from '../../ui/theme.ts';
import { type Options, UsageError } from '../options.ts';
import type { Surroundings } from '../surroundings.ts';
import { saveScreen } from './save.ts';

/** The tab that `--tab` names; throws a UsageError with those that there are. */
export const tabOf = (name: string): Tab => {
  const tab = tabs.find(one => one === name);
  if (!tab) throw new UsageError(unknownWord('tab', name, tabs));
  return tab;
};

/** One line on the screen, dated now. */
export const tell = (store: Store, text: string, tone: 'good' | 'warn' | 'bad' | 'dim'): void =>
  store.setState(state => ({ message: { text, tone, time: timeOf(state) } }));

/** Saves what the screen shows, and tells where. */
const save = (store: Store, options: Options, { env }: Surroundings): void => {
  saveScreen(store.getState(), env, options.config).then(
    text => tell(store, text, 'good'),
    (error: unknown) => tell(store, messageOf(error), 'bad'),
  );
};

/**
 * Node lets writes to a terminal block. On a stalled line that would stop everything, and with it a conversation with a
 * guest's monitor, which nobody else could open then. The screen itself drops frames that the terminal does not take.
 */
const neverBlock = (terminal: Surroundings['stdout']): void => {
  const { _handle: handle } = terminal as { readonly _handle?: { setBlocking?(blocking: boolean): void } };
  handle?.setBlocking?.(false);
};

/** Milliseconds after which keys work, though there is nothing to see yet. */
const patience = 500;

/** Resolves once the first look is on the screen: what is scheduled to be written is written before what is scheduled now. */
const firstFrame = (store: Store): Promise<void> =>
  new Promise(resolve => {
    const look = (): void => {
      if (!store.getState().model) return;
      stop();
      setImmediate(resolve);
    };
    const stop = store.subscribe(look);
    setTimeout(resolve, patience).unref();
    look();
  });

/** The screen on this terminal. */
export interface Shown {
  /** Resolves when the operator leaves, or the terminal hangs up. */
  readonly left: Promise<void>;
  /** Gives the terminal back. */
  readonly close: () => void;
}

type Doings = Omit<App, 'store' | 'save' | 'quit' | 'suspend' | 'redraw'>;

/** Shows the store on this terminal, and turns its keys into what `doings` can. */
export const showScreen = (store: Store, options: Options, around: Surroundings, doings: Doings): Shown => {
  const { stdin, stdout, stderr, events } = around;
  const theme = createTheme(around.env, options.settings);
  neverBlock(stdout);
  const screen = new Screen(stdout, theme, { mouse: options.settings.mouse, paced: true });
  const painter = new Painter(screen);
  const resize = (): void => store.setState({ size: { columns: screen.columns, rows: screen.rows } });
  const { promise: left, resolve: leave } = Promise.withResolvers<void>();

  const watchdog = around.guard(leaveSequence);

  let suspending = false;
  const suspend = async (): Promise<void> => {
    if (suspending) return;
    suspending = true;
    await screen.settled();
    suspending = false;
    screen.suspend();
    stdin.setRawMode?.(false);
    watchdog.hold(false);
    around.suspend();
  };
  const resume = (): void => {
    watchdog.hold(true);
    stdin.setRawMode?.(true);
    screen.resume();
  };
  const app: App = {
    store,
    ...doings,
    save: () => save(store, options, around),
    quit: () => void screen.settled().then(leave),
    suspend: () => void suspend(),
    redraw: () => screen.repaint(),
  };

  // From here on nothing that is typed is echoed, nor what the terminal answers.
  stdin.setRawMode?.(true);
  screen.enter();
  resize();
  screen.on('resize', resize);
  events.on('SIGCONT', resume);
  // Listeners that stay (not `once`): signal-exit, in Ink, kills the process when nobody else listens any more. Who
  // asks a second time does not want to wait for what is put back.
  let asked = false;
  const end = (signal: NodeJS.Signals): void => {
    // A hang-up comes twice by itself: from the shell, and from the kernel when the shell ends.
    if (asked && signal !== 'SIGHUP') around.exit(1);
    asked = true;
    if (signal === 'SIGHUP') leave();
    else void screen.settled().then(leave);
  };
  for (const signal of ['SIGTERM', 'SIGHUP', 'SIGINT'] as const) events.on(signal, end);
  // A terminal that was closed fails at all ends (a program that is run for a look-up may write to it, too); leaving must not
  // fail for it.
  for (const stream of [stdin, stdout, stderr]) stream.on('error', leave);
  // However this process ends, the terminal is given back.
  const giveBack = (): void => {
    stdin.setRawMode?.(false);
    screen.leave();
    watchdog.close();
  };
  events.once('exit', giveBack);
  events.once('uncaughtExceptionMonitor', giveBack);

  let stopPainting = paintPanes(store, painter, theme.glyphs);
  let ink: { readonly unmount: () => void; readonly listener: Omit<Listener, 'answer'> } | undefined;
  // What is typed before Ink is there waits for it.
  let early: ((to: Omit<Listener, 'answer'>) => void)[] = [];
  const hand = (what: (to: Omit<Listener, 'answer'>) => void): void => {
    if (ink) {
      screen.asked();
      what(ink.listener);
    } else early.push(what);
  };
  const read = createKeyReader({
    press: name => hand(to => to.press(name)),
    paste: text => hand(to => to.paste(text)),
    mouse: event => hand(to => to.mouse(event)),
    answer: () => screen.answered(),
  });
  stdin.on('data', read);
  let closed = false;
  const handOver = async (): Promise<void> => {
    const { mount } = await import('../../ui/app.tsx');
    if (closed) return;
    stopPainting();
    ink = mount(app, screen, painter, theme);
    // After React has placed the panes for the new state.
    stopPainting = store.subscribe(() => painter.repaint());
    for (const what of early) what(ink.listener);
    early = [];
  };
  // Ink takes half as long to load as all the rest: the operator sees the host meanwhile.
  void firstFrame(store).then(handOver);
  return {
    left,
    close() {
      closed = true;
      stopPainting();
      ink?.unmount();
      stdin.off('data', read);
      stdin.pause();
      giveBack();
    },
  };
};
