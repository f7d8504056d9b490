/** Times of a report are those of one place, whoever reads it where: `offset` is seconds that its clocks are ahead of UTC. */

const two = (number: number): string => String(number).padStart(2, '0');

const shifted = (time: number, offset: number): Date => new Date(Math.round((time + offset) * 1000));

/** `03:12:40`; without seconds `03:12`. */
export const clock = (time: number, offset: number, seconds = true): string => {
  const date = shifted(time, offset);
  const parts = [date.getUTCHours(), date.getUTCMinutes(), ...(seconds ? [date.getUTCSeconds()] : [])];
  return parts.map(two).join(':');
};

const days = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** `Mon 23 Nov`; with the year `Mon 23 Nov 2026`. */
export const day = (time: number, offset: number, year = false): string => {
  const date = shifted(time, offset);
  const parts = [days[date.getUTCDay()], date.getUTCDate(), months[date.getUTCMonth()]];
  return [...parts, ...(year ? [date.getUTCFullYear()] : [])].join(' ');
};

/** `UTC+01:00`. */
export const zoneName = (offset: number): string => {
  const minutes = Math.round(Math.abs(offset) / 60);
  return `UTC${offset < 0 ? '-' : '+'}${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
};

/** Whether both are on one day there. */
export const isSameDay = (a: number, b: number, offset: number): boolean =>
  day(a, offset, true) === day(b, offset, true);

/** How a report tells times. */
export interface Times {
  readonly offset: number;
  /** It is of more than one day, so that a time of day alone would not tell which. */
  readonly isLong: boolean;
}

/** `03:12:40`, in a report of several days `Mon 23 Nov, 03:12:40`. */
export const stamp = (time: number, { offset, isLong }: Times): string =>
  (isLong ? `${day(time, offset)}, ` : '') + clock(time, offset);
