import { isDeepStrictEqual } from 'node:util';
import { parse } from 'smol-toml';
import { own } from '../own.ts';
import { placeOf } from './print.ts';
import { keyPart } from './read.ts';
import { type SettingId, type Settings, settingOf } from './settings.ts';
import { keyText, type Statement, statements } from './statements.ts';

type Table = { [key: string]: unknown };

/** The text with one line range (counted from 1; empty when `last` is before `first`) replaced. */
const replaced = (text: string, first: number, last: number, rows: readonly string[]): string => {
  const all = text.split('\n');
  return [...all.slice(0, first - 1), ...rows, ...all.slice(last)].join('\n');
};

const textOf = (text: string, { first, last }: Statement): string =>
  text
    .split('\n')
    .slice(first - 1, last)
    .join('\n');

/** The comment behind a statement's value, with the blanks before it. */
const commentOf = (statement: string): string => {
  for (let at = statement.indexOf('#'); at >= 0; at = statement.indexOf('#', at + 1)) {
    const before = statement.slice(0, at);
    try {
      parse(before);
      return statement.slice(before.trimEnd().length).trimEnd();
    } catch {
      // This # is inside a string or an array.
    }
  }
  return '';
};

const isUnder = (statement: Statement, path: readonly string[]): boolean =>
  statement.path.length === path.length && path.every((part, index) => part === statement.path[index]);

const setOne = (text: string, id: SettingId, value: string): string => {
  const path = id.split('.');
  const parents = path.slice(0, -1);
  const found = statements(text);
  const values = found.filter(one => one.kind === 'value');

  const old = values.find(one => isUnder(one, path));
  if (old) {
    const statement = textOf(text, old);
    const key = keyText(statement)?.trimEnd() ?? '';
    return replaced(text, old.first, old.last, [`${key} = ${value}${commentOf(statement)}`]);
  }

  const { table, key } = placeOf(id);
  const sibling = values.findLast(one => isUnder({ ...one, path: one.path.slice(0, -1) }, parents));
  if (sibling) {
    // Written as its sibling is: `tabs.guests.sort` beside `tabs.guests.columns`, `sort` beside `columns`.
    const written = keyText(textOf(text, sibling)) ?? '';
    const last = keyPart(sibling.path.at(-1) ?? '');
    const start = written.trimEnd().endsWith(last) ? written.trimEnd().slice(0, -last.length) : '';
    return replaced(text, sibling.last + 1, sibling.last, [`${start}${key} = ${value}`]);
  }
  const head = found.find(one => one.kind === 'head' && isUnder(one, parents));
  if (head) return replaced(text, head.last + 1, head.last, [`${key} = ${value}`]);
  // What is in no table must stand before the first one.
  if (table === '') return replaced(text, 1, 0, [`${key} = ${value}`]);
  const start = text === '' || text.endsWith('\n') ? text : `${text}\n`;
  return `${start}${start === '' ? '' : '\n'}[${table}]\n${key} = ${value}\n`;
};

const withValue = (table: Table, [key = '', ...rest]: readonly string[], value: unknown): Table => ({
  ...table,
  [key]: rest.length === 0 ? value : withValue((own(table, key) ?? {}) as Table, rest, value),
});

/**
 * The text of a file of settings with these values set; every other line stays as it is, comments too.
 * @throws Error when the text is written such that this can't be done line by line, as in `tabs = { … }`.
 */
export const editSettings = (text: string, changes: Partial<Settings>): string => {
  let edited = text;
  let wanted: Table = parse(text);
  for (const [id, value] of Object.entries(changes) as [SettingId, unknown][]) {
    const written = settingOf(id).write(value);
    edited = setOne(edited, id, written);
    wanted = withValue(wanted, id.split('.'), parse(`value = ${written}`)['value']);
  }
  let now: unknown;
  try {
    now = parse(edited);
  } catch {
    now = undefined;
  }
  // The parser has the last word: what it reads must be the old values and the new ones, and nothing else.
  if (!isDeepStrictEqual(plainData(now), plainData(wanted)))
    throw new Error(
      `it is written in a way that can't be edited line by line: set ${Object.keys(changes).join(', ')} by hand`,
    );
  return edited;
};

/** Without prototypes and dates of the parser's own. */
const plainData = (value: unknown): unknown => (value === undefined ? undefined : JSON.parse(JSON.stringify(value)));
