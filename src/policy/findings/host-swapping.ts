import { known } from '../../known.ts';
import type { Model } from '../../model.ts';
import { longBytes, MiB } from '../../units.ts';
import type { Remark, Rule } from '../finding.ts';
import type { Thresholds } from '../thresholds.ts';
import { offer } from './fix.ts';
import { above } from './limit.ts';
import { meanRate } from './rate.ts';
import {
  availableText,
  type Idle,
  idleMemory,
  isTight,
  reclaim,
  reclaimable,
  silentGuests,
  unknownUse,
} from './room.ts';

/** Less than this in all guests is not worth a balloon. Bytes. */
const worthwhile = 256 * MiB;

interface Swapping extends Pick<Remark, 'severity' | 'numbers'> {
  readonly words: string;
}

/** The host's swapping over the last seconds; `undefined` while it swaps little, or while that is unknown. */
const swapping = (window: readonly Model[], thresholds: Thresholds, stands: boolean): Swapping | undefined => {
  const into = meanRate(window, ({ host }) => host.totals.swap_in);
  const out = meanRate(window, ({ host }) => host.totals.swap_out);
  if (into === undefined || out === undefined || !above(into + out, thresholds.swapRate, stands)) return undefined;
  const { swap_used: used, psi_mem_full_avg10: full } = window.at(-1)?.host.values ?? {};
  return {
    severity: above(full, thresholds.pressureFull, false) ? 'critical' : 'warning',
    words:
      `The host swaps: ${longBytes(into)}/s in, ${longBytes(out)}/s out` +
      (used === undefined ? '' : `, ${longBytes(used)} are out`),
    numbers: known({ swap_in: into, swap_out: out, swap_used: used, psi_mem_full_avg10: full }),
  };
};

/** Enough to come clear of the limit, or to take back what is in swap, whichever is more. Bytes. */
const wanted = ({ host: { values } }: Model, { availableLow }: Thresholds): number =>
  Math.max(
    worthwhile,
    values.swap_used ?? 0,
    1.5 * availableLow * (values.mem_outside_pools ?? 0) - (values.mem_available_with_arc ?? 0),
  );

const fixOf = (model: Model, idle: readonly Idle[], thresholds: Thresholds): Pick<Remark, 'fix' | 'advice'> => {
  const request = reclaim(idle, wanted(model, thresholds));
  return request ? offer(model, request, { limits: thresholds.limits }) : {};
};

/** It swaps for another reason than that it lacks memory. Where that is unknown, it may lack it. */
const isRoomy = (model: Model, thresholds: Thresholds, stands: boolean): boolean =>
  model.host.values.mem_available_with_arc !== undefined && !isTight(model, thresholds, stands);

const notShort = (model: Model): string => `Yet it is not short: ${availableText(model)}`;

const nothingToTake = (model: Model, { limits }: Thresholds): string => {
  const silent = silentGuests(model, limits);
  return silent.length === 0
    ? 'No balloon has anything worth taking, so guests wait for the disk'
    : `No balloon is known to have anything worth taking: ${unknownUse(silent)}`;
};

export const hostSwappingIdle: Rule = {
  id: 'host-swapping-idle',
  word: 'swapping',
  title: 'Host swaps while guests have memory to spare',
  help:
    'The host moves more than the set rate to and from swap (mean of 15 s) with less than twice the share available where it is short, ' +
    'while balloons could take at least 256 MiB from guests without touching what they use. The host can’t know which of a ' +
    'guest’s pages are idle: the guest can.',
  strategy: 'balloon',
  severities: ['critical', 'warning'],
  sustain: 10,
  check(window, thresholds, stands) {
    const model = window.at(-1);
    const now = swapping(window, thresholds, stands('host'));
    if (!model || !now) return [];
    if (isRoomy(model, thresholds, stands('host'))) return [];
    const idle = idleMemory(model, thresholds.limits);
    const back = reclaimable(idle);
    if (!above(back, worthwhile, stands('host'))) return [];
    return [
      {
        subject: 'host',
        severity: now.severity,
        text: `${now.words}. Yet balloons could take about ${longBytes(back)} that guests have and do not use.`,
        numbers: now.numbers,
        ...fixOf(model, idle, thresholds),
      },
    ];
  },
};

export const hostSwapping: Rule = {
  id: 'host-swapping',
  word: 'swapping',
  title: 'Host swaps',
  help:
    'The host moves more than the set rate to and from swap (mean of 15 s), and balloons have nothing worth taking ' +
    '(less than 256 MiB). Guests wait for the disk without knowing why. With more than twice the share available where it is ' +
    'short, something else than the host’s lack of memory makes it swap: a memory limit of a cgroup, a full NUMA node, or page cache.',
  strategy: 'swap',
  severities: ['critical', 'warning'],
  sustain: 10,
  check(window, thresholds, stands) {
    const model = window.at(-1);
    const now = swapping(window, thresholds, stands('host'));
    if (!model || !now) return [];
    const roomy = isRoomy(model, thresholds, false);
    if (!roomy && above(reclaimable(idleMemory(model, thresholds.limits)), worthwhile, false)) return [];
    return [
      {
        subject: 'host',
        severity: now.severity,
        text: `${now.words}. ${roomy ? notShort(model) : nothingToTake(model, thresholds)}.`,
        numbers: now.numbers,
        advice: roomy
          ? 'Look for a memory limit (cgroup) of what is in swap (systemd-cgtop -m, virsh memtune GUEST), for a full NUMA node, and for page cache that pushes guests out (vm.swappiness, disks with cache=none): no other guest’s balloon helps there.'
          : 'Move a guest away, or end what is not needed; more or faster swap only hides it.',
      },
    ];
  },
};
