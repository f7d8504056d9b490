import { formatDuration, longBytes } from '../../units.ts';
import { clock, day, isSameDay, type Times, zoneName } from './clock.ts';
import { documentPage, factList, type PageAssets, type PageOptions } from './document.ts';
import type { Gathered } from './gather.ts';
import { escapeHtml } from './html.ts';
import { pageData } from './page-data.ts';
import { plotSections, plottedGuests } from './sections.ts';
import { summarize } from './summary.ts';
import { changeTable, eventTable, glossary, momentSection, timeButton } from './tables.ts';

const count = (number: number, one: string): string =>
  `${number.toLocaleString('en')} ${one}${number === 1 ? '' : 's'}`;

/** `Mon 23 Nov 2026, 02:00:00 – 05:30:00`, with both days where they differ. */
const spanText = (from: number, to: number, offset: number): string => {
  const end = isSameDay(from, to, offset) ? clock(to, offset) : `${day(to, offset, true)}, ${clock(to, offset)}`;
  return `${day(from, offset, true)}, ${clock(from, offset)} – ${end}`;
};

const facts = (gathered: Gathered, { offset, version, made }: PageOptions): string => {
  const { track, gaps, begin, broken, back } = gathered;
  const { time } = track;
  const missing = gaps.reduce((sum, { from, to }) => sum + to - from, 0);
  const { kernel } = begin.sample.host;
  const rows: (readonly [string, string])[] = [
    ['Length', formatDuration(Math.round((time.at(-1) ?? 0) - (time[0] ?? 0)))],
    ['Samples', time.length.toLocaleString('en')],
    ['Gaps', gaps.length === 0 ? 'none' : `${gaps.length}, ${formatDuration(Math.round(missing))} in all`],
    ['RAM', longBytes(begin.host.values.mem_total)],
    ['Swap', longBytes(begin.host.values.swap_total)],
    ['Guests', String(begin.guests.length)],
    ...(kernel === undefined ? [] : [['Kernel', kernel] as const]),
    ...(broken > 0 ? [['Unreadable', `${count(broken, 'sample')}, left out`] as const] : []),
    ...(back > 0 ? [['Clock set back', `${count(back, 'sample')}, not plotted`] as const] : []),
  ];
  return factList(rows, { offset, version, made });
};

const summarySection = (gathered: Gathered, times: Times): string => {
  const items = summarize(gathered, times).map(({ time, text }) => {
    const when = time === undefined ? '<span></span>' : timeButton(time, times, 'when');
    return `<li>${when}<span>${escapeHtml(text)}</span></li>`;
  });
  return `<section aria-labelledby="summary"><h2 id="summary">In short</h2><ol class="summary">${items.join('')}</ol></section>`;
};

/** The whole report as one page that needs nothing else: no file, no network. Every text from outside stays text. */
export const reportPage = (gathered: Gathered, options: PageOptions, assets: PageAssets): string => {
  const { offset } = options;
  const { time } = gathered.track;
  const name = gathered.begin.sample.host.hostname ?? 'a host';
  const span = spanText(time[0] ?? 0, time.at(-1) ?? 0, offset);
  const times = { offset, isLong: !isSameDay(time[0] ?? 0, time.at(-1) ?? 0, offset) };
  return documentPage(
    {
      title: `${name}: memory, ${span}`,
      eyebrow: 'Memory report',
      heading: name,
      span: `${escapeHtml(span)} <span class="zone">${zoneName(offset)}</span>`,
      facts: facts(gathered, options),
      body: `${summarySection(gathered, times)}
${plotSections(gathered)}
${momentSection(gathered, times)}
${changeTable(gathered.events, times)}
${eventTable(gathered.events, times)}
${glossary()}`,
      data: pageData(gathered, offset, plottedGuests),
    },
    assets,
  );
};
