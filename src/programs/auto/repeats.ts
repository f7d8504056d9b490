/** What is said again and again but for its numbers is told again only after so many seconds. */
const againSeconds = 60;

/** The text without its sizes, counts and durations: they change all the time. */
const shapeOf = (text: string): string => text.replaceAll(/\d[\dsmhd.]*( ?[kKMGTPE]?i?B\b)?/g, '#');

/** Whether two texts say the same, but for their numbers. */
export const saysTheSame = (one: string, other: string): boolean => shapeOf(one) === shapeOf(other);

/** Remembers what was told of whom, so that nothing is told twice without need. */
export const createRepeats = () => {
  const told = new Map<string, number>();
  return {
    /** Whether this is new at that time (seconds); it counts as told then. */
    isNew(subject: string, text: string, time: number): boolean {
      // A clock that was set back makes all old.
      for (const [key, at] of told) if (time < at || time - at >= againSeconds) told.delete(key);
      const key = JSON.stringify([subject, shapeOf(text)]);
      if (told.has(key)) return false;
      told.set(key, time);
      return true;
    },
    forget: (): void => told.clear(),
  };
};
