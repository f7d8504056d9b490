/** Values of one line over all points; `null` is a gap. */
export type Values = readonly (number | null)[];

/**
 * The shown columns on top of each other: each is itself and all before it. A point at which one of them is unknown is
 * unknown in all, since what is above it would be drawn too low. Hidden ones are left empty.
 */
export const stack = (columns: readonly Values[], shown: readonly boolean[]): (number | null)[][] => {
  const points = columns[0]?.length ?? 0;
  const sums: (number | null)[] = Array(points).fill(0);
  for (const [at, column] of columns.entries())
    if (shown[at]) for (const [point, value] of column.entries()) if (value === null) sums[point] = null;
  return columns.map((column, at) => {
    if (!shown[at]) return Array<null>(points).fill(null);
    for (const [point, value] of column.entries()) {
      const below = sums[point] ?? null;
      sums[point] = below === null || value === null ? null : below + value;
    }
    return [...sums];
  });
};

/** A line's own values, with nothing before and after them, so that there is one for each of `points`. */
export const fill = (values: Values, from: number, scale: number, points: number): (number | null)[] => {
  const filled: (number | null)[] = Array(points).fill(null);
  for (const [at, value] of values.entries()) if (value !== null) filled[from + at] = value * scale;
  return filled;
};
