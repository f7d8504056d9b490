import { asTyped, describeRequest } from '../actions/describe.ts';
import { type GuestFieldId, guestFields } from '../fields/guest.ts';
import { type HostFieldId, hostFields } from '../fields/host.ts';
import { formatMost } from '../fields/most.ts';
import { type PoolFieldId, poolFields } from '../fields/pool.ts';
import { allGuests } from '../guests.ts';
import { type LedgerPart, ledgerParts } from '../ledger.ts';
import { type Model, whyUnknown } from '../model.ts';
import type { Finding } from '../policy/finding.ts';
import { exactBytes, format, formatBytes, formatDuration, formatRatio } from '../units.ts';
import { alignRows, type Show, showIn } from './table.ts';

type Item = readonly [word: string, field: HostFieldId];

/** The host's lines: a label, then what is told under it. */
const hostLines: readonly (readonly [label: string, ...items: Item[]])[] = [
  ['memory', ['total', 'mem_total'], ['available', 'mem_available'], ['free', 'mem_free'], ['cached', 'cached']],
  ['ZFS cache', ['size', 'arc_size'], ['minimum', 'arc_min'], ['available with it', 'mem_available_with_arc']],
  ['swap', ['total', 'swap_total'], ['used', 'swap_used'], ['in/s', 'swap_in'], ['out/s', 'swap_out']],
  ['dirty', ['dirty', 'dirty'], ['writeback', 'writeback'], ['maximum', 'dirty_threshold']],
  ['pressure, some', ['10 s', 'psi_mem_some_avg10'], ['60 s', 'psi_mem_some_avg60'], ['300 s', 'psi_mem_some_avg300']],
  ['pressure, full', ['10 s', 'psi_mem_full_avg10'], ['60 s', 'psi_mem_full_avg60'], ['300 s', 'psi_mem_full_avg300']],
  ['KSM', ['run', 'ksm_run'], ['saved', 'ksm_saved'], ['profit', 'ksm_profit'], ['scanned/s', 'ksm_scanned']],
  ['guests', ['maximum', 'guests_mem_max'], ['given', 'guests_actual'], ['held', 'guests_held']],
  ['commit', ['limit', 'commit_limit'], ['committed', 'committed_as'], ['policy', 'overcommit_memory']],
];

const poolItems: readonly PoolFieldId[] = ['total', 'used', 'usable', 'reserved', 'surplus'];

/** Numbers of the guest table; JSON and CSV have them all. */
const guestColumns: readonly GuestFieldId[] = [
  'mem_size',
  'balloon_actual',
  'guest_used',
  'held',
  'ksm_merging',
  'swap',
  'hugetlb',
  'stats_age',
  'guest_major_faults',
  'host_major_faults',
  'cpu',
];

/** Label, then pairs of a name and its number: words start at the left, numbers end at the right. */
const hostBlock = (model: Model): string[] => {
  const { values } = model.host;
  const lines = hostLines.filter(([label]) => label !== 'ZFS cache' || values.arc_size !== undefined);
  const rows = lines.map(([label, ...items]) => [
    label,
    ...items.flatMap(([word, id]) => [word, formatMost(hostFields, id, values)]),
  ]);
  for (const pool of model.pools) {
    const label = `${exactBytes(pool.pageSize)} pages${pool.node === undefined ? '' : `, node ${pool.node}`}`;
    rows.push([label, ...poolItems.flatMap(id => [id, format(pool.values[id], poolFields[id].unit)])]);
  }
  return alignRows(rows, new Set([0, 1, 3, 5, 7, 9]));
};

const ledgerBlock = ({ ledger }: Model): string[] => {
  if (!ledger) return [];
  const parts = (Object.keys(ledgerParts) as LedgerPart[]).filter(part => ledger.parts[part] > 0);
  const rows = parts.map(part => [
    formatBytes(ledger.parts[part]),
    formatRatio(ledger.parts[part] / ledger.total),
    ledgerParts[part],
  ]);
  return ['', 'Where the RAM is', ...alignRows(rows, new Set([2])), ...ledger.notes];
};

