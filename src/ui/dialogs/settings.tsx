import { Box, Text } from 'ink';
import type { ReactNode } from 'react';
import type { Knob } from '../../actions/knobs.ts';
import type { Dialog, State } from '../../store/store.ts';
import { safe } from '../../text.ts';
import { knobsOf } from '../keys/settings.ts';

const titles: Readonly<Record<Knob['group'], string>> = {
  ksm: 'Page sharing (KSM)',
  hugepages: 'Hugepage pools',
  swap: 'Swap and overcommit',
  writeback: 'Writeback and caches',
};

const absent: Readonly<Record<Knob['group'], string>> = {
  ksm: 'This kernel has no KSM.',
  hugepages: 'This kernel has no hugepage pools.',
  swap: 'The settings could not be read yet.',
  writeback: 'The settings could not be read yet.',
};

/** The settings of a group with their values: those that the kernel takes now, and why it does not take the others. */
export const SettingsDialog = ({
  state,
  dialog,
  height,
}: {
  readonly state: State;
  readonly dialog: Dialog & { kind: 'settings' };
  readonly height: number;
}): ReactNode => {
  const found = knobsOf(state);
  const at = found[dialog.cursor];
  const room = Math.max(1, height - 4);
  const first = Math.max(0, Math.min(dialog.cursor - room + 1, found.length - room));
  return (
    <Box flexDirection="column">
      <Text bold>{titles[dialog.group]}</Text>
      {found.length === 0 && <Text dimColor>{absent[dialog.group]}</Text>}
      {found.slice(first, first + room).map((knob, index) => (
        <Text
          key={`${knob.action} ${knob.words.join(' ')}`}
          wrap="truncate"
          inverse={first + index === dialog.cursor}
          dimColor={knob.locked !== undefined}
        >
          {safe(`${knob.title.padEnd(34)} ${knob.value.padEnd(20)} ${knob.locked ?? ''}`).padEnd(state.size.columns)}
        </Text>
      ))}
      {at && (
        <Box marginTop={1}>
          <Text dimColor wrap="wrap">
            {at.help}
          </Text>
        </Box>
      )}
    </Box>
  );
};
