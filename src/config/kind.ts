import { nearest } from '../nearest.ts';
import { exactBytes, parseBytes } from '../units.ts';

/** A kind of value: how it is read from TOML and written to it. */
export interface Kind<T> {
  /** What it takes, in words that follow `takes`. */
  readonly takes: string;
  /** Throws an Error that says what it takes instead. */
  readonly read: (given: unknown) => T;
  /** As TOML, such that reading it gives the value again. */
  readonly write: (value: T) => string;
}

/** What somebody wrote, shortened for one line of an error. */
const shown = (given: unknown): string => {
  const text = typeof given === 'string' ? JSON.stringify(given) : given instanceof Date ? 'a date' : String(given);
  return text.length > 40 ? `${text.slice(0, 39)}…` : text;
};

const wrong = (takes: string, given: unknown): Error => new Error(`takes ${takes}, not ${shown(given)}`);

export const truth: Kind<boolean> = {
  takes: 'true or false',
  read: given => {
    if (typeof given !== 'boolean') throw wrong('true or false', given);
    return given;
  },
  write: String,
};

/** Seconds, percent, counts: a number in a range, both ends allowed. */
export const number = (
  what: string,
  least: number,
  most: number,
  options: { readonly whole?: boolean } = {},
): Kind<number> => {
  const takes = `${options.whole ? 'whole ' : ''}${what} from ${least} to ${most}`;
  return {
    takes,
    read: given => {
      const fits = typeof given === 'number' && given >= least && given <= most;
      if (!fits || (options.whole && !Number.isInteger(given))) throw wrong(takes, given);
      // TOML has a -0, which nobody means.
      return given + 0;
    },
    write: String,
  };
};

/** Bytes, written with a letter (`"128M"`) that is binary: a bare number could mean bytes or MiB, so it is refused. */
export const size = (least: number, most: number, step = 1): Kind<number> => {
  const multiple = step === 1 ? '' : ` in steps of ${exactBytes(step)}`;
  const takes = `a size from "${exactBytes(least)}" to "${exactBytes(most)}"${multiple}`;
  return {
    takes,
    read: given => {
      const bytes = typeof given === 'string' ? parseBytes(given, 'none') : undefined;
      if (bytes === undefined || bytes < least || bytes > most || bytes % step !== 0) throw wrong(takes, given);
      return bytes;
    },
    write: bytes => JSON.stringify(exactBytes(bytes)),
  };
};

/** More words than these are not told in an error, but where to find them. */
const fewWords = 12;

/** The word itself, or an Error with the nearest right one. */
const chosen = <Word extends string>(takes: string, words: readonly Word[], given: unknown): Word => {
  const word = words.find(one => one === given);
  if (word !== undefined) return word;
  const near = typeof given === 'string' ? nearest(given, words) : undefined;
  const { message } = wrong(takes, given);
  throw new Error(near === undefined ? message : `${message}: did you mean "${near}"?`);
};

/** One of these words. Of many, `what` must say where they are listed. */
export const choice = <Word extends string>(what: string, words: readonly Word[]): Kind<Word> => {
  const takes = words.length > fewWords ? what : `${what}: ${words.map(word => JSON.stringify(word)).join(', ')}`;
  return { takes, read: given => chosen(takes, words, given), write: word => JSON.stringify(word) };
};

/** Different words in an order; `first` is there always. */
export const list = <Word extends string>(what: string, words: readonly Word[], first: Word): Kind<readonly Word[]> => {
  const takes = `a list of different ${what}, "${first}" among them`;
  return {
    takes,
    read: given => {
      if (!Array.isArray(given)) throw wrong(takes, given);
      const read = given.map(word => chosen(takes, words, word));
      if (new Set(read).size < read.length || !read.includes(first)) throw wrong(takes, read.join(', '));
      return read;
    },
    write: value => `[${value.map(word => JSON.stringify(word)).join(', ')}]`,
  };
};
