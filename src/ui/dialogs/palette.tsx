import { Box, Text } from 'ink';
import type { ReactNode } from 'react';
import { meaning } from '../../actions/actions.ts';
import type { Model } from '../../model.ts';
import type { Dialog, State } from '../../store/store.ts';
import { safe } from '../../text.ts';
import { candidates, requestOf } from '../palette.ts';
import type { Rect } from '../screen/layers.ts';
import { PlanView } from './plan.tsx';

/** What the whole line would do, or what is still wrong with it. */
const Meaning = ({
  state,
  model,
  text,
  width,
}: {
  readonly state: State;
  readonly model: Model;
  readonly text: string;
  readonly width: number;
}): ReactNode => {
  const request = requestOf(text);
  if (!request) return null;
  const meant = meaning(model, request, state.setting.limits);
  return meant instanceof Error ? (
    <Text color="yellow">{safe(meant.message)}</Text>
  ) : (
    <PlanView plan={meant} state={state} width={width} />
  );
};

/** The palette: a line of words, and the actions that it could mean. */
export const PaletteDialog = ({
  state,
  dialog,
  place: { width, height },
}: {
  readonly state: State;
  readonly dialog: Dialog & { kind: 'palette' };
  readonly place: Pick<Rect, 'width' | 'height'>;
}): ReactNode => {
  const found = candidates(dialog.text);
  const named = /^\S+\s/.test(dialog.text) && found.length === 1;
  const room = named ? 1 : Math.max(1, height - 2);
  const first = Math.max(0, Math.min(dialog.cursor - room + 1, found.length - room));
  return (
    <Box flexDirection="column">
      <Text wrap="truncate">
        {': '}
        <Text bold>{safe(dialog.text)}</Text>
        <Text inverse> </Text>
      </Text>
      {found.length === 0 && <Text color="yellow">No action matches.</Text>}
      {found.slice(first, first + room).map(({ id, usage, help }, index) => (
        <Text key={id} wrap="truncate" inverse={!named && first + index === dialog.cursor} dimColor={named}>
          {`${`${id} ${usage}`.padEnd(28)} ${help}`.padEnd(state.size.columns)}
        </Text>
      ))}
      {named && state.model && <Meaning state={state} model={state.model} text={dialog.text} width={width} />}
    </Box>
  );
};
