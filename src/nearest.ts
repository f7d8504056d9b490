/** Letters to change, add or drop to make one word of the other (Levenshtein's distance). */
export const distance = (from: string, to: string): number => {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let i = 1; i <= from.length; i++) {
    const next = [i];
    for (let j = 1; j <= to.length; j++) {
      const replaced = (row[j - 1] ?? 0) + (from[i - 1] === to[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
};

/** The last part of `balloon.step`, which is often all that somebody remembers. */
const leaf = (word: string): string => word.slice(word.lastIndexOf('.') + 1);

/** The word most like `given`; `undefined` when none is like it: more than half of its letters would have to change. */
export const nearest = <Word extends string>(given: string, words: readonly Word[]): Word | undefined => {
  // Nothing that long is a slip of the finger, and comparing costs the product of both lengths.
  if (given.length > 64) return undefined;
  let best: { readonly word: Word; readonly far: number } | undefined;
  for (const word of words) {
    const far = Math.min(distance(given, word), distance(leaf(given), leaf(word)) + 0.5);
    if (far <= Math.max(1, leaf(given).length / 2) && far < (best?.far ?? Number.POSITIVE_INFINITY))
      best = { word, far };
  }
  return best?.word;
};

/** `unknown action 'ballon': did you mean 'balloon'?`; where no word is like it, all that there are. */
export const unknownWord = (kind: string, given: string, words: readonly string[]): string => {
  const near = nearest(given, words);
  return near === undefined
    ? `unknown ${kind} '${given}'; use one of ${words.join(', ')}`
    : `unknown ${kind} '${given}': did you mean '${near}'?`;
};
