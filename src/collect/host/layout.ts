import type { Numbers } from '../../sample.ts';

/** A number in a kernel file: its key, where its digits start and end, and what it is divided by to get our unit. */
export interface Found {
  readonly key: string;
  readonly start: number;
  readonly end: number;
  /** 1 for a number that stays as it is. */
  readonly over: number;
}

/** Finds the numbers of one file format, in file order; each is written as `number` below. */
export type Find = (text: string) => readonly Found[];

/** The number that `group` of a match caught; its pattern needs the flag `d`. */
export const foundAt = (match: RegExpMatchArray, group: number, key: string, over = 1): Found => {
  const [start = 0, end = 0] = match.indices?.[group] ?? [];
  return { key, start, end, over };
};

/** How a number is written, for the patterns of the formats. */
export const number = '-?\\d+(?:\\.\\d+)?';

/** kB to bytes. A power of two, so that dividing is exact. */
export const overKb = 1 / 1024;
/** Microseconds to seconds. */
export const overMicroseconds = 1e6;

/** The numbers of `text` under their keys; one too long for a number is left out. */
export const parseWith = (find: Find, text: string): Numbers => {
  const numbers: Record<string, number> = {};
  for (const { key, start, end, over } of find(text)) {
    const value = Number(text.slice(start, end)) / over;
    if (Number.isFinite(value)) numbers[key] = value;
  }
  return numbers;
};

interface Slot {
  readonly key: string;
  readonly over: number;
  /** What stands between the number before and this one. */
  readonly literal: Uint8Array;
  /** The literal ends with a space, and more spaces may follow: a column's padding shrinks as its number grows. */
  readonly padded: boolean;
}

const space = 32;
const minus = 45;
const dot = 46;
const zero = 48;
/** Integers of so many digits are exact, and so is their division by a power of ten. */
const exactDigits = 15;

/**
 * Parses one file that is read over and over. A kernel file keeps its keys and their order while the kernel runs, so
 * what stands between the numbers is learned at the first reading; later readings compare it, byte by byte, and parse
 * only the numbers, without making a string. Where anything differs the file is parsed in full and learned again, so
 * the result is that of `parseWith`, always.
 */
export class Layout {
  readonly #find: Find;
  #slots: readonly Slot[] | undefined;
  #tail: Uint8Array = new Uint8Array();

  constructor(find: Find) {
    this.#find = find;
  }

  parse(bytes: Buffer): Numbers {
    return this.#parseKnown(bytes) ?? this.#learn(bytes);
  }

  #learn(bytes: Buffer): Numbers {
    const text = bytes.toString('latin1');
    const slots: Slot[] = [];
    let at = 0;
    for (const { key, start, end, over } of this.#find(text)) {
      const literal = text.slice(at, start).replace(/ +$/, ' ');
      slots.push({ key, over, literal: Buffer.from(literal, 'latin1'), padded: literal.endsWith(' ') });
      at = end;
    }
    this.#slots = slots;
    this.#tail = Buffer.from(text.slice(at), 'latin1');
    return parseWith(this.#find, text);
  }

  #parseKnown(bytes: Buffer): Numbers | undefined {
    if (!this.#slots) return undefined;
    const numbers: Record<string, number> = {};
    let at = 0;
    for (const { key, over, literal, padded } of this.#slots) {
      for (let index = 0; index < literal.length; index += 1, at += 1) {
        if (bytes[at] !== literal[index]) return undefined;
      }
      if (padded) while (bytes[at] === space) at += 1;
      const start = at;
      const negative = bytes[at] === minus;
      if (negative) at += 1;
      let value = 0;
      let digits = 0;
      let power = 1;
      for (; ; at += 1) {
        const digit = (bytes[at] ?? 0) - zero;
        if (digit >= 0 && digit <= 9) {
          value = value * 10 + digit;
          digits += 1;
          if (power > 1) power *= 10;
        } else if (bytes[at] === dot && power === 1 && digits > 0) {
          power = 10;
        } else break;
      }
      if (digits === 0 || bytes[at - 1] === dot) return undefined;
      if (digits > exactDigits) value = Number(bytes.toString('latin1', start, at));
      else value = (negative ? -value : value) / (power > 1 ? power / 10 : 1);
      value /= over;
      if (Number.isFinite(value)) numbers[key] = value;
    }
    const tail = this.#tail;
    if (bytes.length !== at + tail.length) return undefined;
    for (let index = 0; index < tail.length; index += 1, at += 1) if (bytes[at] !== tail[index]) return undefined;
    return numbers;
  }
}
