import { defaultThresholds } from '../../policy/thresholds.ts';
import { formatDuration, formatRatio, longBytes } from '../../units.ts';
import { changesOf, severityOf } from './changes.ts';
import { stamp, type Times } from './clock.ts';
import type { Gathered } from './gather.ts';
import { change, columnOf, type GuestTrace } from './guests.ts';
import { extreme, moved, spellsAbove } from './track.ts';

/** One sentence of the summary; texts hold names, so they are untrusted. */
export interface Sentence {
  /** The moment it is about. */
  readonly time?: number;
  readonly text: string;
}

const seconds = (time: number): string => formatDuration(Math.round(time));

const available = ({ begin, end, worst }: Gathered): Sentence => {
  const [from, least, to] = [begin, worst, end].map(model => model?.host.values.mem_available);
  const total = worst?.host.values.mem_total;
  if (!worst || least === undefined || total === undefined)
    return { text: 'How much memory was available is not in this recording.' };
  const share = total > 0 ? ` (${formatRatio(least / total)})` : '';
  return {
    time: worst.time,
    text: `Available memory was least: ${longBytes(least)} of ${longBytes(total)}${share}; it was ${longBytes(from)} at the start and ${longBytes(to)} at the end.`,
  };
};

const swapped = ({ track }: Gathered): Sentence => {
  const [bytesIn, bytesOut] = [moved(track, 'swap_in'), moved(track, 'swap_out')];
  if (bytesIn === undefined || bytesOut === undefined) return { text: 'What was swapped is not in this recording.' };
  if (bytesIn + bytesOut === 0) return { text: 'The host swapped nothing in or out.' };
  const { swap_in, swap_out } = track.columns;
  const rates = swap_in.map((rate, at) => rate + (swap_out[at] ?? Number.NaN));
  const peak = extreme(rates, 1, 1) ?? 0;
  return {
    time: track.time[peak] ?? 0,
    text: `Swapping was fastest, ${longBytes(rates[peak])}/s; altogether the host swapped ${longBytes(bytesOut)} out and ${longBytes(bytesIn)} in.`,
  };
};

const pressure = ({ track, gaps }: Gathered, times: Times): Sentence => {
  const column = track.columns.psi_mem_some_avg10;
  const most = extreme(column, 1);
  if (most === undefined) return { text: 'How long tasks waited for memory (PSI) is not in this recording.' };
  const limit = defaultThresholds.pressureSome;
  const peak = formatRatio(column[most]);
  const { total, longest } = spellsAbove(track, 'psi_mem_some_avg10', limit, gaps);
  const at = track.time[most] ?? 0;
  if (total === 0)
    return { time: at, text: `Tasks waited for memory most: ${peak} of 10 s. It never came to ${formatRatio(limit)}.` };
  const full = extreme(track.columns.psi_mem_full_avg10, 1);
  const all =
    full === undefined
      ? ''
      : `; all of them at once waited for up to ${formatRatio(track.columns.psi_mem_full_avg10[full])}`;
  return {
    time: longest.from,
    text: `From here on some tasks waited for memory ${formatRatio(limit)} of the time and more, for ${seconds(longest.seconds)} on end; altogether for ${seconds(total)}. The worst was ${peak} at ${stamp(at, times)}${all}.`,
  };
};

/** Names are told up to this many. */
const mostNames = 6;

const names = (guests: readonly { readonly name: string }[]): string => {
  const counts = new Map<string, number>();
  for (const { name } of guests) counts.set(name, (counts.get(name) ?? 0) + 1);
  const told = [...counts].map(([name, count]) => (count === 1 ? name : `${name} (${count} times)`));
  const more = told.length - mostNames;
  return told.slice(0, mostNames).join(', ') + (more > 0 ? ` and ${more} more` : '');
};

const count = (number: number, one: string, many = `${one}s`): string => `${number} ${number === 1 ? one : many}`;

const comings = ({ guests, begin, end }: Gathered): Sentence => {
  const [atBegin, atEnd] = [begin, end].map(model => new Set(model.guests.map(({ id }) => id)));
  const passed = guests.filter(({ id }) => !atBegin?.has(id) && !atEnd?.has(id));
  const came = guests.filter(({ id }) => !atBegin?.has(id) && atEnd?.has(id));
  const went = guests.filter(({ id }) => atBegin?.has(id) && !atEnd?.has(id));
  const running = count(begin.guests.length, 'guest');
  if (came.length + went.length + passed.length === 0)
    return {
      text:
        begin.guests.length === 0
          ? 'No guest ran.'
          : begin.guests.length === 1
            ? 'One guest ran all the time.'
            : `The same ${running} ran all the time.`,
    };
  return {
    text: [
      `${running} at the start, ${end.guests.length} at the end.`,
      ...(came.length > 0 ? [`Came: ${names(came)}.`] : []),
      ...(went.length > 0 ? [`Went: ${names(went)}.`] : []),
      ...(passed.length > 0 ? [`Came and went again: ${names(passed)}.`] : []),
    ].join(' '),
  };
};

