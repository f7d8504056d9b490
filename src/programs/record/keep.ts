import type { Keep } from '../../recording/ring.ts';
import { safe } from '../../text.ts';
import { formatBytes, MiB, parseBytes, parseSeconds } from '../../units.ts';
import { UsageError } from '../options.ts';

const leastSeconds = 60;
const leastBytes = MiB;

/** `2d` is a time and `500M` a size; `500m` may be meant as either, so it is neither. */
const parseLimit = (word: string): Keep => {
  if (/^[\d.]+[smhd]$/.test(word)) {
    if (word.endsWith('m'))
      throw new UsageError(`--keep ${word} could be minutes or MiB: write ${word.slice(0, -1)}M, or hours as 0.5h`);
    const seconds = parseSeconds(word);
    if (seconds !== undefined && seconds >= leastSeconds) return { seconds };
  } else if (/[a-z]$/i.test(word)) {
    const bytes = parseBytes(word);
    if (bytes !== undefined && bytes >= leastBytes) return { bytes };
  }
  throw new UsageError(
    `--keep takes a size from ${formatBytes(leastBytes)} on, such as 500M, or a time from ${leastSeconds}s on, such as 2d, not '${safe(word)}'`,
  );
};

/**
 * Reads `--keep`: a size, a time, or both apart by a comma.
 * @throws UsageError
 */
export const parseKeep = (text: string): Keep =>
  Object.assign({}, ...text.split(',').map(word => parseLimit(word.trim())));
