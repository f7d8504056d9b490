import { known } from '../../known.ts';
import { own } from '../../own.ts';
import type { BalloonSample, BalloonStats, LaunchSample, MemoryPart, Numbers } from '../../sample.ts';
import { MiB } from '../../units.ts';
import { amount, record, text } from '../answers.ts';
import { mainBackend } from '../backing.ts';
import { type Dialect, faultOf, type HttpGet, type Reply, type Round } from '../dialect.ts';
import { earlierOf, withSize } from '../reports.ts';
import { parseStatistics } from '../statistics.ts';
import { MonitorError } from '../trouble.ts';

/** Firecracker's API (its firecracker.yaml): sizes of the balloon, not of the guest, are in MiB. */

const states: Readonly<Record<string, string>> = { 'Not started': 'prelaunch', Running: 'running', Paused: 'paused' };

/**
 * Firecracker does not say when the guest reported. So the time is that at which its numbers were last seen to change:
 * a driver that has stopped grows old, and a guest in which truly nothing happens does too.
 */
const statsOf = (
  values: Numbers | undefined,
  last: BalloonStats | undefined,
  now: number,
): BalloonStats | undefined => {
  if (!values) return undefined;
  const same =
    last !== undefined &&
    Object.keys(values).length === Object.keys(last.values).length &&
    Object.entries(values).every(([key, number]) => last.values[key] === number);
  return same ? last : { lastUpdate: now, values };
};

const mebibytes = (given: unknown): number | undefined => {
  const number = amount(given);
  return number === undefined ? undefined : number * MiB;
};

const ok = (reply: Reply): Record<string, unknown> => {
  if (reply.status !== 200) throw new MonitorError('garbage', `its API refuses to tell: ${faultOf(reply)}`);
  return record(reply.value);
};

const balloonOf = (
  config: Record<string, unknown>,
  statistics: Record<string, unknown> | undefined,
  size: number | undefined,
  last: BalloonSample | undefined,
  now: number,
): BalloonSample => {
  const rest = (held: number | undefined): number | undefined =>
    size === undefined || held === undefined ? undefined : Math.max(0, size - held);
  const actual = rest(mebibytes(statistics?.['actual_mib']));
  const target = rest(mebibytes(config['amount_mib']));
  const deflate = config['deflate_on_oom'];
  const stats = withSize(last, statsOf(parseStatistics(statistics), last?.stats, now), actual);
  const earlier = earlierOf(last, stats);
  return {
    device: true,
    ...known({ actual, target }),
    ...(typeof deflate === 'boolean' ? { deflateOnOom: deflate } : {}),
    pollingInterval: amount(config['stats_polling_interval_s']) ?? 0,
    ...(stats ? { stats } : {}),
    ...(earlier ? { earlier } : {}),
  };
};

/** Whether it is shared with a device of another process, only its configuration file tells. */
const ramOf = (machine: Record<string, unknown>, size: number | undefined, told: LaunchSample = {}): MemoryPart[] => {
  const pages = text(machine['huge_pages']) ?? 'None';
  const kind = pages === 'None' ? (told.parts?.[0]?.kind ?? 'anon') : 'hugetlb';
  return [{ use: 'base', kind, ...known({ size }) }];
};

/** Its name is the `--id` of its command line. */
export const firecrackerDialect: Dialect<HttpGet> = {
  async round(get, last, now, { expected: { name }, launch }): Promise<Round> {
    const about = ok(await get('/'));
    if (name !== undefined && typeof about['id'] === 'string' && about['id'] !== name)
      throw new MonitorError('identity', 'another guest answers there');
    const status = own(states, text(about['state']) ?? '');
    // Its memory is set before it starts, and never after.
    const machine = last?.known.status === 'prelaunch' || !last ? ok(await get('/machine-config')) : undefined;
    const size = machine ? mebibytes(machine['mem_size_mib']) : last?.launch.size;
    const ram = machine ? ramOf(machine, size, launch) : (last?.launch.parts ?? []);
    const config = await get('/balloon');
    // Without a balloon it says 400: not configured.
    const device = config.status === 200;
    const polled = device && (amount(record(config.value)['stats_polling_interval_s']) ?? 0) > 0;
    const statistics = polled ? await get('/balloon/statistics') : undefined;
    return {
      known: {
        ...known({ status }),
        ...(size === undefined ? {} : { memory: { 'base-memory': size, 'plugged-memory': 0 } }),
        balloon: device
          ? balloonOf(
              record(config.value),
              statistics?.status === 200 ? record(statistics.value) : undefined,
              size,
              last?.known.balloon,
              now,
            )
          : { device: false },
      },
      launch: { ...known({ size }), parts: ram, backend: mainBackend(ram) },
    };
  },
};
