/** What was thrown, as an Error: JavaScript allows to throw anything. */
export const errorOf = (thrown: unknown): Error => (thrown instanceof Error ? thrown : new Error(String(thrown)));

/** Where in the code a bug is, in one line. It may hold foreign words. */
export const stackOf = ({ stack, name, message }: Error): string =>
  (stack ?? `${name}: ${message}`).replace(/\s*\n\s*/g, ' ');

/** What it says. */
export const messageOf = (thrown: unknown): string => errorOf(thrown).message;
