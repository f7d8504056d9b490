import type { Model } from '../../model.ts';
import { longBytes } from '../../units.ts';
import type { Decision, Decisions, Policy } from '../policy.ts';
import { candidatesOf, hostUnknown, resize } from './candidates.ts';
import { histories } from './history.ts';
import { type Need, needOf } from './kvmtop/guest.ts';
import { type HostState, hostState, roomy } from './kvmtop/host.ts';
import { decideKsm } from './kvmtop/ksm.ts';
import { actualSizes, floorsOf, giveBack, grant, take, yieldOf } from './kvmtop/moves.ts';
import { sum } from './share-out.ts';

/** Of what is available beyond the line, at most this share is given back in one round: then it is looked again. */
const returnShare = 0.5;

/** Of what there is to give in a round, one guest gets at most this part: what it says of itself may not be so. */
const largestPart = 0.8;

/** What the guests that may be asked have beyond what they keep: all that balloons could ever bring now. Bytes. */
const potential = (needs: readonly Need[], { pressure }: HostState): number => {
  const floor = floorsOf(pressure).at(-1);
  return sum(
    needs.map(need =>
      need.inNeed || need.stuck || !need.idle || !floor ? 0 : Math.max(0, need.one.actual - floor(need)),
    ),
  );
};

/** Said when balloons can't cover it. Nothing of it is a forecast. */
const lacking = (needs: readonly Need[], host: HostState, granted: number): Decisions['skipped'] => {
  const unmet = sum(needs.map(({ lacks, inNeed }) => (inNeed ? lacks : 0))) - granted;
  const short = host.available < host.reserve ? host.reserve - host.available - potential(needs, host) : 0;
  const lack = Math.max(0, short) + (host.pressure === 'calm' ? 0 : Math.max(0, unmet));
  return lack <= 0
    ? []
    : [
        {
          subject: 'host',
          why: `short by ${longBytes(lack)} that no balloon can give: migrate a guest, or add memory`,
        },
      ];
};

/** Said of guests that would be asked for memory, were it not asked for already. */
const stuck = (needs: readonly Need[]): Decisions['skipped'] =>
  needs
    .filter(need => need.stuck)
    .map(({ one: { guest, actual } }) => ({
      subject: guest.name,
      guest: guest.id,
      why: `its balloon stands still at ${longBytes(actual)}, though ${longBytes(guest.values.balloon_target)} was asked for: it is not asked for more`,
    }));

const whyOf = ({ one, inNeed, wants }: Need, host: HostState, target: number): string => {
  const has = `it uses ${longBytes(one.used)} of ${longBytes(one.actual)}`;
  const state = `${longBytes(host.available)} of the host are available, its reserve is ${longBytes(host.reserve)}`;
  if (target < one.actual) return `${has}; ${state}`;
  if (inNeed) return `${has} and is in need of memory; ${state}`;
  return wants > 0 ? `${has}, less than it should have free; ${state}` : `${state}: it gets back what it had; ${has}`;
};

/**
 * What guests in need get of the reserve in this round, where `beyond` (negative: below) the reserve is available: a little
 * at a time, but what is worth a change. Bytes.
 */
const spent = (needs: readonly Need[], { spendable, spendStep }: HostState, beyond: number): number => {
  const worthwhile = needs.map(({ inNeed, smallest }) => (inNeed ? smallest : 0));
  return Math.max(0, Math.min(spendable + Math.min(0, beyond), Math.max(spendStep, ...worthwhile)));
};

