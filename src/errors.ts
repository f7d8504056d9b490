/** What was thrown, as an Error: JavaScript allows to throw anything. */
export const errorOf = (thrown: unknown): Error => (thrown instanceof Error ? thrown : new Error(String(thrown)));

/** What it says. */
export const messageOf = (thrown: unknown): string => errorOf(thrown).message;
