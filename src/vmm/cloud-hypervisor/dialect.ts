import { known } from '../../known.ts';
import { own } from '../../own.ts';
import type { BalloonSample, MemoryPart } from '../../sample.ts';
import { amount, list, record, text } from '../answers.ts';
import { mainBackend } from '../backing.ts';
import { type Dialect, faultOf, type HttpGet, type Round } from '../dialect.ts';
import { MonitorError } from '../trouble.ts';

/** Cloud Hypervisor's API (its cloud-hypervisor.yaml): bytes; it has no statistics from inside a guest. */

const states: Readonly<Record<string, string>> = {
  Created: 'prelaunch',
  Running: 'running',
  Paused: 'paused',
  Shutdown: 'shutdown',
  BreakPoint: 'debug',
};

/** The memory itself, and each zone of it. */
const partsOf = (memory: Record<string, unknown>): Record<string, unknown>[] => [
  memory,
  ...list(memory['zones']).map(record),
];

const sizeOf = (part: Record<string, unknown>): number =>
  (amount(part['size']) ?? 0) + (amount(part['hotplugged_size']) ?? 0);

/** A zone's file is on a disk as far as can be told here; what was plugged later is of the same kind. */
const ramOf = (part: Record<string, unknown>): MemoryPart[] => {
  const shared = typeof part['file'] === 'string' ? 'file' : 'shmem';
  const about = {
    ...known({ id: text(part['id']) }),
    kind: part['hugepages'] === true ? 'hugetlb' : part['shared'] === true ? shared : 'anon',
    ...(part['mergeable'] === true ? {} : { merge: false as const }),
  } as const;
  const [size = 0, plugged = 0] = [amount(part['size']), amount(part['hotplugged_size'])];
  return [
    ...(size > 0 ? [{ use: 'base', ...about, size } as const] : []),
    ...(plugged > 0 ? [{ use: 'dimm', ...about, size: plugged } as const] : []),
  ];
};

/** `vm.info`: `{ config: { memory, balloon }, state, memory_actual_size }`. */
export const parseInfo = (answer: unknown): Round => {
  const { config, state, memory_actual_size: actual } = record(answer);
  const memory = record(record(config)['memory']);
  const parts = partsOf(memory);
  const whole = parts.reduce((sum, part) => sum + sizeOf(part), 0);
  const size = whole > 0 && amount(whole) !== undefined ? whole : undefined;
  const has = (key: string): boolean => parts.some(part => part[key] === true);
  const ram = parts.flatMap(ramOf);
  const status = own(states, text(state) ?? '');
  const { devices, vdpa, platform } = record(config);
  const { tdx, sev_snp: snp } = record(platform);
  return {
    known: {
      ...known({ status }),
      ...(size === undefined ? {} : { memory: { 'base-memory': size, 'plugged-memory': 0 } }),
      balloon: balloonOf(record(config)['balloon'], size, amount(actual)),
      ...(size === undefined
        ? {}
        : { memdevs: [{ size, share: has('shared'), merge: has('mergeable'), prealloc: has('prefault') }] }),
    },
    launch: {
      ...known({ size }),
      parts: ram,
      backend: mainBackend(ram),
      prealloc: has('prefault'),
      ...known({
        pinnedBy: list(devices).length > 0 ? 'VFIO' : list(vdpa).length > 0 ? 'vDPA' : undefined,
        confidential: tdx === true ? 'TDX' : snp === true ? 'SEV-SNP' : undefined,
      }),
    },
  };
};

/** `given` is null where the guest has no balloon; its size is what was asked of it. */
const balloonOf = (given: unknown, size: number | undefined, actual: number | undefined): BalloonSample => {
  if (typeof given !== 'object' || given === null) return { device: false };
  const held = amount(record(given)['size']);
  const deflate = record(given)['deflate_on_oom'];
  return {
    device: true,
    ...known({ actual }),
    ...(size === undefined || held === undefined ? {} : { target: Math.max(0, size - held) }),
    ...(typeof deflate === 'boolean' ? { deflateOnOom: deflate } : {}),
  };
};

export const cloudHypervisorDialect: Dialect<HttpGet> = {
  async round(get): Promise<Round> {
    const reply = await get('/api/v1/vm.info');
    if (reply.status !== 200) throw new MonitorError('busy', `its API tells no guest: ${faultOf(reply)}`);
    if (typeof reply.value !== 'object' || reply.value === null)
      throw new MonitorError('garbage', 'its API tells no guest');
    return parseInfo(reply.value);
  },
};
