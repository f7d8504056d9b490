import { Box, Text } from 'ink';
import type { ReactNode } from 'react';
import type { Plan } from '../../actions/action.ts';
import { asTyped, describeRequest } from '../../actions/describe.ts';
import { currentPlan } from '../../store/changes.ts';
import type { Dialog, State } from '../../store/store.ts';
import { safe } from '../../text.ts';
import { forceWord, unseenOf } from '../keys/change.ts';
import { planEntries } from '../parts/plan-entries.ts';
import type { Rect } from '../screen/layers.ts';
import { BeforeAfter, PlanRows, rowsOf } from './plan.tsx';

type Confirm = Dialog & { kind: 'confirm' };

/** The question above a plan's lines. */
const Question = ({
  state,
  dialog,
  plan,
}: {
  readonly state: State;
  readonly dialog: Confirm;
  readonly plan: Plan;
}) => {
  if (state.setting.readOnly)
    return (
      <Text wrap="truncate">
        <Text bold>Read-only: nothing is changed. To do it elsewhere, as root: </Text>
        {safe(describeRequest(asTyped(dialog.request, state.now.model?.guests ?? [])))}
      </Text>
    );
  const unseen = unseenOf(state, dialog);
  if (unseen > 0)
    return (
      <Text wrap="truncate">
        <Text bold inverse>
          {' Read on '}
        </Text>
        {` ${unseen} more ${unseen === 1 ? 'line' : 'lines'} (Down, Page Down), then y to confirm; Esc cancels.`}
      </Text>
    );
  if (!plan.refusal)
    return (
      <Text wrap="truncate">
        <Text bold inverse>
          {' Do it? '}
        </Text>
        {' y or Enter does it, Esc cancels.'}
      </Text>
    );
  if (!plan.refusal.forceable) return <Text wrap="truncate">Esc closes this.</Text>;
  return (
    <Text wrap="truncate">
      {`To override, type ${forceWord(state, plan)} and press Enter: `}
      <Text bold>{dialog.typed}</Text>
      <Text inverse> </Text>
    </Text>
  );
};

/** How many rows of a plan are shown at once in a dialog of that place. */
const roomOf = ({ height }: Pick<Rect, 'height'>): number => Math.max(1, height - 1);

/**
 * The last question before a change, and as much of its plan as there is room for; the rest is scrolled to. What the guard
 * rails refuse is done only after the guest's name was typed.
 */
export const ConfirmDialog = ({
  state,
  dialog,
  place,
}: {
  readonly state: State;
  readonly dialog: Confirm;
  readonly place: Pick<Rect, 'width' | 'height'>;
}): ReactNode => {
  const plan = currentPlan(state, dialog.request);
  if (!plan && state.at !== undefined)
    return <Text>This is the past: press Esc, then Space to return to the present before you change anything.</Text>;
  if (!plan || !state.model) return <Text>No sample yet.</Text>;
  const rows = rowsOf(planEntries(plan, state.model), place.width);
  const first = Math.min(dialog.scroll ?? 0, Math.max(0, rows.length - roomOf(place)));
  const shown = rows.slice(first, first + roomOf(place));
  return (
    <Box flexDirection="column" flexShrink={0}>
      <Question state={state} dialog={dialog} plan={plan} />
      <PlanRows rows={shown} />
      {shown.length === rows.length && <BeforeAfter plan={plan} state={state} />}
    </Box>
  );
};

/** The dialog scrolled no further than its plan goes, with what of it has been on the screen at this place. */
export const lookedAt = (state: State, dialog: Confirm, place: Pick<Rect, 'width' | 'height'>): Confirm => {
  const plan = currentPlan(state, dialog.request);
  if (!plan || !state.model) return dialog;
  const rows = rowsOf(planEntries(plan, state.model), place.width);
  const scroll = Math.max(0, Math.min(dialog.scroll ?? 0, rows.length - roomOf(place)));
  // An entry has been seen once its last row was.
  const below = rows[scroll + roomOf(place)]?.entry ?? Number.POSITIVE_INFINITY;
  const last = rows.at(-1)?.entry ?? 0;
  return { ...dialog, scroll, seen: Math.max(dialog.seen ?? 0, Math.min(below, last + 1)) };
};
