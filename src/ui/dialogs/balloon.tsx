import { Box, Text } from 'ink';
import type { ReactNode } from 'react';
import { balloonFloor, balloonMaximum } from '../../actions/balloon.ts';
import { currentPlan, type Dialog, type State } from '../../store/store.ts';
import { safe } from '../../text.ts';
import { longBytes } from '../../units.ts';
import { typedRequest } from '../keys/change.ts';
import { PlanView } from './plan.tsx';

/** Asks for a size, and shows while it is typed what it would do. */
export const BalloonDialog = ({
  state,
  dialog,
}: {
  readonly state: State;
  readonly dialog: Dialog & { kind: 'balloon' };
}): ReactNode => {
  const guest = state.model?.guests.find(one => one.id === dialog.guest);
  if (!guest) return <Text>The guest is gone.</Text>;
  const request = typedRequest(state, dialog);
  const plan = request && !(request instanceof Error) ? currentPlan(state, request) : undefined;
  const floor = balloonFloor(guest);
  return (
    <Box flexDirection="column">
      <Text>
        New size for <Text bold>{safe(guest.name)}</Text>
        {`: now ${longBytes(guest.values.balloon_actual)}, safe down to ${floor === undefined ? 'unknown' : longBytes(floor)}, at most ${longBytes(balloonMaximum(guest))}`}
      </Text>
      <Text>
        {'> '}
        <Text bold>{safe(dialog.text)}</Text>
        <Text inverse> </Text>
        <Text dimColor> such as 2G, +512M, -25%, 80%, max</Text>
      </Text>
      {request instanceof Error && <Text color="yellow">{safe(request.message)}</Text>}
      {plan && <PlanView plan={plan} state={state} />}
    </Box>
  );
};
