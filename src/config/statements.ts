import { parse } from 'smol-toml';

/** One statement of a TOML text: a table's head, or a key with its value, which may go over several lines. */
export interface Statement {
  /** The whole key, its table's head included. */
  readonly path: readonly string[];
  readonly kind: 'head' | 'value';
  /** Its first line, counted from 1. */
  readonly first: number;
  /** Its last line, counted from 1. */
  readonly last: number;
}

type Table = Readonly<Record<string, unknown>>;

const parses = (text: string): Table | undefined => {
  try {
    // A row that ended with CR and LF is TOML only with both.
    return parse(`${text}\n`);
  } catch {
    return undefined;
  }
};

/** The keys that lead to what `isEnd` says is the end, in a table that has one way only. */
const wayTo = (table: Table, isEnd: (value: unknown) => boolean): string[] => {
  const [entry] = Object.entries(table);
  if (!entry) return [];
  const [key, value] = entry;
  const inner = Array.isArray(value) ? value[0] : value;
  return isEnd(inner) ? [key] : [key, ...wayTo(inner as Table, isEnd)];
};

const isEmpty = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && Object.keys(value).length === 0;

/** The text before the `=`: the first one that is not inside a quoted key. */
export const keyText = (statement: string): string | undefined => {
  for (let at = statement.indexOf('='); at >= 0; at = statement.indexOf('=', at + 1))
    if (parses(`${statement.slice(0, at)}=0`)) return statement.slice(0, at);
  return undefined;
};

/**
 * The statements of a text that is TOML, in their order. The parser tells values without their places, so each
 * statement is found by growing it line by line until it is TOML by itself.
 */
export const statements = (text: string): readonly Statement[] => {
  const rows = text.split('\n');
  const found: Statement[] = [];
  let head: readonly string[] = [];
  for (let first = 0; first < rows.length; first++) {
    let last = first;
    let table = parses(rows[first] ?? '');
    while (!table && last < rows.length - 1) {
      last += 1;
      table = parses(rows.slice(first, last + 1).join('\n'));
    }
    if (!table) break;
    if (Object.keys(table).length > 0) {
      const statement = rows.slice(first, last + 1).join('\n');
      const key = statement.trimStart().startsWith('[') ? undefined : keyText(statement);
      if (key === undefined) head = wayTo(table, isEmpty);
      const path = key === undefined ? head : [...head, ...wayTo(parses(`${key}=0`) ?? {}, value => value === 0)];
      found.push({ path, kind: key === undefined ? 'head' : 'value', first: first + 1, last: last + 1 });
    }
    first = last;
  }
  return found;
};
