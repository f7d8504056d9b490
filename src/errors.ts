/** What was thrown, as an Error: JavaScript allows to throw anything. */
export const errorOf = (thrown: unknown): Error => (thrown instanceof Error ? thrown : new Error(String(thrown)));

/** The words of an operator mean nothing here: what is wrong with them. */
export class WordsError extends Error {}

/** Where in the code a bug is, in one line. It may hold foreign words. */
export const stackOf = ({ stack, name, message }: Error): string =>
  (stack ?? `${name}: ${message}`).replace(/\s*\n\s*/g, ' ');

/** Something that was thrown and should never be, as it is told. It may hold foreign words. */
export const bugOf = (thrown: unknown): string => `a bug in kvmtop; please report it: ${stackOf(errorOf(thrown))}`;

/** What it says. */
export const messageOf = (thrown: unknown): string => errorOf(thrown).message;
