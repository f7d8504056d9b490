import type { Request } from '../../actions/action.ts';
import { commitLimit } from '../../actions/sysctl/commit-limit.ts';
import { known } from '../../known.ts';
import type { Model } from '../../model.ts';
import { formatRatio, longBytes } from '../../units.ts';
import type { Remark, Rule } from '../finding.ts';
import { offer } from './fix.ts';
import { above } from './limit.ts';

/** The least ratio, in steps of 5 %, that leaves a tenth of the limit free. No more than all RAM is promised. */
const widerRatio = (model: Model, committed: number): Request | undefined => {
  const {
    mem_total: memTotal,
    swap_total: swapTotal,
    hugetlb_total: hugetlb,
    overcommit_ratio: now,
  } = model.host.values;
  if (memTotal === undefined || swapTotal === undefined || hugetlb === undefined || now === undefined) return undefined;
  // Where overcommit_kbytes rules, the ratio would put it out of force.
  if (model.sample.host.sysctls?.['vm.overcommit_kbytes']) return undefined;
  for (let ratio = 5 * Math.floor(now / 5 + 1); ratio <= 100; ratio += 5)
    if (commitLimit({ memTotal, hugetlb, swapTotal, ratio, kbytes: 0 }) > committed / 0.9)
      return { action: 'sysctl', words: ['vm.overcommit_ratio', String(ratio)] };
  return undefined;
};

const help = (model: Model, committed: number): Pick<Remark, 'fix' | 'advice'> => {
  const request = widerRatio(model, committed);
  return request
    ? offer(model, request)
    : { advice: 'Add swap (it counts in full), or move a guest away: promising more than all RAM would not be kept.' };
};

export const commitNear: Rule = {
  id: 'commit-near',
  word: 'commit',
  title: 'Promises near CommitLimit',
  help:
    'The kernel is strict (vm.overcommit_memory 2), and what is promised (Committed_AS) has come to the set share of ' +
    'CommitLimit: beyond it, allocations fail, and guests do not start. Critical within 1 % of it.',
  strategy: 'repair',
  severities: ['critical', 'warning'],
  sustain: 5,
  check(window, thresholds, stands) {
    const model = window.at(-1);
    const { overcommit_memory: mode, committed_as: committed, commit_limit: limit } = model?.host.values ?? {};
    if (!model || mode !== 2 || committed === undefined || limit === undefined) return [];
    const share = limit > 0 ? committed / limit : Number.POSITIVE_INFINITY;
    // What is still free counts, so the band is a part of that, not of the limit.
    const free = 1 - thresholds.commitNear;
    if (share <= 1 - free * (stands('host') ? 1.2 : 1)) return [];
    return [
      {
        subject: 'host',
        severity: above(share, 0.99, false) ? 'critical' : 'warning',
        text: `${longBytes(committed)} of ${longBytes(limit)} are promised${limit > 0 ? ` (${formatRatio(share)})` : ''}, and the kernel promises no more than that (vm.overcommit_memory 2): ${committed >= limit ? 'allocations fail now' : `only ${longBytes(limit - committed)} more, then allocations fail and guests do not start`}.`,
        numbers: known({ committed_as: committed, commit_limit: limit }),
        ...help(model, committed),
      },
    ];
  },
};
