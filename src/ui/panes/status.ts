import { describeFollowing, type Following, progressOf } from '../../actions/follow.ts';
import type { State } from '../../store/store.ts';
import type { Glyphs } from '../glyphs.ts';
import { type Line, span } from '../line.ts';
import type { Draw } from './pane.ts';

const barWidth = 8;

export const hasStatus = ({ message, following }: State): boolean => message !== undefined || following.length > 0;

/** The newest message, else the balloons and migrations on their way; empty when there is nothing to tell. */
export const statusPane: Draw = ({ state: { message, following }, glyphs }) => {
  if (message) return [[span(message.text, message.tone)]];
  const [first] = following;
  if (!first) return [];
  const more = following.length > 1 ? ` (and ${following.length - 1} more)` : '';
  const tone = first.state === 'stalled' ? 'bad' : 'warn';
  return [[...progress(first, glyphs), span(describeFollowing(first) + more, tone)]];
};

/** `[███░░░░░] 43% `: before the words, which a narrow screen cuts. */
const progress = (following: Following, { bar }: Glyphs): Line => {
  const done = progressOf(following);
  if (done === undefined) return [];
  const full = Math.floor(done * barWidth);
  return [
    span('['),
    span(bar.full.repeat(full), 'accent'),
    span(bar.empty.repeat(barWidth - full), 'dim'),
    span(`] ${Math.floor(done * 100)}% `),
  ];
};
