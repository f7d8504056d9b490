import { known } from '../../known.ts';
import { formatRatio, longBytes } from '../../units.ts';
import type { Rule } from '../finding.ts';
import { above } from './limit.ts';

export const dirtyNear: Rule = {
  id: 'dirty-near',
  word: 'writeback',
  title: 'Dirty pages near their limit',
  help:
    'Page cache that waits for the disk, or is being written, has come to the set share of the limit at which the kernel ' +
    'holds up everybody who writes (nr_dirty_threshold), guests with cached disks among them.',
  strategy: 'repair',
  severities: ['warning'],
  sustain: 10,
  check(window, thresholds, stands) {
    const { dirty, writeback, dirty_threshold: limit } = window.at(-1)?.host.values ?? {};
    if (dirty === undefined || !limit) return [];
    // The kernel compares the sum: balance_dirty_pages() in mm/page-writeback.c.
    const waiting = dirty + (writeback ?? 0);
    if (!above(waiting / limit, thresholds.dirtyNear, stands('host'))) return [];
    return [
      {
        subject: 'host',
        severity: 'warning',
        text: `${longBytes(waiting)} wait to be written or are being written, ${formatRatio(waiting / limit)} of the limit (${longBytes(limit)}): everybody who writes is held up until the disk has caught up.`,
        numbers: known({ dirty, writeback, dirty_threshold: limit }),
        advice:
          'The disk is slower than what is written: find the writer; a lower vm.dirty_background_ratio has writing begin earlier.',
      },
    ];
  },
};
