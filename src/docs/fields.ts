import { type Field, valueUnit } from '../fields/field.ts';
import { guestFields } from '../fields/guest.ts';
import { hostFields } from '../fields/host.ts';
import { nodeFields } from '../fields/node.ts';
import { poolFields } from '../fields/pool.ts';
import { ledgerParts } from '../ledger.ts';
import { textColumns } from '../store/view.ts';
import { columnHelp, columnTitle } from '../ui/columns.ts';
import type { Unit } from '../units.ts';
import { code, escaped, madeFrom, table } from './markdown.ts';

/** As exports give it; the screen adds letters and percent signs. */
const unitNames: Readonly<Record<Unit, string>> = {
  bytes: 'bytes',
  seconds: 'seconds',
  ratio: 'ratio',
  count: 'count',
  percent: 'percent',
  bytes_per_second: 'bytes/s',
  per_second: '1/s',
};

/** A gauge goes by its id; a counter by its rate and its total. */
const names = (id: string, { kind }: Pick<Field<never>, 'kind'>): string =>
  kind === 'gauge' ? code(id) : `${code(`${id}_rate`)} ${code(`${id}_total`)}`;

const units = (field: Pick<Field<never>, 'unit' | 'kind'>): string =>
  field.kind === 'gauge' ? unitNames[field.unit] : `${unitNames[valueUnit(field)]}, ${unitNames[field.unit]}`;

const fieldTable = (fields: Readonly<Record<string, Field<never>>>): string =>
  table(
    ['Field', 'Column', 'Unit', 'What it is', 'Where it comes from'],
    Object.entries(fields).map(([id, field]) => [
      names(id, field),
      escaped(field.title),
      units(field),
      escaped(field.help) + (field.cost ? ' Costly to read: on request only.' : ''),
      escaped(field.source),
    ]),
  );

/** docs/fields.md. */
export const fieldsPage = (): string => `${madeFrom('the field tables in src/fields')}

# Fields

Every number that kvmtop knows: shown on the screen under its column, given to scripts under its field. Sizes are
in bytes, times in seconds, shares as ratios from 0 to 1. A counter is given as \`…_rate\`, per second between two looks
(the guest's own counters between its last two reports), and as \`…_total\` since its source began. What is unknown is
\`–\` on the screen, where the detail view says why, and absent in JSON and CSV: it is never 0.

## Host

\`host\` in \`kvmtop snapshot --json\`.

${fieldTable(hostFields)}

## Ledger

\`ledger.parts\`: where every byte of MemTotal is, each exactly once; the parts sum to \`ledger.total\`.
What a file tells that is not there, or was not read, is in \`other_kernel\`.

${table(
  ['Part', 'What it is'],
  Object.entries(ledgerParts).map(([id, text]) => [code(id), escaped(text)]),
)}

## Guests

\`guests\`, one of each. Besides, \`id\` (PID and start time), \`name\`, \`pid\`, \`vmm\`, \`manager\`, \`backend\`, \`monitor\` and
\`state\` are words.

${fieldTable(guestFields)}

The guest table has these columns too:

${table(
  ['Column', 'What it is'],
  textColumns.map(column => [escaped(columnTitle(column)), escaped(columnHelp(column))]),
)}

## Hugepage pools

\`pools\`, one for each size, and one for each size and NUMA node (with \`node\`): the host's already contains the nodes'.

${fieldTable(poolFields)}

## NUMA nodes

\`nodes\`, one of each, by \`id\`.

${fieldTable(nodeFields)}
`;
