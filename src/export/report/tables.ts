import { type GuestFieldId, guestFields } from '../../fields/guest.ts';
import { hostFields } from '../../fields/host.ts';
import { formatMost, valueOrMost } from '../../fields/most.ts';
import { type LedgerPart, ledgerParts } from '../../ledger.ts';
import { type GuestModel, guestWord, type Model } from '../../model.ts';
import type { TapeEvent } from '../../recording/tape.ts';
import { compareWords } from '../../text.ts';
import { format, formatBytes, formatRatio, longBytes } from '../../units.ts';
import { changesOf, severityOf } from './changes.ts';
import { day, stamp, type Times } from './clock.ts';
import type { Gathered } from './gather.ts';
import { escapeHtml } from './html.ts';

/** A moment that shows itself in the plots when it is pressed. */
export const timeButton = (time: number, times: Times, kind = ''): string =>
  `<button type="button" class="time ${kind}" data-time="${time}" title="${day(time, times.offset, true)}">${stamp(time, times)}</button>`;

export interface Cell {
  readonly html: string;
  readonly kind?: 'number' | 'bad' | undefined;
}

export const text = (value: string, kind?: Cell['kind']): Cell => ({ html: escapeHtml(value), kind });

/** Heads are HTML, and the caption is not. */
export const table = (caption: string, heads: readonly string[], rows: readonly (readonly Cell[])[]): string => {
  const cells = (row: readonly Cell[]): string =>
    row
      .map(({ html, kind }, at) => {
        const tag = at === 0 ? 'th scope="row"' : 'td';
        return `<${tag}${kind === undefined ? '' : ` class="${kind}"`}>${html}</${at === 0 ? 'th' : 'td'}>`;
      })
      .join('');
  const numeric = (at: number): string => (rows[0]?.[at]?.kind === 'number' ? ' class="number"' : '');
  return `<div class="scroll" role="region" tabindex="0" aria-label="${escapeHtml(caption)}"><table>
<thead><tr>${heads.map((head, at) => `<th scope="col"${numeric(at)}>${head}</th>`).join('')}</tr></thead>
<tbody>${rows.map(row => `<tr>${cells(row)}</tr>`).join('\n')}</tbody></table></div>`;
};

/** Rows told of one table, the newest. */
const mostRows = 500;

const newest = <Row>(rows: readonly Row[], what: string): { readonly rows: readonly Row[]; readonly note: string } => ({
  rows: rows.slice(-mostRows),
  note:
    rows.length > mostRows
      ? `<p class="note">The last ${mostRows} of ${rows.length} ${what}; kvmtop dump prints all.</p>`
      : '',
});

const guestColumns: readonly (readonly [head: string, id: GuestFieldId])[] = [
  ['Size', 'mem_size'],
  ['Balloon', 'balloon_actual'],
  ['Used', 'guest_used'],
  ['Held', 'held'],
  ['Swap', 'swap'],
  ['Merged', 'ksm_merging'],
  ['Age', 'stats_age'],
];

const heldOf = ({ values }: GuestModel): number => valueOrMost(guestFields, 'held', values) ?? -1;

const guestTable = ({ guests }: Model): string =>
  table(
    'Guests',
    ['Guest', 'State', ...guestColumns.map(([head]) => head)],
    [...guests]
      .sort((a, b) => heldOf(b) - heldOf(a) || compareWords(a.name, b.name))
      .map(guest => [
        text(guest.name),
        text(guestWord(guest)),
        ...guestColumns.map(([, id]): Cell => {
          const value = guest.values[id];
          if (id === 'stats_age' && value) return text(format(Math.floor(value), 'seconds'), 'number');
          return text(formatMost(guestFields, id, guest.values), 'number');
        }),
      ]),
  );

const ledgerTable = ({ ledger }: Model): string =>
  ledger
    ? table(
        'Where the RAM was',
        ['Where the RAM was', 'Size', 'Share'],
        (Object.keys(ledgerParts) as LedgerPart[])
          .filter(part => ledger.parts[part] > 0)
          .map(part => [
            text(ledgerParts[part]),
            text(formatBytes(ledger.parts[part]), 'number'),
            text(formatRatio(ledger.parts[part] / ledger.total), 'number'),
          ]),
      )
    : '';

/** Host and guests when the least memory was available; at the end where that is unknown. */
export const momentSection = ({ worst, end }: Gathered, times: Times): string => {
  const model = worst ?? end;
  const { mem_available: available, mem_total: total, swap_used: swap, psi_mem_some_avg10: some } = model.host.values;
  const what = [
    `${longBytes(available)} of ${longBytes(total)} available`,
    `${longBytes(swap)} of swap used`,
    `some tasks waited for it ${formatRatio(some)} of the last 10 s`,
  ];
  return `<section aria-labelledby="worst"><h2 id="worst">${worst ? 'The worst moment' : 'At the end'}</h2>
<p>${timeButton(model.time, times)}: ${escapeHtml(what.join(', '))}.</p>
${ledgerTable(model)}
${model.guests.length === 0 ? '' : guestTable(model)}
${(model.ledger?.notes ?? []).map(note => `<p class="note">${escapeHtml(note)}</p>`).join('')}</section>`;
};

/** Everything that was changed, and what came of it. */
export const changeTable = (events: readonly TapeEvent[], times: Times): string => {
  const { rows, note } = newest(changesOf(events), 'changes');
  const shown =
    rows.length === 0
      ? '<p>Nothing was changed by kvmtop in this time.</p>'
      : table(
          'Changes',
          ['Time', 'Who', 'Subject', 'What', 'Outcome'],
          rows.map(({ time, who, subject, what, outcome, failed }) => [
            { html: timeButton(time, times) },
            text(who),
            text(subject),
            text(what),
            text(outcome, failed ? 'bad' : undefined),
          ]),
        );
  return `<section aria-labelledby="changes"><h2 id="changes">Changes</h2>${note}${shown}</section>`;
};

/** What the advisor told, and what policies did or would have done. */
export const eventTable = (events: readonly TapeEvent[], times: Times): string => {
  const told = newest(
    events.filter(({ kind }) => kind === 'finding' || kind === 'policy'),
    'findings and decisions',
  );
  if (told.rows.length === 0) return '';
  const rows = told.rows.map(event => {
    const severity = severityOf(event);
    return [
      { html: timeButton(event.time, times) },
      text(severity ?? event.kind, severity === 'critical' ? 'bad' : undefined),
      text(event.subject),
      text(event.text),
    ];
  });
  return `<section aria-labelledby="findings"><h2 id="findings">Findings and decisions</h2>${told.note}
${table('Findings and decisions', ['Time', 'Kind', 'Subject', 'What'], rows)}</section>`;
};

/** What the words mean, from the table of fields. */
export const glossary = (): string => {
  const words: readonly (readonly [string, string])[] = [
    ['Available', hostFields.mem_available.help],
    ['Wait for memory', hostFields.psi_mem_some_avg10.help],
    ['Balloon', guestFields.balloon_actual.help],
    ['Used', guestFields.guest_used.help],
    ['Held', guestFields.held.help],
    ['Swap', guestFields.swap.help],
    ['Merged', guestFields.ksm_merging.help],
    ['Age', guestFields.stats_age.help],
    ['–', 'Not known at that moment; never a zero.'],
  ];
  const items = words.map(([word, help]) => `<div><dt>${escapeHtml(word)}</dt><dd>${escapeHtml(help)}</dd></div>`);
  return `<section aria-labelledby="words"><h2 id="words">What the words mean</h2><dl class="words">${items.join('')}</dl></section>`;
};
