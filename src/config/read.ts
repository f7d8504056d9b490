import { parse, TomlError } from 'smol-toml';
import { messageOf } from '../errors.ts';
import { nearest } from '../nearest.ts';
import { ConfigError } from './error.ts';
import { type SettingId, type Settings, settingIds, settingOf } from './settings.ts';
import { type Statement, statements } from './statements.ts';

/** What one file sets. */
export interface FileSettings {
  readonly values: Partial<Settings>;
  /** The line of each, counted from 1. */
  readonly lines: Readonly<Partial<Record<SettingId, number>>>;
}

const isId = (key: string): key is SettingId => (settingIds as readonly string[]).includes(key);

/** A part of a key as TOML writes it, so that `"balloon.step"` is not taken for `balloon.step`. */
export const keyPart = (part: string): string => (/^[\w-]+$/.test(part) ? part : JSON.stringify(part));

const isTable = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date);

/** Every value with its dotted key; a table that has no settings is given as it is, for it is a mistake. */
const leaves = (table: Readonly<Record<string, unknown>>, before: string): readonly (readonly [string, unknown])[] =>
  Object.entries(table).flatMap(([part, value]) => {
    const key = before + keyPart(part);
    return isTable(value) && settingIds.some(id => id.startsWith(`${key}.`))
      ? leaves(value, `${key}.`)
      : [[key, value]];
  });

const unknownKey = (key: string, value: unknown): string => {
  if (settingIds.some(id => id.startsWith(`${key}.`)))
    return `${key} is a table: write [${key}], its settings below it`;
  const near = nearest(key, settingIds);
  if (near !== undefined) return `there is no setting ${key}: did you mean ${near}?`;
  const tables = [...new Set(settingIds.filter(id => id.includes('.')).map(id => id.slice(0, id.lastIndexOf('.'))))];
  const table = isTable(value) ? nearest(key, tables) : undefined;
  return `there is no ${isTable(value) ? 'table' : 'setting'} ${key}: ${table === undefined ? '`kvmtop config` lists all' : `did you mean [${table}]?`}`;
};

/** The line of a key, or of what it is part of. */
const lineOf = (found: readonly Statement[], key: string): number | undefined => {
  const keys = found.map(one => one.path.map(keyPart).join('.'));
  const exact = keys.lastIndexOf(key);
  return found[exact >= 0 ? exact : keys.findLastIndex(one => key.startsWith(`${one}.`))]?.first;
};

const parsed = (path: string, text: string): Readonly<Record<string, unknown>> => {
  try {
    return parse(text);
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    const [reason = ''] = error.message.split('\n', 1);
    throw new ConfigError(path, error.line, `not TOML: ${reason.replace(/^Invalid TOML document: /, '')}`);
  }
};

/**
 * The settings in the text of a file.
 * @throws ConfigError that names the file, the line, and the nearest right key or value.
 */
export const readSettings = (path: string, text: string): FileSettings => {
  const values: Record<string, unknown> = {};
  const lines: Record<string, number> = {};
  const given = leaves(parsed(path, text), '');
  const found = statements(text);
  for (const [key, value] of given) {
    const line = lineOf(found, key);
    if (!isId(key)) throw new ConfigError(path, line, unknownKey(key, value));
    try {
      values[key] = settingOf(key).read(value);
    } catch (error) {
      throw new ConfigError(path, line, `${key} ${messageOf(error)}`);
    }
    if (line !== undefined) lines[key] = line;
  }
  return { values: values as Partial<Settings>, lines };
};
