import { Box, Text } from 'ink';
import type { ReactNode } from 'react';
import { describeRequest } from '../../actions/describe.ts';
import { currentPlan } from '../../store/changes.ts';
import type { Dialog, State } from '../../store/store.ts';
import { safe } from '../../text.ts';
import { forceWord } from '../keys/change.ts';
import { PlanView } from './plan.tsx';

/** The last question before a change. What the guard rails refuse is done only after the guest's name was typed. */
export const ConfirmDialog = ({
  state,
  dialog,
}: {
  readonly state: State;
  readonly dialog: Dialog & { kind: 'confirm' };
}): ReactNode => {
  const plan = currentPlan(state, dialog.request);
  if (!plan && state.at !== undefined)
    return <Text>This is the past, and nothing is decided on it: Esc, then Space to come back to now.</Text>;
  if (!plan) return <Text>Nothing is known yet.</Text>;
  return (
    <Box flexDirection="column" flexShrink={0}>
      {state.setting.readOnly && (
        <Text>
          <Text bold>Read-only: nothing is changed here. Elsewhere, as root: </Text>
          {safe(describeRequest(dialog.request))}
        </Text>
      )}
      {!state.setting.readOnly && !plan.refusal && (
        <Text>
          <Text bold inverse>
            {' Do it? '}
          </Text>
          {' y or Enter does it, Esc leaves it as it is.'}
        </Text>
      )}
      {!state.setting.readOnly && plan.refusal?.forceable === true && (
        <Text>
          {`To do it all the same, type ${forceWord(state, plan)} and Enter: `}
          <Text bold>{dialog.typed}</Text>
          <Text inverse> </Text>
        </Text>
      )}
      <PlanView plan={plan} state={state} />
    </Box>
  );
};
