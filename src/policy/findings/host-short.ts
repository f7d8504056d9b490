import type { Limits } from '../../actions/limits.ts';
import { availableShare } from '../../fields/memory.ts';
import { known } from '../../known.ts';
import type { Model } from '../../model.ts';
import { longBytes } from '../../units.ts';
import type { Remark, Rule } from '../finding.ts';
import { offer } from './fix.ts';
import { below } from './limit.ts';
import { availableText, idleMemory, reclaim, reclaimable, silentGuests, unknownUse } from './room.ts';

/** What would help, by the operators' order: balloons where guests have memory to spare, else somebody has to go. */
const help = (model: Model, lacking: number, limits: Limits): Pick<Remark, 'fix' | 'advice'> => {
  const idle = idleMemory(model, limits);
  const request = reclaim(idle, lacking);
  if (!request) {
    const silent = silentGuests(model, limits);
    const none =
      silent.length === 0
        ? 'No balloon can give anything back'
        : `No balloon is known to give anything back (${unknownUse(silent)})`;
    return { advice: `${none}: move a guest away, or end what is not needed.` };
  }
  const back = reclaimable(idle);
  return offer(model, request, {
    limits,
    advice:
      back < lacking
        ? `Guests have about ${longBytes(back)} to spare, which is not enough: move one away, too.`
        : `Guests have about ${longBytes(back)} to spare.`,
  });
};

export const hostShort: Rule = {
  id: 'host-short',
  word: 'short',
  title: 'Host short of memory',
  help:
    'What is available to the host (MemAvailable) is less than the set share of its RAM outside hugepage pools; critical below the second ' +
    'limit, where it is not far from killing a process. Silent again a fifth above the limit.',
  strategy: 'balloon',
  severities: ['critical', 'warning'],
  sustain: 5,
  check(window, thresholds, stands) {
    const model = window.at(-1);
    if (!model) return [];
    const { mem_outside_pools: total = 0, mem_available_with_arc: available = 0 } = model.host.values;
    const share = availableShare(model.host.values);
    if (!below(share, thresholds.availableLow, stands('host'))) return [];
    const critical = share < thresholds.availableCritical;
    const meaning = critical
      ? 'When it runs out, the kernel kills a process, and a guest is the largest there is.'
      : 'It soon drops caches that it needs, and swaps guests.';
    return [
      {
        subject: 'host',
        severity: critical ? 'critical' : 'warning',
        text: `Only ${availableText(model)}. ${meaning}`,
        numbers: known({ mem_available_with_arc: available, mem_outside_pools: total }),
        ...help(model, 1.5 * thresholds.availableLow * total - available, thresholds.limits),
      },
    ];
  },
};
