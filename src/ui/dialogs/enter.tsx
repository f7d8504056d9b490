import { Box, Text } from 'ink';
import type { ReactNode } from 'react';
import { actions, meaning } from '../../actions/actions.ts';
import { bugOf, WordsError } from '../../errors.ts';
import type { Dialog, State } from '../../store/store.ts';
import { safe } from '../../text.ts';
import { longBytes, parseBytes, sizesShownIn } from '../../units.ts';
import { typedRequest } from '../keys/change.ts';
import { PlanView } from './plan.tsx';

/** What an operator must know to type the value; nothing when it can't be told (the guest is gone). */
const hintOf = ({ model, setting }: State, { action, words }: Dialog & { kind: 'enter' }): string => {
  try {
    return model ? (actions.get(action)?.hint?.(model, words, setting.limits) ?? '') : '';
  } catch (error) {
    return error instanceof WordsError ? error.message : bugOf(error);
  }
};

/** What a typed size is in the unit that sizes are shown in; `undefined` where none was typed, or only a number. */
const typedSize = (text: string): string | undefined => {
  const size = text.trim().replace(/^[+-]\s*/, '');
  const bytes = /[a-z]/i.test(size) ? parseBytes(size) : undefined;
  if (bytes === undefined) return undefined;
  return sizesShownIn() === 'binary' ? longBytes(bytes) : `${longBytes(bytes)} (typed sizes are binary)`;
};

/** Asks for the last word of a request, and shows while it is typed what it would do. */
export const EnterDialog = ({
  state,
  dialog,
  width,
}: {
  readonly state: State;
  readonly dialog: Dialog & { kind: 'enter' };
  readonly width: number;
}): ReactNode => {
  const action = actions.get(dialog.action);
  if (!state.model || !action) return null;
  const size = typedSize(dialog.text);
  const meant = dialog.text === '' ? undefined : meaning(state.model, typedRequest(dialog), state.setting.limits);
  return (
    <Box flexDirection="column" flexShrink={0}>
      <Text>
        <Text bold>{action.title}</Text> {safe(hintOf(state, dialog))}
      </Text>
      <Text wrap="truncate">
        {'> '}
        <Text bold>{safe(dialog.text)}</Text>
        <Text inverse> </Text>
        {size === undefined ? '' : ` = ${size} `}
        <Text dimColor> {action.help}</Text>
      </Text>
      {meant instanceof Error && <Text color="yellow">{safe(meant.message)}</Text>}
      {meant && !(meant instanceof Error) && <PlanView plan={meant} state={state} width={width} />}
    </Box>
  );
};
