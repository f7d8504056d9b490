import { persistent, poolCounts } from '../../actions/hugepages/pool.ts';
import { known } from '../../known.ts';
import type { Model, PoolModel } from '../../model.ts';
import { exactBytes, longBytes } from '../../units.ts';
import { allHugepages } from '../../vmm/memory.ts';
import type { Remark, Rule } from '../finding.ts';
import { offer } from './fix.ts';
import { above } from './limit.ts';
import { counted, namesOf } from './names.ts';
import { isTight } from './room.ts';

const subjectOf = ({ pageSize }: PoolModel): string => `pool of ${exactBytes(pageSize)} pages`;

/** One remark for each of the host's pools (a node's are parts of those) of which something is so. */
const each = (
  window: readonly Model[],
  tell: (model: Model, pool: PoolModel) => Omit<Remark, 'subject'> | undefined,
): readonly Remark[] => {
  const model = window.at(-1);
  if (!model) return [];
  return model.pools.flatMap((pool): readonly Remark[] => {
    const told = pool.node === undefined && pool.values.total ? tell(model, pool) : undefined;
    return told ? [{ subject: subjectOf(pool), ...told }] : [];
  });
};

/** The pool without what nobody uses. */
const shrunk = (model: Model, { pageSize, values }: PoolModel): Pick<Remark, 'fix' | 'advice'> => {
  const counts = poolCounts(model, pageSize, undefined);
  const idle = Math.floor((values.usable ?? 0) / pageSize);
  if (!counts) return {};
  const count = Math.max(0, persistent(counts) - idle);
  return offer(
    model,
    { action: 'hugepages', words: [exactBytes(pageSize), String(count)] },
    { advice: 'Keep it if a guest is about to start on it.' },
  );
};

export const poolIdle: Rule = {
  id: 'pool-idle',
  word: 'pool idle',
  title: 'Hugepage pool set aside and unused',
  help:
    'More than the set size of a hugepage pool is neither in use nor reserved, for a minute: that RAM is lost to everything ' +
    'else, and can’t be swapped or reclaimed. A warning where the host is short.',
  strategy: 'repair',
  severities: ['warning', 'notice'],
  sustain: 60,
  check: (window, thresholds, stands) =>
    each(window, (model, pool) => {
      const { usable, total } = pool.values;
      const standing = stands(subjectOf(pool));
      if (!above(usable, thresholds.poolIdle, standing)) return undefined;
      return {
        severity: isTight(model, thresholds, standing) ? 'warning' : 'notice',
        text: `${longBytes(usable)} of its ${longBytes(total)} are neither in use nor reserved: RAM that nothing else can use.`,
        numbers: known({ usable, total }),
        ...shrunk(model, pool),
      };
    }),
};

export const poolExhausted: Rule = {
  id: 'pool-exhausted',
  word: 'pool full',
  title: 'Hugepage pool exhausted',
  help:
    'Every page of a hugepage pool is in use or reserved. That is as it should be where it was sized for its guests; one more ' +
    'guest does not start. A warning where the pool had to grow beyond its size on demand: its next pages may not be found.',
  strategy: 'repair',
  severities: ['warning', 'notice'],
  sustain: 15,
  check: window =>
    each(window, (model, { pageSize, values: { usable, total, surplus = 0, overcommit = 0 } }) => {
      if (usable === undefined || usable >= pageSize || total === undefined) return undefined;
      const size = exactBytes(pageSize);
      const numbers = known({ total, usable, surplus, overcommit });
      const all = `All of its ${longBytes(total)} are in use or reserved`;
      // Without overcommit a surplus is what stayed when the pool was cut: as the operator wanted it.
      if (surplus === 0 || overcommit === 0)
        return {
          severity: 'notice',
          text: `${all}: one more guest on such pages ${overcommit > 0 ? `starts only if memory for them is found then (up to ${longBytes(overcommit)} on demand)` : 'does not start'}.`,
          numbers,
          advice: `Before starting one, grow the pool by its size: kvmtop do hugepages ${size} +COUNT.`,
        };
      return {
        severity: 'warning',
        text: `${all}, ${longBytes(surplus)} of them beyond its size: those go when their owners end, and may not be found again.`,
        numbers,
        ...offer(model, { action: 'hugepages', words: [size, String(Math.round(total / pageSize))] }),
      };
    }),
};

export const poolUnbalanced: Rule = {
  id: 'pool-unbalanced',
  word: 'unbalanced',
  title: 'Hugepage pool unbalanced between nodes',
  help:
    'A NUMA node has no free hugepage left in its part of a pool, while another has more than the set size free: a guest bound to the first ' +
    'does not start, though the pool as a whole has room.',
  strategy: 'repair',
  severities: ['notice'],
  sustain: 60,
  check: (window, thresholds, stands) =>
    each(window, (model, pool) => {
      const parts = model.pools
        .filter(({ pageSize, node }) => pageSize === pool.pageSize && node !== undefined)
        .sort((one, other) => (other.values.free ?? 0) - (one.values.free ?? 0));
      const [most, least] = [parts[0], parts.at(-1)];
      const room = most?.values.free;
      const none = least?.values.free;
      if (most === least || none === undefined || none >= pool.pageSize) return undefined;
      if (!above(room, thresholds.poolIdle, stands(subjectOf(pool)))) return undefined;
      const size = exactBytes(pool.pageSize);
      return {
        severity: 'notice',
        text: `Node ${least?.node} has no free page of it left, node ${most?.node} has ${longBytes(room)}: guests bound to node ${least?.node} do not start.`,
        numbers: known({ free: room, total: pool.values.total }),
        advice: `Move pages where guests need them: kvmtop do hugepages ${size} -COUNT node${most?.node}, then kvmtop do hugepages ${size} +COUNT node${least?.node}.`,
      };
    }),
};

export const hugepagesUnmerged: Rule = {
  id: 'hugepages-unmerged',
  word: 'unmerged',
  title: 'Guests on hugepages beside KSM',
  help:
    'KSM runs, and merges nothing of guests on hugepages; balloons give nothing of them back to the host, either. Worth knowing before ' +
    'counting on them where memory is short.',
  strategy: 'share',
  severities: ['notice'],
  sustain: 30,
  check(window) {
    const model = window.at(-1);
    if (model?.host.values.ksm_run !== 1) return [];
    const guests = model.guests.filter(({ sample }) => allHugepages(sample));
    if (guests.length === 0 || guests.length === model.guests.length) return [];
    return [
      {
        subject: 'KSM',
        severity: 'notice',
        text: `KSM runs, but merges nothing of ${counted(guests.length, 'guest')} of ${model.guests.length}, whose memory is in hugepages: ${namesOf(guests)}. Balloons free nothing of them, either.`,
        numbers: known({ ksm_run: model.host.values.ksm_run, guests: guests.length }),
        advice: 'Sharing and ballooning need guests on ordinary pages: transparent huge pages are those, too.',
      },
    ];
  },
};
