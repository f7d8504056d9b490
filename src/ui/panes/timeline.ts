import { known } from '../../known.ts';
import { formatMoment } from '../../recording/moment.ts';
import { partAt, type Timeline, type TimelinePart } from '../../store/time.ts';
import { formatClock, formatDuration } from '../../units.ts';
import { aim, type Line, type Span, span, type Tone } from '../line.ts';
import { type Draw, labelled } from './pane.ts';

/** The parts of a timeline on fewer columns: the worst of those that come together. */
const onColumns = ({ parts }: Timeline, width: number): readonly (TimelinePart | undefined)[] =>
  Array.from({ length: width }, (_, column) => {
    const from = Math.floor((column * parts.length) / width);
    const to = Math.max(from + 1, Math.floor(((column + 1) * parts.length) / width));
    const some = parts.slice(from, to).filter(part => part !== undefined);
    if (some.length === 0) return undefined;
    const most = (id: keyof TimelinePart): number | undefined => {
      const known = some.flatMap(part => part[id] ?? []);
      return known.length > 0 ? Math.max(...known) : undefined;
    };
    const [used, stalled] = [most('used'), most('stalled')];
    return { ...known({ used, stalled }) };
  });

/** What was done (A) and found (!), and the moment that is shown. */
const marksOn = (timeline: Timeline, time: number, width: number, here: string): Line => {
  const cells: Span[] = Array.from({ length: width }, () => span(' '));
  const put = (at: number, text: string, tone: Tone): void => {
    cells[partAt(timeline, at, width)] = span(text, tone);
  };
  for (const { time: at, kind } of timeline.marks) if (kind === 'finding') put(at, '!', 'warn');
  for (const { time: at, kind } of timeline.marks) if (kind === 'action' || kind === 'policy') put(at, 'A', 'accent');
  put(time, here, 'strong');
  return cells;
};

/** Memory in use along the whole recording, coloured by how long tasks waited for it; marks, and where the screen is. */
export const timelinePane: Draw = ({ state, model, glyphs, width }) => {
  const { timeline, playing, setting } = state;
  if (!timeline) return [[span('nothing is recorded yet', 'dim')]];
  const { pressureFull, pressureSome } = setting.thresholds;
  const day = (time: number): string => (width >= 100 ? formatMoment(time) : formatClock(time));
  const [from, to] = [`${day(timeline.from)} `, ` ${day(timeline.to)}`];
  const room = Math.max(1, width - from.length - to.length);
  const steps = glyphs.levels;
  const drawn = onColumns(timeline, room).map((part): Span => {
    if (part === undefined) return span(' ');
    const stalled = part.stalled ?? 0;
    const tone =
      stalled >= Math.max(pressureFull, 3 * pressureSome) ? 'bad' : stalled >= pressureSome ? 'warn' : 'part0';
    // One step at least, so that what was recorded differs from a gap.
    return span(steps[Math.max(1, Math.round((part.used ?? 0) * (steps.length - 1)))] ?? ' ', tone);
  });
  const each = (timeline.to - timeline.from) / room;
  const graph = drawn.flatMap((piece, column) =>
    aim([piece], { kind: 'moment', time: timeline.from + (column + 0.5) * each }),
  );
  const passed = labelled(' in', formatDuration(Math.round(model.time - timeline.from)));
  const played = setting.source !== 'recording' ? '' : playing === undefined ? 'held' : `${playing}x`;
  return [
    [span(from, 'dim'), ...graph, span(to, 'dim')],
    [span(played.padEnd(from.length), 'key'), ...marksOn(timeline, model.time, room, glyphs.up), ...passed],
  ];
};
