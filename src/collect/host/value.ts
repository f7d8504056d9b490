import type { Root } from '../../root.ts';
import type { Numbers, Values } from '../../sample.ts';
import { KeptFile } from './kept.ts';
import type { Reader } from './reader.ts';

/**
 * A file of one value, as those of /sys and /proc/sys are: a decimal number, or a word. Where words are offered with
 * the chosen one in brackets, `always [madvise] never`, it is the chosen word. `undefined` for an empty file.
 */
export const parseValue = (text: string): number | string | undefined => {
  const value = text.trim();
  if (/^-?\d+(\.\d+)?$/.test(value)) {
    const parsed = Number(value);
    return Number.isFinite(parsed) ? parsed : undefined;
  }
  return /\[([^[\]]+)\]/.exec(value)?.[1] ?? (value || undefined);
};

/** `parseValue` of bytes, without making a string of the common case: a natural number and a newline. */
export const parseValueBytes = (bytes: Buffer): number | string | undefined => {
  const end = bytes[bytes.length - 1] === 10 ? bytes.length - 1 : bytes.length;
  if (end === 0 || end > 15) return parseValue(bytes.toString());
  let value = 0;
  for (let at = 0; at < end; at += 1) {
    const digit = bytes[at]! - 48;
    if (digit < 0 || digit > 9) return parseValue(bytes.toString());
    value = value * 10 + digit;
  }
  return value;
};

/** Where a value stands, by its key. */
type Paths = readonly (readonly [key: string, path: string])[];

const createReader = <Value extends number | string>(
  root: Root,
  look: () => Paths,
  parse: (bytes: Buffer) => Value | undefined,
): Reader<Readonly<Record<string, Value>>> => {
  let files: readonly (readonly [string, KeptFile])[] | undefined;
  let last: Readonly<Record<string, Value>> = {};
  return {
    read() {
      files ??= look().map(([key, path]) => [key, new KeptFile(root, path, 'page')] as const);
      const values: Record<string, Value> = {};
      let isSame = true;
      for (const [key, file] of files) {
        const bytes = file.bytes();
        const value = bytes && parse(bytes);
        if (value !== undefined) values[key] = value;
        if (value !== last[key]) isSame = false;
      }
      if (!isSame) last = values;
      return Object.keys(last).length > 0 ? last : undefined;
    },
    close() {
      for (const [, file] of files ?? []) file.close();
      files = undefined;
      last = {};
    },
  };
};

/**
 * Reads many files of one value each. `look` tells which; it is asked once, and again after `close`. Absent when none
 * can be read; the very same object while no value changes.
 */
export const createValuesReader = (root: Root, look: () => Paths): Reader<Values> =>
  createReader(root, look, parseValueBytes);

/** The same for files that hold numbers; one that holds anything else is left out. */
export const createCountsReader = (root: Root, look: () => Paths): Reader<Numbers> =>
  createReader(root, look, bytes => {
    const value = parseValueBytes(bytes);
    return typeof value === 'number' ? value : undefined;
  });

/** Each file of a folder under its name. */
export const pathsIn = (root: Root, folder: string): Paths =>
  root
    .list(folder)
    .sort()
    .map(name => [name, `${folder}/${name}`]);
