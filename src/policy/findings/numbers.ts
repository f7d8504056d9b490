/** The numbers that made a rule fire; those that are unknown are left out. */
export const known = (numbers: Readonly<Record<string, number | undefined>>): Readonly<Record<string, number>> => {
  const told: Record<string, number> = {};
  for (const [id, value] of Object.entries(numbers)) if (value !== undefined) told[id] = value;
  return told;
};
