import { RecordingError } from '../tape.ts';

/**
 * What changed between two JSON-safe trees, as bytes: `diff` writes them, `patch` reads them. Three streams, so that each
 * compresses well with the one of the sample before:
 *
 *     varint bytes of the operations · operations · varint bytes of the numbers · numbers · JSON array of the literals
 *
 * An operation on a child of a container is a varint, 1 + gap × 9 + kind: gap children are unchanged, then one changed as
 * the kind says. 0 ends a container. The whole tree is the only child of a container that is not written. Children are in
 * the order of the keys before. What is unchanged costs nothing but its part in a gap, however large it is.
 *
 * After `reshaped` stand runs of children, each a varint: how many × 2, and where they were before; or how many × 2 + 1 for
 * new ones, which are literals (in an object key and value). 0 ends the runs; operations on the children follow.
 */
export const kind = {
  /** A zigzag difference of integers; see `advance`. */
  integer: 0,
  /** The same of multiples of 4096. */
  pages: 1,
  /** The same of thousandths. */
  milli: 2,
  /** The same of millionths. */
  micro: 3,
  /** A double, whole. */
  double: 4,
  /** What another key of the same object (see `echoes`) had before. */
  echo: 5,
  /** The next literal. */
  literal: 6,
  /** Operations on its children, up to 0. */
  inside: 7,
  /** The same, after children came, went or moved. */
  reshaped: 8,
} as const;
export const kinds = 9;

/** Keys whose value is often what another key had in the sample before. */
export const echoes: ReadonlyMap<string, string> = new Map([['earlier', 'stats']]);
/** So deep may it be: one that held another could grow without end. */
export const echoDepth = 2;

export const page = 4096;
const scales: readonly number[] = [1, 1, 1e3, 1e6];

/** A number in steps of what a decimal kind counts. */
export const stepsOf = (which: number, value: number): number => Math.round(value * scales[which]!);

/** What so many steps of this kind make of a number. */
export const advance = (which: number, before: number, steps: number): number => {
  if (which === kind.integer) return before + steps;
  if (which === kind.pages) return before + steps * page;
  return (stepsOf(which, before) + steps) / scales[which]!;
};

export const nonsense = (why: string): RecordingError =>
  new RecordingError(`a sample of the recording makes no sense: ${why}`);
