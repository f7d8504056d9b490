import { reportOf } from '../../actions/balloon/reports.ts';
import type { Limits } from '../../actions/limits.ts';
import type { GuestModel } from '../../model.ts';
import { hostFaults } from '../../policy/host-faults.ts';
import type { Setting } from '../../store/store.ts';
import { formatBytes, formatCount, formatRatio, unknown } from '../../units.ts';
import { type Span, span, type Tone } from '../line.ts';
import { type GuestColumn, guestList } from './guest-list.ts';
import { type Canvas, type Draw, heading, labelled, pairs, together } from './pane.ts';
import { pressureWorry, swapRateWorry } from './worry.ts';

interface Verdict {
  readonly text: string;
  readonly tone: Tone;
}

/** Why its own statistics say nothing, in a word or two; `undefined` where they do. */
const unreported = (guest: GuestModel, limits: Limits): string | undefined => {
  switch (reportOf(guest, limits)) {
    case 'fresh':
      return guest.values.guest_swap_in === undefined ? 'inside unknown' : undefined;
    case 'off':
      return 'statistics off';
    case 'silent':
      return guest.sample.monitor.balloon?.device ? 'never reported' : 'inside unknown';
    case 'stalled':
      return guest.state === 'running' ? 'stopped reporting' : guest.state;
    case 'ahead':
      return 'clock is wrong';
  }
};

/**
 * Who makes the guest wait for memory: the host, the guest itself, both or nobody. A guest that stopped reporting may be
 * thrashing, so its last numbers say nothing; where a side is not known, that is told. `wholeHost`: major faults of the host a second.
 */
export const stallVerdict = (
  guest: GuestModel,
  { limits, thresholds }: Pick<Setting, 'limits' | 'thresholds'>,
  wholeHost: number | undefined,
): Verdict => {
  const { swap, host_major_faults: own, guest_swap_in: swapIn, guest_major_faults: guestFaults } = guest.values;
  const inside = unreported(guest, limits);
  const stopped = reportOf(guest, limits) === 'stalled' && guest.state === 'running';
  const { hostMajorFaults, guestMajorFaults, guestSwapIn } = thresholds;
  const byHost = (own ?? 0) >= hostMajorFaults && (swap ?? 0) > 0;
  const byItself = inside === undefined && (swapIn ?? 0) >= guestSwapIn;
  if (byHost && byItself) return { text: 'swapped on both sides', tone: 'bad' };
  if (byHost) return { text: 'swapped by the host', tone: 'bad' };
  if (byItself) return { text: 'swaps inside', tone: 'warn' };
  if (stopped) return { text: 'stopped reporting', tone: 'warn' };
  if ((own ?? 0) >= guestMajorFaults) return { text: 'host reads files back', tone: 'warn' };
  if (inside === undefined && (guestFaults ?? 0) >= guestMajorFaults)
    return { text: 'reads its disk back', tone: 'warn' };
  const { most = Number.POSITIVE_INFINITY } = hostFaults(guest, own, wholeHost);
  if ((swap ?? 0) > 0) return { text: most < hostMajorFaults ? 'idle part in swap' : 'part in swap', tone: 'dim' };
  if (own === undefined || swap === undefined) return { text: 'host side unknown', tone: 'dim' };
  return { text: inside === undefined ? '-' : `- (${inside})`, tone: 'dim' };
};

/** How many guests are seen to wait. Before rates are known, at the first look, nothing is seen of anybody. */
const seenToWait = ({ model: { guests, host }, state: { setting } }: Canvas): Span => {
  const stalled = guests.filter(guest =>
    ['bad', 'warn'].includes(stallVerdict(guest, setting, host.values.major_faults).tone),
  ).length;
  if (stalled > 0) return span(`${stalled} of ${guests.length} guests`, 'warn');
  return guests.length > 0 && guests.every(({ values }) => values.host_major_faults === undefined)
    ? span('not known', 'dim')
    : span('no guest is seen to wait', 'good');
};

/** What the whole host waits for. */
export const stallPane: Draw = canvas => {
  const { state, model, width, height } = canvas;
  const host = model.host.values;
  const { thresholds } = state.setting;
  const pressure = pressureWorry(host, thresholds);
  return [
    heading('Waiting for memory', canvas, [seenToWait(canvas)]),
    pairs(
      width,
      labelled('host pressure some', formatRatio(host.psi_mem_some_avg10), pressure),
      labelled('full', formatRatio(host.psi_mem_full_avg10), pressure),
      together(
        labelled('swap in', `${formatBytes(host.swap_in)}/s`, swapRateWorry(host.swap_in, thresholds)),
        labelled('out', `${formatBytes(host.swap_out)}/s`, swapRateWorry(host.swap_out, thresholds)),
      ),
      labelled('major faults', `${formatCount(host.major_faults)}/s`),
    ),
    [span('HMAJFLT (under KVM: at least) and SWAP: the host’s side, unseen by the guest.', 'dim')],
    [
      span(
        `ASYNC: was offered to run on until a page is there.${width < 100 ? '' : ' KVMFLT: all its faults.'}`,
        'dim',
      ),
    ],
  ].slice(0, height);
};

/** Rows of `stallPane`. */
export const stallRows = 4;

const verdictColumn = (setting: Setting, wholeHost: number | undefined): GuestColumn => ({
  title: 'VERDICT',
  width: 21,
  left: true,
  cell: guest => stallVerdict(guest, setting, wholeHost),
});

/** Asynchronous page faults, as the guest was offered them. */
const asyncColumn: GuestColumn = {
  title: 'ASYNC',
  width: 5,
  cell: ({ sample }) => {
    const offered = sample.launch.asyncPageFaults;
    return { text: offered === undefined ? unknown : offered ? 'yes' : 'no', tone: 'dim' };
  },
};

/** The guests, and who makes them wait. */
export const stalledPane: Draw = canvas =>
  guestList(canvas, [
    verdictColumn(canvas.state.setting, canvas.model.host.values.major_faults),
    'host_major_faults',
    'swap',
    'guest_swap_in',
    'guest_swap_out',
    'guest_major_faults',
    asyncColumn,
    'kvm_faults',
    'stats_age',
  ]);
