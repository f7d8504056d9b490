import { createHash } from 'node:crypto';
import { formatDuration, longBytes } from '../../units.ts';
import { clock, day, isSameDay, type Times, zoneName } from './clock.ts';
import type { Gathered } from './gather.ts';
import { escapeHtml, scriptJson } from './html.ts';
import { pageData } from './page-data.ts';
import { plotSections, plottedGuests } from './sections.ts';
import { tellStory } from './story.ts';
import { changeTable, eventTable, glossary, momentSection, timeButton } from './tables.ts';

/** The page's own script and styles, each one text. */
export interface PageAssets {
  readonly script: string;
  readonly styles: string;
}

/** Where a report comes from, and how its times are told. */
export interface ReportOptions {
  /** Seconds that the clocks of the report are ahead of UTC. */
  readonly offset: number;
  readonly version: string;
  /** When it was made: wall clock, seconds. */
  readonly made: number;
}

/** Content-Security-Policy takes an inline text by its hash: a name that got into the page as markup could still run nothing. */
const hash = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

const policy = ({ script, styles }: PageAssets): string =>
  `default-src 'none'; script-src ${hash(script)}; style-src ${hash(styles)}; base-uri 'none'; form-action 'none'`;

const count = (number: number, one: string): string =>
  `${number.toLocaleString('en')} ${one}${number === 1 ? '' : 's'}`;

/** `Mon 23 Nov 2026, 02:00:00 – 05:30:00`, with both days where they differ. */
const spanText = (from: number, to: number, offset: number): string => {
  const end = isSameDay(from, to, offset) ? clock(to, offset) : `${day(to, offset, true)}, ${clock(to, offset)}`;
  return `${day(from, offset, true)}, ${clock(from, offset)} – ${end}`;
};

const facts = (gathered: Gathered, { offset, version, made }: ReportOptions): string => {
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
  const items = rows.map(([term, text]) => `<div><dt>${term}</dt><dd>${escapeHtml(text)}</dd></div>`);
  const maker = `Made ${day(made, offset, true)}, ${clock(made, offset, false)} by kvmtop ${version}.`;
  return `<dl class="facts">${items.join('')}</dl><p class="note">${escapeHtml(maker)}</p>`;
};

const storySection = (gathered: Gathered, times: Times): string => {
  const items = tellStory(gathered, times).map(({ time, text }) => {
    const when = time === undefined ? '<span></span>' : timeButton(time, times, 'when');
    return `<li>${when}<span>${escapeHtml(text)}</span></li>`;
  });
  return `<section aria-labelledby="story"><h2 id="story">In short</h2><ol class="story">${items.join('')}</ol></section>`;
};

/** The whole report as one page that needs nothing else: no file, no network. Every text from outside stays text. */
export const reportPage = (gathered: Gathered, options: ReportOptions, assets: PageAssets): string => {
  const { offset } = options;
  const { time } = gathered.track;
  const name = gathered.begin.sample.host.hostname ?? 'a host';
  const span = spanText(time[0] ?? 0, time.at(-1) ?? 0, offset);
  const times = { offset, isLong: !isSameDay(time[0] ?? 0, time.at(-1) ?? 0, offset) };
  const data = pageData(gathered, offset, plottedGuests);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy(assets)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<title>${escapeHtml(`${name}: memory, ${span}`)}</title>
<style>${assets.styles}</style>
</head>
<body>
<main>
<header>
<p class="eyebrow">Memory report</p>
<button type="button" id="theme" hidden>Dark</button>
<h1>${escapeHtml(name)}</h1>
<p class="span">${escapeHtml(span)} <span class="zone">${zoneName(offset)}</span></p>
${facts(gathered, options)}
</header>
${storySection(gathered, times)}
${plotSections(gathered)}
${momentSection(gathered, times)}
${changeTable(gathered.events, times)}
${eventTable(gathered.events, times)}
${glossary()}
</main>
<script type="application/json" id="data">${scriptJson(data)}</script>
<script>${assets.script}</script>
</body>
</html>
`;
};
