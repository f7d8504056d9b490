import type { Model } from '../model.ts';
import { safe } from '../text.ts';
import { type Column, guestColumns, hostColumns } from './columns.ts';

const words = ['time', 'kind', 'id', 'name', 'pid', 'vmm', 'monitor', 'state'] as const;

const named = (columns: readonly Column[]) => new Map(columns.map(column => [column.name, column]));
const ofHost = named(hostColumns);
const ofGuest = named(guestColumns);
/** A field that host and guests both have is one column. */
const numbers = [...new Set([...ofHost.keys(), ...ofGuest.keys()])];

/** Spreadsheets run a cell that starts with one of these (or its full-width twin) as a formula. */
const formula = /^\s*[=+\-@＝＋－＠]/;

/** Quoted as in RFC 4180 where it has to be; no control characters, and no formula. */
const textCell = (text: string): string => {
  const harmless = safe(text);
  const cell = formula.test(harmless) ? `'${harmless}` : harmless;
  return /[",]|^\s|\s$/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
};

const numberCells = (columns: ReadonlyMap<string, Column>, known: Parameters<Column['read']>[0]): string[] =>
  numbers.map(name => {
    const value = columns.get(name)?.read(known);
    return value === undefined ? '' : String(value);
  });

/** The head row, with its line feed: rows end as Unix tools expect, not with RFC 4180's carriage return. */
export const csvHead = `${[...words, ...numbers].join(',')}\n`;

/**
 * The rows of one look, each with its line feed: one for the host (`kind` host, with its name) and one per guest (`kind`
 * guest). Columns are those of the field tables, in their order; units are as in JSON, and what is unknown is empty.
 */
export const toCsv = (model: Model): string => {
  const time = new Date(model.time * 1000).toISOString();
  const host = [time, 'host', '', textCell(model.sample.host.hostname ?? ''), '', '', '', ''];
  const rows = [[...host, ...numberCells(ofHost, model.host)]];
  for (const guest of model.guests) {
    const { vmm, monitor } = guest.sample;
    const about = [guest.id, guest.name, String(guest.pid), vmm, monitor.state, guest.state].map(textCell);
    rows.push([time, 'guest', ...about, ...numberCells(ofGuest, guest)]);
  }
  return rows.map(row => `${row.join(',')}\n`).join('');
};
