import { own } from '../../own.ts';
import type { Values } from '../../sample.ts';
import { longBytes } from '../../units.ts';

const number = (values: Values, name: string): number | undefined => {
  const value = own(values, name);
  return typeof value === 'number' ? value : undefined;
};

/** ksmd takes so many pages, then sleeps; the time it scans is left out, so this is the most. Bytes a second. */
const rate = (pages: number | undefined, values: Values, pageSize: number): number | undefined => {
  const sleep = number(values, 'sleep_millisecs');
  return pages === undefined || !sleep ? undefined : (pages * pageSize * 1000) / sleep;
};

/** How fast ksmd scans with these settings, in words. */
export const scanPace = (values: Values, pageSize: number): string => {
  if (number(values, 'sleep_millisecs') === 0) return 'scans without a pause: one processor is busy all the time';
  if (values['advisor_mode'] === 'scan-time') {
    const least = rate(number(values, 'advisor_min_pages_to_scan'), values, pageSize);
    const most = rate(number(values, 'advisor_max_pages_to_scan'), values, pageSize);
    return `the advisor has it scan ${longBytes(least)} to ${longBytes(most)} a second`;
  }
  return `scans at most ${longBytes(rate(number(values, 'pages_to_scan'), values, pageSize))} a second`;
};