/** Target sizes in the order of `needs`. Bytes. */
const targets = (
  needs: readonly Need[],
  host: HostState,
): { readonly sizes: readonly number[]; readonly granted: number } => {
  const coming = sum(needs.map(need => need.coming));
  const untouched = sum(needs.map(need => need.untouched));
  const wants = sum(needs.map(need => need.wants));
  const room = host.expected + coming - untouched - host.reserve;
  const needed = Math.max(0, host.shortfall - coming) + Math.max(0, wants - Math.max(0, room));
  const yields = yieldOf(needs, host.pressure);
  const taken = take(needs, needed / yields, host.pressure);
  const beyond = room + yields * (sum(actualSizes(needs)) - sum(taken));
  const there = Math.max(0, beyond);
  const extra = spent(needs, host, beyond);
  const most = Math.max(extra, largestPart * there);
  const atOnce = (need: Need): number => Math.min(need.wants, Math.max(need.smallest, most));
  const wished = sum(needs.map(atOnce));
  const urgent = sum(needs.map(need => (need.inNeed ? atOnce(need) : 0)));
  const granted = Math.max(Math.min(wished, there), Math.min(urgent, there + extra));
  const sizes = granted > 0 ? grant(needs, taken, granted, atOnce) : taken;
  const spare = host.expected - untouched - granted - roomy * host.reserve;
  return {
    sizes: host.pressure === 'calm' && spare > 0 ? giveBack(needs, sizes, returnShare * spare) : sizes,
    granted,
  };
};

/**
 * kvmtop's own: a guest has what it really uses and some room, the host keeps its reserve available, and nothing moves
 * without need.
 *
 * The host is calm, short (MemAvailable below the reserve now, or in 10 s at its trend, until 1.2 reserves are there) or
 * critical (below half of it, or swapping or stalled while short). A guest's need is what it uses without its page cache, as
 * its trend will have it, and a margin. Between a lower margin, below which it gets memory, and an upper one, down to which
 * it is asked for some, it is left alone. One that swaps, faults or has next to nothing available is in need: it gets
 * half of its size at once, from what the host has beyond its reserve and from what others have idle: never all of that, and
 * nothing as long as the host sees that it has not touched what it has, whatever it says. If that is not enough, a little in each round from up to a fifth of the reserve, while the host does not swap. Who wants least for its
 * shares comes first: shared out evenly, what is not enough for all would leave all of them standing still.
 *
 * What the host lacks is taken from free memory first, then from page cache, and when critical from the margins: always
 * from who has most for its shares (weighted max-min), in limited steps, smaller near its floor;
 * and more than is lacking where the host holds only a part of what guests leave idle. When calm, with 1.5
 * reserves available, half of what is beyond them is given back each time until all guests have their full size. What was
 * given and not touched yet is not given twice, what is still coming is not taken twice, and who grew does not shrink
 * (unless critical), nor who shrank grow (unless in need), for 45 s.
 *
 * KSM runs below two reserves while it earns something: share first, balloon second. All state is in the Models: the
 * policy remembers nothing.
 */
export const kvmtop: Policy = {
  id: 'kvmtop',
  title: 'kvmtop',
  help: 'Keeps the reserve available: takes idle memory from the idlest, gives it to guests in need at once, returns it when there is room; runs KSM before memory is short.',
  every: 5,
  window: 60,

  decide(models, settings) {
    const model = models.at(-1) as Model;
    const host = hostState(models, settings.reserve, settings.thresholds);
    if (!host) return hostUnknown('what is available on the host');
    const { candidates, skipped } = candidatesOf(model, settings);
    const past = histories(models);
    const needs = candidates.map(one => needOf(one, past.get(one.guest.id) ?? [], settings));
    const { sizes, granted } = targets(needs, host);
    const decisions = needs.flatMap((need, index): Decision[] => {
      const target = sizes[index] as number;
      const full = target >= need.one.maximum;
      if (Math.abs(target - need.one.actual) < need.smallest && !full) return [];
      const decision = resize(need.one, target, model.sample.pageSize, whyOf(need, host, target));
      return decision ? [decision] : [];
    });
    return {
      decisions: [...decisions, ...decideKsm(model, host)],
      skipped: [...skipped, ...stuck(needs), ...lacking(needs, host, granted)],
    };
  },
};