const guestBlock = (model: Model, show: Show): string[] => {
  if (model.guests.length === 0) return ['', 'No guests'];
  const head = ['NAME', 'STATE', 'MONITOR', 'PID', ...guestColumns.map(id => guestFields[id].title)];
  const rows = model.guests.map(guest => [
    guest.name,
    guest.state,
    guest.sample.monitor.state,
    String(guest.pid),
    ...guestColumns.map(id => {
      const value = guest.values[id];
      // The clock of the statistics has whole seconds.
      return id === 'stats_age' && value !== undefined
        ? formatDuration(Math.floor(value))
        : formatMost(guestFields, id, guest.values);
    }),
  ]);
  return [
    '',
    ...alignRows(
      [head, ...rows].map(row => row.map(show)),
      new Set([0, 1, 2]),
    ),
  ];
};

/** Why numbers of the table are unknown: once for the guests that miss the same ones for the same reason. */
const unknownBlock = (model: Model): string[] => {
  const missing = model.guests.flatMap(guest => {
    const unknown = guestColumns.filter(id => guest.values[id] === undefined);
    return [...Map.groupBy(unknown, id => whyUnknown(guest, id))].map(([why, ids]) => ({
      name: guest.name,
      titles: ids.map(id => guestFields[id].title).join(' '),
      why,
    }));
  });
  const lines = [...Map.groupBy(missing, ({ titles, why }) => `${titles}: ${why}`).values()].map(guests => {
    const who = guests.length > 3 ? `${guests.length} guests` : guests.map(guest => guest.name).join(', ');
    return `– ${guests[0]?.titles} of ${who}: ${guests[0]?.why}`;
  });
  return lines.length === 0 ? [] : ['', ...lines];
};

/** More findings than this are only counted: JSON has them all. */
const toldFindings = 10;

/** The most urgent first, each with the command that would help. */
const findingBlock = (findings: readonly Finding[], model: Model): string[] => {
  if (findings.length === 0) return [];
  const told = findings
    .slice(0, toldFindings)
    .flatMap(({ severity, subject, text, fix }) => [
      `${severity}: ${subject}: ${text}`,
      ...(fix === undefined ? [] : [`  fix: ${describeRequest(asTyped(fix, allGuests(model)))}`]),
    ]);
  const rest = findings.length - toldFindings;
  return ['', 'Findings', ...told, ...(rest > 0 ? [`and ${rest} more`] : [])];
};

const title = (model: Model): string => {
  const { hostname, kernel } = model.sample.host;
  const { uptime, load1, load5, load15, guests } = model.host.values;
  return [
    'kvmtop',
    new Date(model.time * 1000).toISOString(),
    ...(hostname === undefined ? [] : [hostname]),
    ...(kernel === undefined ? [] : [`Linux ${kernel}`]),
    `up ${formatDuration(uptime === undefined ? undefined : Math.floor(uptime))}`,
    `load ${[load1, load5, load15].map(load => load?.toFixed(2) ?? '–').join(' ')}`,
    `guests ${format(guests, 'count')}`,
  ].join('  ');
};

/**
 * The Model for people and logs: the host, where its RAM is, the guests, what the advisor tells, and what could not be
 * read and why. Lines end in a line feed and hold no control characters; with `ascii` nothing but printable ASCII.
 */
export const toText = (
  model: Model,
  { ascii = false, findings = [] }: { readonly ascii?: boolean; readonly findings?: readonly Finding[] } = {},
): string => {
  const show = showIn(ascii);
  const lines = [
    title(model),
    ...hostBlock(model),
    ...ledgerBlock(model),
    ...guestBlock(model, show),
    ...unknownBlock(model),
    ...findingBlock(findings, model),
    ...model.problems.map(problem => `! ${problem.source}: ${problem.message}`),
  ];
  return lines.map(line => `${show(line)}\n`).join('');
};
