import { Box, Text } from 'ink';
import { createContext, type ReactNode, useContext, useLayoutEffect } from 'react';
import type { Line } from '../line.ts';
import type { Rect } from '../screen/layers.ts';
import { createTheme, type Theme, toAnsi } from '../theme.ts';
import type { Painter } from './painter.ts';

/** Present in the live screen; without it everything goes through Ink. */
export const ScreenContext = createContext<Painter | undefined>(undefined);
export const ThemeContext = createContext<Theme>(createTheme(process.env));

interface PaneProps {
  readonly id: string;
  /** On the screen, so a pane is a direct child of a box that fills the screen. */
  readonly rect: Rect;
  readonly lines: () => readonly Line[];
}

/** Lines at a place of the screen: painted directly where there is a painter, otherwise one `<Text>` a row. */
export const Pane = ({ id, rect, lines }: PaneProps): ReactNode => {
  const painter = useContext(ScreenContext);
  const theme = useContext(ThemeContext);
  const { x, y, width, height } = rect;
  // After every render: what `lines` closes over may be new.
  useLayoutEffect(() => painter?.set(id, { rect: { x, y, width, height }, draw: lines }));
  useLayoutEffect(() => () => painter?.remove(id), [painter, id]);
  return (
    <Box position="absolute" left={x} top={y} width={width} height={height} flexDirection="column" overflow="hidden">
      {!painter &&
        lines()
          .slice(0, height)
          .map((line, row) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: a row of the screen is its own identity.
            <Text key={row} wrap="truncate">
              {toAnsi(line, theme, width) || ' '}
            </Text>
          ))}
    </Box>
  );
};

interface CoverProps {
  readonly id: string;
  readonly rect: Rect;
  readonly children: ReactNode;
}

/** A dialog above the panes: an opaque box at a place of the screen, drawn by Ink. */
export const Cover = ({ id, rect, children }: CoverProps): ReactNode => {
  const painter = useContext(ScreenContext);
  const { x, y, width, height } = rect;
  useLayoutEffect(() => painter?.cover(id, { x, y, width, height }), [painter, id, x, y, width, height]);
  useLayoutEffect(() => () => painter?.uncover(id), [painter, id]);
  const blank = Array.from({ length: height }, () => ' '.repeat(width)).join('\n');
  return (
    <Box position="absolute" left={x} top={y} width={width} height={height} flexDirection="column" overflow="hidden">
      <Box position="absolute">
        <Text>{blank}</Text>
      </Box>
      {children}
    </Box>
  );
};
