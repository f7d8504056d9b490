import { Box, Text } from 'ink';
import type { ReactNode } from 'react';
import type { Dialog, State } from '../../store/store.ts';
import { allColumns, columnHelp, columnTitle } from '../columns.ts';

/** The list of columns: to sort by one, or to show and hide them. */
export const ChooseDialog = ({
  state,
  dialog,
  height,
}: {
  readonly state: State;
  readonly dialog: Dialog & { kind: 'sort' | 'columns' };
  readonly height: number;
}): ReactNode => {
  const room = Math.max(1, height - 1);
  const first = Math.min(Math.max(0, dialog.cursor - Math.floor(room / 2)), Math.max(0, allColumns.length - room));
  return (
    <Box flexDirection="column">
      <Text bold>{dialog.kind === 'sort' ? 'Sort the table by' : 'Columns of the table'}</Text>
      {allColumns.slice(first, first + room).map((column, index) => {
        const at = state.columns.indexOf(column);
        const mark =
          dialog.kind === 'sort' ? (state.sort.column === column ? '*' : ' ') : at >= 0 ? String(at + 1) : ' ';
        const text = `${mark.padStart(3)}  ${columnTitle(column).padEnd(10)} ${columnHelp(column)}`;
        return (
          <Text key={column} inverse={first + index === dialog.cursor} wrap="truncate">
            {text.padEnd(state.size.columns)}
          </Text>
        );
      })}
    </Box>
  );
};
