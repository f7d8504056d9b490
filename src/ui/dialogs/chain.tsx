import { Box, Text } from 'ink';
import { Table } from 'ink-table';
import type { ReactNode } from 'react';
import { guestFields } from '../../fields/guest.ts';
import { formatMost } from '../../fields/most.ts';
import { guestById, guestGone } from '../../guests.ts';
import type { State } from '../../store/store.ts';
import { safe } from '../../text.ts';
import { format } from '../../units.ts';

/** How a guest's size goes from what was configured to what the host holds: the head of the detail view. */
export const Chain = ({ state }: { readonly state: State }): ReactNode => {
  const guest = guestById(state.model, state.selected);
  if (!guest) return <Text>{guestGone}</Text>;
  const { values } = guest;
  const row = {
    Maximum: format(values.mem_max, 'bytes'),
    Configured: format(values.mem_size, 'bytes'),
    'Balloon target': format(values.balloon_target, 'bytes'),
    Actual: format(values.balloon_actual, 'bytes'),
    'Used + cache': format(values.guest_used_cache, 'bytes'),
    Used: format(values.guest_used, 'bytes'),
    'Held by host': formatMost(guestFields, 'held', values),
  };
  // The widest table needs 83 columns; the maximum is left out first, since it mostly equals the size.
  const { Maximum, ...rest } = row;
  return (
    <Box flexDirection="column">
      <Text bold>{safe(guest.name)}</Text>
      <Table
        data={[state.size.columns < 100 ? rest : { Maximum, ...rest }]}
        padding={state.size.columns < 100 ? 0 : 1}
      />
    </Box>
  );
};
