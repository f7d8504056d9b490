/** The numbers that made a rule fire; those that are unknown are left out. */
export const known = (numbers: Readonly<Record<string, number | undefined>>): Readonly<Record<string, number>> => {
  const told: Record<string, number> = {};
  for (const id in numbers) {
    const value = numbers[id];
    if (value !== undefined) told[id] = value;
  }
  return told;
};
