import { formatClock, formatDuration } from '../../units.ts';
import { type Line, type Span, span } from '../line.ts';
import { type Draw, labelled, spread } from './pane.ts';

const badge = (text: string, tone: 'badge' | 'alarm' = 'badge'): Span[] => [span(' '), span(` ${text} `, tone)];

/** Host, kernel, uptime, load; clock and how the program runs. */
export const header: Draw = ({ state, model, width }) => {
  const { setting } = state;
  const { hostname, kernel, loadavg, uptime } = model.sample.host;
  const load = [loadavg?.['load1'], loadavg?.['load5'], loadavg?.['load15']].map(value => value?.toFixed(2) ?? '–');
  const left: Line = [
    span('kvmtop', 'strong'),
    span('  '),
    span(hostname ?? 'unknown host', 'title'),
    span('  '),
    ...(width >= 100 ? labelled('Linux', kernel ?? '–') : []),
    span(width >= 100 ? '  ' : ''),
    ...labelled('up', formatDuration(uptime)),
    span('  '),
    ...labelled('load', load.join(' ')),
    ...(width >= 150 && state.identity.cpu ? [span('  '), span(state.identity.cpu, 'dim')] : []),
    ...(width >= 180 && state.identity.dimms ? [span('  '), span(state.identity.dimms, 'dim')] : []),
  ];
  const right: Line = [
    span(formatClock(model.time)),
    ...(model.problems.length > 0 ? badge(`!${model.problems.length}`, 'alarm') : []),
    ...(setting.readOnly ? badge('READ-ONLY') : []),
    ...(setting.root === '/' ? [] : badge('FILES')),
    ...(state.paused ? badge('PAUSED', 'alarm') : badge(setting.source === 'demo' ? 'DEMO' : 'LIVE')),
  ];
  return [spread(left, right, width)];
};