const balloons = ({ guests }: Gathered): Sentence => {
  const changed = guests
    .flatMap((trace: GuestTrace) => {
      const ends = change(columnOf(trace, 'balloon_actual'));
      return ends ? [{ name: trace.name, from: ends[0], to: ends[1] }] : [];
    })
    .sort((a, b) => Math.abs(b.to - b.from) - Math.abs(a.to - a.from));
  const most = changed[0];
  if (!most) return { text: 'No guest ended with another balloon than it had before.' };
  const sum = changed.reduce((total, { from, to }) => total + to - from, 0);
  const together =
    changed.length === 1 ? '' : ` Together they have ${longBytes(Math.abs(sum))} ${sum < 0 ? 'less' : 'more'}.`;
  return {
    text: `${count(changed.length, 'guest has', 'guests have')} another balloon than before, most of all ${most.name}: from ${longBytes(most.from)} to ${longBytes(most.to)}.${together}`,
  };
};

const merged = ({ host, end }: Gathered): Sentence => {
  const saved = host.find(({ plot }) => plot.id === 'ksm')?.columns[0]?.filter(value => value !== undefined) ?? [];
  if (saved.length === 0) return { text: 'Whether KSM merged pages is not in this recording.' };
  const [least, most] = [saved.reduce((a, b) => Math.min(a, b)), saved.reduce((a, b) => Math.max(a, b))];
  if (most === 0) return { text: 'KSM saved nothing.' };
  const profit = end.host.values.ksm_profit;
  const cost = profit === undefined ? '' : `, ${longBytes(profit)} of it after its own cost`;
  return {
    text: `KSM saved ${longBytes(saved.at(-1))} at the end${cost}; it was between ${longBytes(least)} and ${longBytes(most)}.`,
  };
};

const happenings = ({ events }: Gathered): Sentence[] => {
  const changes = changesOf(events).filter(({ outcome }) => outcome !== 'came of it');
  const failed = changes.filter(one => one.failed).length;
  const first = changes[0];
  const findings = events.filter(({ kind }) => kind === 'finding');
  const gravest =
    findings.find(event => severityOf(event) === 'critical') ?? findings.find(event => severityOf(event) === 'warning');
  return [
    ...(first
      ? [
          {
            time: first.time,
            text:
              changes.length === 1
                ? `The only change${failed > 0 ? ', which failed' : ''}: ${first.what}.`
                : `The first of ${changes.length} changes${failed > 0 ? ` (${failed} failed)` : ''}: ${first.what}.`,
          },
        ]
      : []),
    ...(gravest ? [{ time: gravest.time, text: `${gravest.subject}: ${gravest.text}` }] : []),
  ];
};

const missing = ({ gaps }: Gathered): Sentence[] => {
  const longest = gaps.reduce<(typeof gaps)[number] | undefined>(
    (a, b) => (a && a.to - a.from >= b.to - b.from ? a : b),
    undefined,
  );
  if (!longest) return [];
  const sum = gaps.reduce((total, { from, to }) => total + to - from, 0);
  const rest = gaps.length === 1 ? '' : ` It is the longest of ${gaps.length} gaps of ${seconds(sum)} altogether.`;
  return [
    {
      time: longest.from,
      text: `The recording stops for ${seconds(longest.to - longest.from)}: nothing is known of that time.${rest}`,
    },
  ];
};

/** What happened, to somebody who was not there: what has a moment in the order of time, then the rest. */
export const summarize = (gathered: Gathered, times: Times): readonly Sentence[] => {
  const all = [
    available(gathered),
    swapped(gathered),
    pressure(gathered, times),
    ...missing(gathered),
    ...happenings(gathered),
    comings(gathered),
    balloons(gathered),
    merged(gathered),
  ];
  const timed = all.filter(({ time }) => time !== undefined).sort((a, b) => (a.time ?? 0) - (b.time ?? 0));
  return [...timed, ...all.filter(({ time }) => time === undefined)];
};
