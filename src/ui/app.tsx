import { Box, render, Text } from 'ink';
import { type ReactNode, useContext } from 'react';
import { useStore } from 'zustand';
import { useShallow } from 'zustand/react/shallow';
import type { State, Store } from '../store/store.ts';
import { AutoDialog } from './dialogs/auto.tsx';
import { ChooseDialog } from './dialogs/choose.tsx';
import { ConfirmDialog, lookedAt } from './dialogs/confirm.tsx';
import { EnterDialog } from './dialogs/enter.tsx';
import { MomentDialog } from './dialogs/moment.tsx';
import { PaletteDialog } from './dialogs/palette.tsx';
import { SettingsDialog } from './dialogs/settings.tsx';
import type { Glyphs } from './glyphs.ts';
import type { App } from './keys/key.ts';
import type { Listener } from './keys/reader.ts';
import { paste, press } from './keys.ts';
import { fits, layout, smallest } from './layout.ts';
import { createMouse } from './mouse.ts';
import { linesOf } from './paint.ts';
import { lastDetailScroll } from './panes/detail.ts';
import { lastScroll } from './panes/help.ts';
import type { Painter } from './parts/painter.ts';
import { Pane, ScreenContext, ThemeContext } from './parts/pane.tsx';
import type { Rect } from './screen/layers.ts';
import type { Screen } from './screen/screen.ts';
import type { Theme } from './theme.ts';

/** What React renders for: everything else is drawn by panes after each Sample, without it. */
const structure = (state: State): object => ({
  tab: state.tab,
  dialog: state.dialog,
  detail: state.detail !== undefined,
  started: state.model !== undefined,
  back: state.at !== undefined,
  status: state.message !== undefined || state.following.length > 0,
});

const everything = (state: State): State => state;

/** Keys don't know how much there is to read: nothing is scrolled past its end, and what was read of a plan is noted. */
const keepScrolled = (store: Store, glyphs: Glyphs): void => {
  const state = store.getState();
  const { dialog, detail, model } = state;
  if (dialog?.kind === 'confirm') {
    const rect = layout(state).dialog;
    if (rect) store.setState({ dialog: lookedAt(state, dialog, rect) });
    return;
  }
  if (dialog?.kind !== 'help' && !detail) return;
  const id = dialog?.kind ?? 'detail';
  const place = layout(state).panes.find(pane => pane.id === id);
  if (!model || !place) return;
  const canvas = { state, model, glyphs, width: place.rect.width, height: place.rect.height };
  if (dialog?.kind === 'help') {
    const last = lastScroll(canvas);
    if (dialog.scroll > last) store.setState({ dialog: { kind: 'help', scroll: last } });
  } else if (detail && detail.scroll > 0) {
    const last = lastDetailScroll(canvas);
    if (detail.scroll > last) store.setState({ detail: { scroll: last } });
  }
};

const DialogView = ({ store, place }: { readonly store: Store; readonly place: Rect }): ReactNode => {
  const state = useStore(store);
  const { dialog } = state;
  const { height, width } = place;
  switch (dialog?.kind) {
    case 'enter':
      return <EnterDialog state={state} dialog={dialog} width={width} />;
    case 'confirm':
      return <ConfirmDialog state={state} dialog={dialog} place={place} />;
    case 'settings':
      return <SettingsDialog state={state} dialog={dialog} height={height} />;
    case 'palette':
      return <PaletteDialog state={state} dialog={dialog} place={place} />;
    case 'auto':
      return <AutoDialog state={state} cursor={dialog.cursor} />;
    case 'moment':
      return <MomentDialog state={state} text={dialog.text} />;
    case 'sort':
    case 'columns':
      return <ChooseDialog state={state} dialog={dialog} height={height} />;
    default:
      return null;
  }
};

/** What keys, pastes and the mouse do on the screen. */
export const createListener = (app: App, glyphs: Glyphs): Omit<Listener, 'answer'> => {
  const { store } = app;
  const mouse = createMouse(app, glyphs);
  return {
    press(name) {
      press(app, name);
      keepScrolled(store, glyphs);
    },
    paste: text => paste(app, text),
    mouse(event) {
      mouse(event);
      keepScrolled(store, glyphs);
    },
  };
};

/** The live screen: panes where the layout puts them, and the open dialog. */
export const Screenful = ({ app }: { readonly app: App }): ReactNode => {
  const { store } = app;
  const { glyphs } = useContext(ThemeContext);
  // Panes that are painted need no render of React for a new Sample; panes that are `<Text>` do.
  const painted = useContext(ScreenContext) !== undefined;
  const size = useStore(store, state => state.size);
  useStore(store, useShallow<State, object>(painted ? structure : everything));
  const { columns, rows } = size;
  if (!fits(size))
    return (
      <Box width={columns} height={rows} flexDirection="column">
        <Text wrap="truncate">{`kvmtop needs ${smallest.columns}x${smallest.rows},`}</Text>
        <Text wrap="truncate">{`this is ${columns}x${rows}. q quits.`}</Text>
      </Box>
    );
  const { panes, dialog } = layout(store.getState());
  return (
    <Box width={columns} height={rows}>
      {panes.map(({ id, rect, draw }) => (
        <Pane key={id} id={id} rect={rect} lines={linesOf(store, draw, rect, glyphs)} />
      ))}
      {dialog && (
        <Box
          position="absolute"
          left={dialog.x}
          top={dialog.y}
          width={dialog.width}
          height={dialog.height}
          overflow="hidden"
          flexDirection="column"
        >
          <DialogView store={store} place={dialog} />
        </Box>
      )}
    </Box>
  );
};

/** Hands the screen to Ink, until `unmount`. */
export const mount = (
  app: App,
  screen: Screen,
  painter: Painter,
  theme: Theme,
): { readonly unmount: () => void; readonly listener: Omit<Listener, 'answer'> } => {
  const { unmount } = render(
    <ThemeContext value={theme}>
      <ScreenContext value={painter}>
        <Screenful app={app} />
      </ScreenContext>
    </ThemeContext>,
    { stdout: screen.stdout, debug: true, interactive: true, patchConsole: false, exitOnCtrlC: false },
  );
  return { unmount, listener: createListener(app, theme.glyphs) };
};
