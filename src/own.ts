/**
 * What a table has under a word from outside; `undefined` when it has no such entry of its own. Every object also answers
 * to `constructor`, `toString` and `__proto__`, so `table[word]` would give a function for what is not there.
 */
export const own = <Entry>(table: Readonly<Record<string, Entry>> | undefined, word: string): Entry | undefined =>
  table !== undefined && Object.hasOwn(table, word) ? table[word] : undefined;
