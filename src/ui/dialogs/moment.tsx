import { Box, Text } from 'ink';
import type { ReactNode } from 'react';
import { formatMoment, momentForms } from '../../recording/moment.ts';
import type { State } from '../../store/store.ts';
import { safe } from '../../text.ts';
import { typedMoment } from '../keys/time.ts';

/** Asks for a moment to go to, and says which one the typed words mean. */
export const MomentDialog = ({ state, text }: { readonly state: State; readonly text: string }): ReactNode => {
  const { timeline } = state;
  const time = typedMoment(state);
  return (
    <Box flexDirection="column">
      <Text>
        <Text bold>Go to</Text>
        {timeline && ` a moment from ${formatMoment(timeline.from)} to ${formatMoment(timeline.to)}`}
      </Text>
      <Text wrap="truncate">
        {'> '}
        <Text bold>{safe(text)}</Text>
        <Text inverse> </Text>
        <Text dimColor> {momentForms}</Text>
      </Text>
      {text !== '' &&
        (time === undefined ? <Text color="yellow">that is no time</Text> : <Text>{formatMoment(time)}</Text>)}
    </Box>
  );
};
