import type { Control } from '../actions/gate/control.ts';
import type { Need } from '../fields/field.ts';
import { tooLate } from '../guests.ts';
import type { GuestId, GuestSample, HostSample, ProcessSample, Sample } from '../sample.ts';
import { bootedFor, type DemoGuest, pageSize } from './demo/guest.ts';
import { balloonPath, guestSample } from './demo/guest-sample.ts';
import { DemoHost } from './demo/host.ts';
import { hostSample } from './demo/host-sample.ts';
import type { Source } from './source.ts';

/** Seconds simulated before the first look, so that guests, swap and KSM have settled. */
const settling = 300;
/** The simulation goes in steps of at most this long; of a longer absence only the last part is simulated. Seconds. */
const longestStep = 1;
const longestAbsence = 600;

/** The parts of a HostSample that are only read when they are wanted; what a demo must do too, to be no better than life. */
const onDemand = new Set([
  'vmstat',
  'swaps',
  'pressure',
  'ksm',
  'pools',
  'nodes',
  'zswap',
  'zram',
  'sysctls',
  'thp',
  'stat',
  'processes',
  'kvm',
]);

const hostParts = (host: HostSample, wanted: ReadonlySet<string>): HostSample =>
  Object.fromEntries(Object.entries(host).filter(([part]) => !onDemand.has(part) || wanted.has(part)));

/** What was costly to read stays until it is read again. */
type Measured = Pick<ProcessSample, 'smaps_rollup' | 'smaps_time' | 'numa_maps' | 'numa_time'>;

const measure = (guest: GuestSample, wanted: ReadonlySet<Need>, time: number): Measured => {
  const { smaps_rollup, numa_maps } = guest.process;
  return {
    ...(smaps_rollup && wanted.has(`guest_smaps_rollup:${guest.pid}`) ? { smaps_rollup, smaps_time: time } : {}),
    ...(numa_maps && wanted.has(`guest_numa_maps:${guest.pid}`) ? { numa_maps, numa_time: time } : {}),
  };
};

const guestParts = (guest: GuestSample, wanted: ReadonlySet<Need>, measured: Measured): GuestSample => {
  const { status, stat, ksm_stat } = guest.process;
  return {
    ...guest,
    process: {
      ...(status ? { status } : {}),
      ...(stat ? { stat } : {}),
      ...(ksm_stat && wanted.has('guest_ksm_stat') ? { ksm_stat } : {}),
      ...measured,
    },
  };
};

/** For what the demo has nothing to do it with: settings of the host stay as they are. */
const unsimulated = async (): Promise<never> => {
  throw new Error('the simulated host changes only balloons and statistics; nothing was changed');
};

/** Does a QMP command as QEMU would, as far as the demo has anything to do it with. Throws an Error like the live one's. */
const execute = (
  guest: DemoGuest,
  sample: GuestSample,
  command: string,
  args: Readonly<Record<string, unknown>>,
): unknown => {
  const what = `${command} on ${guest.name}`;
  if (sample.monitor.state !== 'ok')
    throw new Error(`${what}: ${sample.monitor.reason ?? 'not reached yet'}; nothing was sent`);
  const refused = (why: string): Error => new Error(`${what}: QEMU refused: ${why}; nothing was changed`);
  const number = Number(args['value']);
  const { balloon } = sample.monitor;
  if (command === 'balloon' || command === 'query-balloon') {
    if (!balloon?.device) throw refused('No balloon device has been activated (DeviceNotActive)');
    if (command === 'query-balloon') return { actual: guest.actual };
    if (!(Number.isInteger(number) && number > 0)) throw refused("Parameter 'target' expects a size (GenericError)");
    guest.target = Math.min(number, guest.spec.size);
    return {};
  }
  if (command === 'qom-set' && args['path'] === balloonPath && args['property'] === 'guest-stats-polling-interval') {
    if (!balloon?.device) throw refused(`Device '${balloonPath}' not found (DeviceNotFound)`);
    if (!(Number.isInteger(number) && number >= 0))
      throw refused('timer value must be greater than zero (GenericError)');
    guest.pollingInterval = number;
    return {};
  }
  if (command.startsWith('query-')) return {};
  throw refused(`The command ${command} has not been found (CommandNotFound)`);
};

/** Apart by more, the wall clock was set. Seconds. */
const clockSlack = 0.5;

/**
 * A simulated host of 128 GiB with lively guests, for looking around and for tests. Everything follows from `seed` and
 * from what `clock` (wall clock, seconds) says when it is made, looked at or changed, and from how much later that is by
 * `steady` (seconds, of a clock that nobody sets): the same again gives equal Samples.
 */
export const createDemoSource = (
  options: { readonly seed?: number; readonly clock?: () => number; readonly steady?: () => number } = {},
): Source => {
  const { clock = () => Date.now() / 1000, steady = options.clock ?? (() => performance.now() / 1000) } = options;
  const start = steady();
  /** The wall clock at which the demo began, as the clock has it now. */
  let begin = clock();
  const host = new DemoHost(options.seed ?? 1, -settling);
  let time = -settling;

  /** Lets the simulated world catch up, whatever became of the wall clock meanwhile. */
  const advance = (): void => {
    const to = steady() - start;
    const now = clock() - to;
    // The two clocks run a little apart by themselves.
    if (Math.abs(now - begin) > clockSlack) begin = now;
    time = Math.max(time, to - longestAbsence);
    while (time < to) {
      const next = Math.min(to, time + longestStep);
      host.step(next, next - time, begin + next);
      time = next;
    }
  };
  const samples = (): GuestSample[] => host.guests.map(guest => guestSample(guest, time, begin + time));
  const find = (id: string): DemoGuest | undefined => host.guests.find(guest => guest.id === id);
  const measured = new Map<GuestId, Measured>();
  advance();

  const control: Control = {
    async execute(id, command, args) {
      advance();
      const guest = find(id);
      if (!guest) throw tooLate(command, id);
      return execute(guest, guestSample(guest, time, begin + time), command, args);
    },
    write: unsimulated,
    virsh: unsimulated,
    call: unsimulated,
    run: unsimulated,
    file: unsimulated,
    noteTarget(id, bytes) {
      const guest = find(id);
      if (guest) guest.noted = bytes;
    },
  };

  return {
    kind: 'demo',
    control,
    async look(wanted): Promise<Sample> {
      advance();
      const guests = samples();
      return {
        version: 1,
        time: begin + time,
        monotonic: bootedFor + time,
        pageSize,
        host: hostParts(hostSample(host, time), wanted),
        guests: guests.map(guest => {
          measured.set(guest.id, { ...measured.get(guest.id), ...measure(guest, wanted, begin + time) });
          return guestParts(guest, wanted, measured.get(guest.id) ?? {});
        }),
        problems: guests
          .filter(guest => guest.monitor.state === 'denied')
          .map(guest => ({ source: `guest ${guest.name}`, message: guest.monitor.reason ?? 'denied' })),
      };
    },
    async close() {},
  };
};
