/**
 * Shares a row of `width` columns among amounts, by largest remainder: the columns always sum to the width, and every
 * amount above zero that can have a column has one.
 */
export const shareColumns = (amounts: readonly number[], width: number): number[] => {
  const total = amounts.reduce((sum, amount) => sum + Math.max(0, amount), 0);
  if (total <= 0 || width <= 0) return amounts.map(() => 0);
  const exact = amounts.map(amount => (Math.max(0, amount) / total) * width);
  const columns = exact.map((share, index) => ((amounts[index] ?? 0) > 0 ? Math.max(1, Math.floor(share)) : 0));
  const sum = (): number => columns.reduce((all, one) => all + one, 0);
  const byRemainder = exact
    .map((share, index) => ({ index, rest: share - Math.floor(share) }))
    .sort((a, b) => b.rest - a.rest);
  for (let round = 0; sum() < width; round++) {
    const at = byRemainder[round % byRemainder.length]?.index;
    if (at !== undefined && (amounts[at] ?? 0) > 0) columns[at] = (columns[at] ?? 0) + 1;
  }
  while (sum() > width) {
    const largest = columns.indexOf(Math.max(...columns));
    columns[largest] = (columns[largest] ?? 1) - 1;
  }
  return columns;
};
