import { formatMoment } from '../../recording/moment.ts';
import type { Recorded, State } from '../../store/store.ts';
import { formatBytes, formatClock, formatDuration } from '../../units.ts';
import { type Line, type Span, span } from '../line.ts';
import { type Draw, labelled, spread, widthOf } from './pane.ts';

const badge = (text: string, tone: 'badge' | 'alarm' = 'badge'): Span[] => [span(' '), span(` ${text} `, tone)];

const recordedText = ({ seconds, size }: Recorded): string =>
  `REC ${formatDuration(Math.round(seconds))} ${formatBytes(size)}`;

/** Whoever looks at the screen must know that something may change by itself. */
const pilotBadge = ({ pilot: { mode, policy } }: State): Span[] =>
  mode === 'off' ? [] : mode === 'act' ? badge(`AUTO ${policy}`, 'alarm') : badge(`SHADOW ${policy}`);

/** Whether the screen shows now, and if not, how far back it is. */
const timeBadge = ({ setting, model, now, at, playing }: State): Span[] => {
  if (setting.source === 'recording') return badge(playing === undefined ? 'REPLAY' : `REPLAY ${playing}x`, 'alarm');
  if (at === undefined) return badge(setting.source === 'demo' ? 'DEMO' : 'LIVE');
  const ago = (now.model?.time ?? 0) - (model?.time ?? 0);
  return badge(`PAUSED ${formatDuration(Math.round(ago))} AGO`, 'alarm');
};

/** Host, kernel, uptime, load; clock and how the program runs. */
export const header: Draw = ({ state, model, width }) => {
  const { setting } = state;
  const { hostname, kernel, loadavg, uptime } = model.sample.host;
  const load = [loadavg?.['load1'], loadavg?.['load5'], loadavg?.['load15']].map(value => value?.toFixed(2) ?? '–');
  const left = (loaded: boolean): Line => [
    span('kvmtop', 'strong'),
    span('  '),
    span(hostname ?? 'unknown host', 'title'),
    span('  '),
    ...(width >= 100 ? labelled('Linux', kernel ?? '–') : []),
    span(width >= 100 ? '  ' : ''),
    ...labelled('up', formatDuration(uptime)),
    ...(loaded ? [span('  '), ...labelled('load', load.join(' '))] : []),
    ...(width >= 150 && state.identity.cpu ? [span('  '), span(state.identity.cpu, 'dim')] : []),
    ...(width >= 180 && state.identity.dimms ? [span('  '), span(state.identity.dimms, 'dim')] : []),
  ];
  const right: Line = [
    span(setting.source === 'recording' && width >= 100 ? formatMoment(model.time) : formatClock(model.time)),
    ...(model.problems.length > 0 ? badge(`!${model.problems.length}`, 'alarm') : []),
    ...(setting.readOnly ? badge('READ-ONLY') : []),
    ...(setting.root === '/' ? [] : badge('FILES')),
    ...pilotBadge(state),
    ...(state.recorded ? badge(recordedText(state.recorded), 'alarm') : []),
    ...timeBadge(state),
  ];
  // A number that has lost its last digits would be another one.
  const whole = left(true);
  return [spread(widthOf(whole) + 1 + widthOf(right) <= width ? whole : left(false), right, width)];
};
