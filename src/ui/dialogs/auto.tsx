import { Box, Text } from 'ink';
import type { ReactNode } from 'react';
import { policyOf } from '../../policy/policies.ts';
import type { State } from '../../store/store.ts';
import { flights } from '../keys/advisor.ts';

const meanings = {
  shadow: 'say what it would do; change nothing',
  act: 'do it, within the guard rails; journalled; X stops it',
  off: 'no policy runs',
} as const;

/** Which policy is to run, and whether for real. */
export const AutoDialog = ({ state, cursor }: { readonly state: State; readonly cursor: number }): ReactNode => {
  const lines = flights(state);
  const chosen = policyOf(lines[cursor]?.policy ?? '');
  const { readOnly } = state.setting;
  return (
    <Box flexDirection="column">
      <Text bold>Run a policy</Text>
      {lines.map(({ mode, policy }, index) => {
        const runs = mode === state.pilot.mode && (mode === 'off' || policy === state.pilot.policy) ? '*' : ' ';
        const name = mode === 'off' ? 'none' : policy;
        const why = readOnly && mode === 'act' ? 'not available: read-only' : meanings[mode];
        return (
          <Text
            key={`${mode} ${policy}`}
            inverse={index === cursor}
            wrap="truncate"
            dimColor={readOnly && mode === 'act'}
          >
            {`${runs} ${name.padEnd(10)} ${mode.padEnd(7)} ${why}`.padEnd(state.size.columns)}
          </Text>
        );
      })}
      <Text wrap="truncate" dimColor>
        {chosen && lines[cursor]?.mode !== 'off' ? chosen.help : ''}
      </Text>
    </Box>
  );
};
