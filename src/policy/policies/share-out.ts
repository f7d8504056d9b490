/** What one may have, in bytes: `base` and as much more as its `weight` is worth, but from `least` to `most`. */
export interface Part {
  readonly base: number;
  /** Above 0. */
  readonly weight: number;
  readonly least: number;
  readonly most: number;
}

/** Halvings of the range in which the level is sought: from a petabyte to less than a byte. */
const halvings = 80;

const clamp = (value: number, least: number, most: number): number => Math.min(most, Math.max(least, value));

/** Sum of sizes, bytes. */
export const sum = (sizes: readonly number[]): number => sizes.reduce((total, size) => total + size, 0);

/**
 * Shares `total` bytes out such that each part has the same level above its base, times its weight: the weighted max-min
 * fair share. Who is held by its least or most leaves the rest to the others. Their sum is `total`, or the nearest to it
 * that the limits allow, and never above `total` unless the leasts are.
 */
export const shareOut = (parts: readonly Part[], total: number): readonly number[] => {
  const at = (level: number): number[] =>
    parts.map(({ base, weight, least, most }) => clamp(base + level * weight, least, most));
  let low = Math.min(...parts.map(({ base, weight, least }) => (least - base) / weight));
  let high = Math.max(...parts.map(({ base, weight, most }) => (most - base) / weight));
  if (sum(parts.map(({ most }) => most)) <= total) return parts.map(({ most }) => most);
  for (let step = 0; step < halvings; step += 1) {
    const middle = (low + high) / 2;
    if (sum(at(middle)) > total) high = middle;
    else low = middle;
  }
  return at(low);
};
