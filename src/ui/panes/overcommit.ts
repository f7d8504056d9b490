import { formatBytes, formatRatio } from '../../units.ts';
import { type Line, type Span, span, type Tone } from '../line.ts';
import { type Draw, heading, labelled, pairs } from './pane.ts';
import { commitWorry } from './worry.ts';

const modes: Readonly<Record<number, string>> = { 0: 'heuristic', 1: 'always', 2: 'strict' };

/** What was promised to the guests and to all processes, against what is there. */
export const overcommitPane: Draw = canvas => {
  const { model, state, width, height } = canvas;
  const host = model.host.values;
  const total = host.mem_total;
  const mode = host.overcommit_memory;
  const share = (bytes: number | undefined): string =>
    formatRatio(bytes === undefined || !total ? undefined : bytes / total);
  const of = (label: string, bytes: number | undefined, tone: Tone = 'text'): Span[] => [
    ...labelled(label, formatBytes(bytes), tone),
    span(` ${share(bytes)}`, 'dim'),
  ];
  const more = (host.guests_mem_max ?? 0) > (total ?? Number.POSITIVE_INFINITY);
  const guests = [
    of('max', host.guests_mem_max, more ? 'warn' : 'strong'),
    of('given', host.guests_actual),
    of('held', host.guests_held),
  ];
  const committed: Line = pairs(
    width,
    labelled('committed', formatBytes(host.committed_as), commitWorry(host, state.setting.thresholds)),
    labelled('limit', formatBytes(host.commit_limit)),
  );
  const note = more ? 'guests could claim more than the host’s RAM' : 'all guests’ maximum fits in RAM';
  const rows: Line[] =
    height >= 6
      ? [
          ...guests.map((row): Line => pairs(width, row)),
          committed,
          [span(model.guests.length === 0 ? 'no guests' : note, more ? 'warn' : 'dim')],
        ]
      : [pairs(width, ...(width >= 60 ? guests : guests.map(row => row.slice(0, 2)))), committed];
  const word = mode === undefined ? 'unknown' : (modes[mode] ?? String(mode));
  return [heading('Overcommit', canvas, [span(word, mode === 1 ? 'warn' : 'dim')]), ...rows].slice(0, height);
};
