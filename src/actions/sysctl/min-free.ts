import type { Model } from '../../model.ts';
import { longBytes } from '../../units.ts';
import type { Plan } from '../action.ts';
import { spare } from '../reserve.ts';

export const minFreeEffect = (model: Model, value: number): string[] => [
  `host: ${longBytes(value * 1024)} are available to nobody but the kernel; ${longBytes(model.host.values.mem_available_with_arc)} available now`,
];

/** What is kept free is available to nobody: too much of it makes the kernel kill. The kernel itself takes any number. */
export const minFreeRefusal = (model: Model, value: number): Plan['refusal'] => {
  const { mem_outside_pools: total, hugetlb_total: pools, min_free: now } = model.host.values;
  const room = spare(model);
  if (total === undefined || now === undefined || room === undefined)
    return { reason: 'the size of the host, or what is available, is unknown', forceable: true };
  const more = value * 1024 - now;
  if (more > 0 && more > room)
    return {
      reason: `${longBytes(more)} more to be kept free, where the host can spare ${longBytes(Math.max(0, room))}: it would kill processes to get there`,
      forceable: false,
    };
  if (value * 1024 > 0.05 * total)
    return {
      reason: `more than 5 % of RAM${pools ? ' outside hugepage pools' : ''} (${longBytes(0.05 * total)}) kept free for nobody`,
      forceable: true,
    };
  return undefined;
};
