import { Box, type Instance, render, renderToString, Text } from 'ink';
import { afterEach, describe, expect, it } from 'vitest';
import { type Line, line, span } from '../../src/ui/line.ts';
import { Painter } from '../../src/ui/parts/painter.ts';
import { Cover, Pane, ScreenContext, ThemeContext } from '../../src/ui/parts/pane.tsx';
import { Screen } from '../../src/ui/screen/screen.ts';
import { createTheme } from '../../src/ui/theme.ts';
import { Emulator } from './xterm.ts';

const theme = createTheme({ TERM: 'xterm-256color', COLORTERM: 'truecolor', LANG: 'C.UTF-8' });
const common = { interactive: true, patchConsole: false, exitOnCtrlC: false } as const;

const instances: Instance[] = [];
afterEach(() => {
  for (const instance of instances.splice(0)) instance.unmount();
});

/** The same app through Screen, and through Ink's own screen. */
const both = (columns: number, rows: number) => {
  const ours = new Emulator(columns, rows);
  const screen = new Screen(ours, theme);
  screen.enter();
  const inks = new Emulator(columns, rows);
  const plain = Object.assign(inks, { isTTY: true }) as unknown as NodeJS.WriteStream;
  let viaScreen: Instance | undefined;
  let viaInk: Instance | undefined;
  return {
    ours,
    inks,
    screen,
    show(node: React.ReactNode) {
      if (viaScreen && viaInk) {
        viaScreen.rerender(node);
        viaInk.rerender(node);
        return;
      }
      viaScreen = render(node, { ...common, stdout: screen.stdout, debug: true });
      viaInk = render(node, { ...common, stdout: plain, alternateScreen: true, maxFps: 1000 });
      instances.push(viaScreen, viaInk);
    },
    /** Both pictures, once all is on its terminal. */
    async pictures() {
      await viaScreen?.waitUntilRenderFlush();
      await viaInk?.waitUntilRenderFlush();
      return [await ours.picture(), await inks.picture()];
    },
  };
};

const App = ({ name, rows, used }: { name: string; rows: number; used: number }) => (
  <Box flexDirection="column">
    <Text bold color="cyan">
      host <Text inverse>{name}</Text> <Text dimColor>up 3 d</Text>
    </Text>
    <Box borderStyle="round" borderColor="#0072b2" width="100%">
      <Text backgroundColor="blue">{`${used} MiB`}</Text>
      <Text> 漢字 e{'\u0301'} ─█⣿</Text>
    </Box>
    {Array.from({ length: rows }, (_, row) => (
      // biome-ignore lint/suspicious/noArrayIndexKey: rows never move.
      <Text key={row} wrap="truncate" underline={row === 1}>
        {`guest-${row} `.repeat(used % 5)}
      </Text>
    ))}
  </Box>
);

describe('an app of Ink through the screen', () => {
  it('looks as through Ink itself, at every change', async () => {
    const { show, pictures } = both(50, 12);
    const states = [
      { name: 'kvm-1', rows: 3, used: 1 },
      { name: 'kvm-1', rows: 3, used: 104 },
      { name: 'サーバー', rows: 0, used: 99 },
      { name: 'x', rows: 7, used: 3 },
    ];
    for (const state of states) {
      show(<App {...state} />);
      const [ours, inks] = await pictures();
      expect(ours).toEqual(inks);
      expect(ours?.flat().some(cell => cell.includes('█'))).toBe(true);
    }
  });

  it('follows a resize', async () => {
    const { show, pictures, ours, inks } = both(60, 12);
    show(<App name="kvm-1" rows={4} used={3} />);
    await pictures();
    for (const [columns, rows] of [
      [40, 12],
      [70, 14],
    ] as const) {
      await ours.resize(columns, rows);
      await inks.resize(columns, rows);
      const [viaScreen, viaInk] = await pictures();
      expect(viaScreen).toEqual(viaInk);
      expect((await ours.text())[1]).toHaveLength(columns);
    }
  });

  it('leaves a written screen only once Ink is done', async () => {
    const { show, ours, screen, pictures } = both(40, 9);
    show(<App name="kvm-1" rows={1} used={1} />);
    await pictures();
    const shown = await ours.picture();
    for (const instance of instances) instance.unmount();
    await instances[0]?.waitUntilExit();
    screen.flush();
    expect(await ours.picture()).toEqual(shown);
  });
});

const rect = { x: 2, y: 1, width: 12, height: 2 };
const Panes = ({ draw, dialog }: { draw: () => readonly Line[]; dialog?: string }) => (
  <Box width={20} height={4}>
    <Text>top</Text>
    <Pane id="ram" rect={rect} lines={draw} />
    {dialog && (
      <Cover id="dialog" rect={{ x: 4, y: 1, width: 6, height: 1 }}>
        <Text>{dialog}</Text>
      </Cover>
    )}
  </Box>
);

describe('a pane', () => {
  const draw = () => [line(span('RAM ', 'title'), span('漢字', 'bad')), line(span('0123456789abcdef'))];

  it('looks the same painted directly and through Ink, with and without a dialog above', async () => {
    const { ours, screen } = both(20, 4);
    const inks = new Emulator(20, 4);
    const painter = new Painter(screen);
    for (const dialog of ['', 'y?', '']) {
      const panes = (
        <ThemeContext value={theme}>
          <Panes draw={draw} dialog={dialog} />
        </ThemeContext>
      );
      const direct = <ScreenContext value={painter}>{panes}</ScreenContext>;
      if (instances[0]) instances[0].rerender(direct);
      else instances.push(render(direct, { ...common, stdout: screen.stdout, debug: true }));
      screen.flush();
      inks.write(`\u001b[m\u001b[H\u001b[J${renderToString(panes, { columns: 20 })}`);
      expect(await ours.picture()).toEqual(await inks.picture());
      const second = `  ${dialog ? 'RA' : 'RAM 漢字'}${dialog ? '    '.replace(/^/, dialog) : ''}`.trimEnd();
      expect((await ours.text())[1]).toBe(second);
    }
  });

  it('is drawn again by the painter alone, and goes with its component', async () => {
    const { ours, screen } = both(20, 4);
    const painter = new Painter(screen);
    let free = 1;
    const instance = render(
      <ScreenContext value={painter}>
        <Panes draw={() => [line(span(`free ${free}`))]} />
      </ScreenContext>,
      { ...common, stdout: screen.stdout, debug: true },
    );
    instances.push(instance);
    free = 2;
    painter.repaint();
    screen.flush();
    expect(await ours.text()).toEqual(['top', '  free 2', '', '']);
    instance.rerender(<Text>none</Text>);
    screen.flush();
    expect(await ours.text()).toEqual(['none', '', '', '']);
  });
});
