import { known } from '../../known.ts';
import { formatRatio } from '../../units.ts';
import type { Rule } from '../finding.ts';
import { above } from './limit.ts';

export const pressureHigh: Rule = {
  id: 'pressure-high',
  word: 'pressure',
  title: 'Memory pressure',
  help:
    'Tasks of the host waited for memory (PSI some, last 10 s) for more than the set share of the time; critical where all ' +
    'of them waited at once (PSI full) for more than theirs. Silent again a fifth below the limits.',
  strategy: 'migrate',
  severities: ['critical', 'warning'],
  sustain: 5,
  check(window, thresholds, stands) {
    const { psi_mem_some_avg10: some, psi_mem_full_avg10: full } = window.at(-1)?.host.values ?? {};
    const standing = stands('host');
    const all = above(full, thresholds.pressureFull, standing);
    if (!all && !above(some, thresholds.pressureSome, standing)) return [];
    return [
      {
        subject: 'host',
        severity: above(full, thresholds.pressureFull, false) ? 'critical' : 'warning',
        text: `In the last 10 s some task waited for memory ${formatRatio(some)} of the time${full === undefined ? '' : `, and all of them at once ${formatRatio(full)}`}: work stands still while pages are reclaimed or read back.`,
        numbers: known({ psi_mem_some_avg10: some, psi_mem_full_avg10: full }),
        advice: 'See on the vmstat tab whether it is swapping, refaults of page cache, or compaction.',
      },
    ];
  },
};
