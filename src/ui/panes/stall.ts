import { statsStale } from '../../actions/balloon.ts';
import { defaultLimits, type Limits } from '../../actions/limits.ts';
import type { GuestModel } from '../../model.ts';
import { formatBytes, formatCount, formatRatio, unknown } from '../../units.ts';
import { span, type Tone } from '../line.ts';
import { type GuestColumn, guestList, numberColumn } from './guest-list.ts';
import { type Draw, heading, labelled, pairs } from './pane.ts';

/** Faults a second below which a guest's process only happens to touch a file of its own. */
const someFaults = 1;
/** Major faults a second that tell of a guest that reads its own programs back in, over and over. */
const manyFaults = 50;

interface Verdict {
  readonly text: string;
  readonly tone: Tone;
}

/** What the guest's own statistics are worth. */
const reports = (guest: GuestModel, limits: Limits): 'fresh' | 'stopped' | 'none' => {
  if (!statsStale(guest, limits)) return guest.values.guest_swap_in === undefined ? 'none' : 'fresh';
  return guest.state === 'running' && (guest.values.stats_interval ?? 0) > 0 ? 'stopped' : 'none';
};

/**
 * Who makes the guest wait for memory: the host, the guest itself, both or nobody. A guest that stopped reporting may be
 * thrashing, so its last numbers say nothing; where a side is not known, that is told.
 */
export const stallVerdict = (guest: GuestModel, limits: Limits = defaultLimits): Verdict => {
  const { swap, host_major_faults: hostFaults, guest_swap_in: swapIn, guest_major_faults: guestFaults } = guest.values;
  const inside = reports(guest, limits);
  const byHost = (hostFaults ?? 0) >= someFaults && (swap ?? 0) > 0;
  const byItself = inside === 'fresh' && (swapIn ?? 0) > 0;
  if (byHost && byItself) return { text: 'swapped on both sides', tone: 'bad' };
  if (byHost) return { text: 'swapped by the host', tone: 'bad' };
  if (byItself) return { text: 'swaps inside', tone: 'warn' };
  if (inside === 'stopped') return { text: 'stopped reporting', tone: 'warn' };
  if ((hostFaults ?? 0) >= manyFaults) return { text: 'host reads files back', tone: 'warn' };
  if (inside === 'fresh' && (guestFaults ?? 0) >= manyFaults) return { text: 'reads its disk back', tone: 'warn' };
  if ((swap ?? 0) > 0) return { text: 'idle part in swap', tone: 'dim' };
  if (hostFaults === undefined || swap === undefined) return { text: 'host side unknown', tone: 'dim' };
  return { text: inside === 'none' ? '- (inside unknown)' : '-', tone: 'dim' };
};

/** What the whole host waits for. */
export const stallPane: Draw = canvas => {
  const { state, model, width, height } = canvas;
  const host = model.host.values;
  const stalled = model.guests.filter(guest =>
    ['bad', 'warn'].includes(stallVerdict(guest, state.setting.limits).tone),
  ).length;
  const swapping = (host.swap_in ?? 0) > 0;
  return [
    heading('Waiting for memory', canvas, [
      span(
        stalled === 0 ? 'no guest is seen to wait' : `${stalled} of ${model.guests.length} guests`,
        stalled > 0 ? 'warn' : 'good',
      ),
    ]),
    pairs(
      width,
      labelled('host pressure some', formatRatio(host.psi_mem_some_avg10)),
      labelled('full', formatRatio(host.psi_mem_full_avg10)),
      labelled('swap in', `${formatBytes(host.swap_in)}/s`, swapping ? 'bad' : 'text'),
      labelled('out', `${formatBytes(host.swap_out)}/s`),
      labelled('major faults', `${formatCount(host.major_faults)}/s`),
    ),
    [span('HMAJFLT and SWAP: host side, which a guest can’t see: its memory is just slow.', 'dim')],
    [span('ASYNC: was offered to run on until a page is there. KVMFLT: all its faults.', 'dim')],
  ].slice(0, height);
};

/** Rows of `stallPane`. */
export const stallRows = 4;

const verdictColumn = (limits: Limits): GuestColumn => ({
  title: 'VERDICT',
  width: 21,
  left: true,
  cell: guest => stallVerdict(guest, limits),
});

/** Asynchronous page faults, as the guest was offered them. */
const asyncColumn: GuestColumn = {
  title: 'ASYNC',
  width: 6,
  cell: ({ sample }) => {
    const offered = sample.launch.asyncPageFaults;
    return { text: offered === undefined ? unknown : offered ? 'yes' : 'no', tone: 'dim' };
  },
};

/** The guests, and who makes them wait. */
export const stalledPane: Draw = canvas =>
  guestList(canvas, [
    verdictColumn(canvas.state.setting.limits),
    numberColumn('host_major_faults', 'bad'),
    numberColumn('swap', 'warn'),
    numberColumn('guest_swap_in', 'warn'),
    numberColumn('guest_swap_out', 'warn'),
    numberColumn('guest_major_faults'),
    asyncColumn,
    numberColumn('kvm_faults'),
    numberColumn('stats_age'),
  ]);
