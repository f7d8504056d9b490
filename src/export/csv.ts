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

/** How one choice of numbers is printed. */
interface Csv {
  /** The head row, with its line feed: rows end as Unix tools expect, not with RFC 4180's carriage return. */
  readonly head: string;
  /**
   * The rows of one look, each with its line feed: one for the host (`kind` host, with its name) and one per guest (`kind`
   * guest). Columns are those of the field tables, in their order; units are as in JSON, and what is unknown is empty.
   */
  readonly rows: (model: Model) => string;
}

/** CSV of the `chosen` numbers, of all when there is no choice. No row for the host or for guests when none is theirs. */
export const createCsv = (chosen?: ReadonlySet<string>): Csv => {
  const names = chosen ? numbers.filter(name => chosen.has(name)) : numbers;
  const hasHost = names.some(name => ofHost.has(name));
  const hasGuests = names.some(name => ofGuest.has(name));
  const cells = (columns: ReadonlyMap<string, Column>, known: Parameters<Column['read']>[0]): string[] =>
    names.map(name => String(columns.get(name)?.read(known) ?? ''));
  return {
    head: `${[...words, ...names].join(',')}\n`,
    rows: model => {
      const time = new Date(model.time * 1000).toISOString();
      const host = [time, 'host', '', textCell(model.sample.host.hostname ?? ''), '', '', '', ''];
      const rows = hasHost ? [[...host, ...cells(ofHost, model.host)]] : [];
      for (const guest of hasGuests ? model.guests : []) {
        const { vmm, monitor } = guest.sample;
        const about = [guest.id, guest.name, String(guest.pid), vmm, monitor.state, guest.state].map(textCell);
        rows.push([time, 'guest', ...about, ...cells(ofGuest, guest)]);
      }
      return rows.map(row => `${row.join(',')}\n`).join('');
    },
  };
};

export const { head: csvHead, rows: toCsv } = createCsv();
