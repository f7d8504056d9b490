import { describeFollowing } from '../../actions/follow.ts';
import type { State } from '../../store/store.ts';
import { type Line, span } from '../line.ts';

/** The newest message, else the balloons on their way; empty when there is nothing to tell. */
export const statusLines = (state: State): readonly Line[] => {
  const { message, following } = state;
  if (message) return [[span(message.text, message.tone)]];
  const [first] = following;
  if (!first) return [];
  const more = following.length > 1 ? ` (and ${following.length - 1} more)` : '';
  return [[span(describeFollowing(first) + more, first.state === 'stalled' ? 'bad' : 'warn')]];
};
