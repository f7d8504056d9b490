import { formatBytes } from '../../units.ts';
import type { Gathered, HostTrace } from './gather.ts';
import { change, columnOf, type GuestTrace } from './guests.ts';
import { escapeHtml } from './html.ts';
import { guestPlotId } from './page-data.ts';

/** Guests with a plot: those that moved most. */
export const plottedGuests = 200;
/** How many of them are seen without unfolding the rest. */
const openGuests = 12;

/** An empty place that the page's script draws a plot into; its legend is made by the script too. */
export const figure = (
  id: string,
  title: string,
  note: string,
  kind: 'host' | 'guest',
): string => `<figure class="${kind}">
<figcaption><h3>${escapeHtml(title)}</h3><p>${escapeHtml(note)}</p></figcaption>
<div class="plot" data-plot="${escapeHtml(id)}"></div>
</figure>`;

/** How to look at plots, and what is said where they can't be drawn. */
export const plotHint = `All plots share their times. Drag to zoom, double click to see all again; with the keyboard, arrows move the
cursor, + and - zoom, 0 shows all.`;
export const noScript = `<noscript><p class="note">The plots are drawn by a script, which is not allowed here. The tables below need none.</p></noscript>`;

/** What stays at the lower edge of the window while a plot is in sight: the cursor's moment. */
export const readout = `<div id="readout" hidden><output id="moment"></output><span id="event"></span><button type="button" id="reset" hidden>Show all</button></div>`;

const isKnown = ({ columns }: HostTrace): boolean => columns.some(column => column.some(value => value !== undefined));

/** The plots of the host; those of which nothing is known are named. */
const hostSection = ({ host }: Gathered): string => {
  const missing = host.filter(trace => !isKnown(trace)).map(({ plot }) => plot.title);
  const note =
    missing.length === 0 ? '' : `<p class="note">Not in this recording: ${escapeHtml(missing.join(', '))}.</p>`;
  const figures = host.filter(isKnown).map(({ plot }) => figure(plot.id, plot.title, plot.note, 'host'));
  return `<section aria-labelledby="host"><h2 id="host">The host</h2>
<p class="hint">${plotHint} Marks: <span class="mark change">a change</span> <span class="mark finding">a finding</span>
<span class="mark worst">least available memory</span></p>
${noScript}
${note}${figures.join('\n')}</section>`;
};

const guestNote = (trace: GuestTrace): string => {
  const balloon = change(columnOf(trace, 'balloon_actual'));
  const moves = balloon ? `, balloon ${formatBytes(balloon[0])} to ${formatBytes(balloon[1])}` : '';
  return `PID ${trace.pid}${moves}`;
};

/** The plots of the guests: those that moved most first, the rest folded. */
const guestSection = ({ guests }: Gathered): string => {
  if (guests.length === 0) return '';
  const figures = guests
    .slice(0, plottedGuests)
    .map(trace => figure(guestPlotId(trace.id), trace.name, guestNote(trace), 'guest'));
  const more = figures.slice(openGuests);
  const rest = guests.length - plottedGuests;
  return `<section aria-labelledby="guests"><h2 id="guests">The guests</h2>
<p class="hint">Those whose numbers moved most come first.</p>
<div class="grid">${figures.slice(0, openGuests).join('\n')}</div>
${more.length === 0 ? '' : `<details><summary>${more.length} more that moved less</summary><div class="grid">${more.join('\n')}</div></details>`}
${rest > 0 ? `<p class="note">${rest} more guests moved less than these and have no plot.</p>` : ''}</section>`;
};

/** The plots, and the moment under their cursor. */
export const plotSections = (gathered: Gathered): string => `<div>
${hostSection(gathered)}
${guestSection(gathered)}
${readout}
</div>`;
