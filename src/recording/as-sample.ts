import type {
  BalloonSample,
  BalloonStats,
  GuestSample,
  HostProcess,
  HostSample,
  KvmSample,
  LaunchSample,
  MemoryDeviceSample,
  MemoryPart,
  MigrationSample,
  MonitorSample,
  NodeSample,
  PoolSample,
  Problem,
  ProcessSample,
  Sample,
  SwapSample,
  ZramSample,
} from '../sample.ts';
import { type Check, either, flag, list, number, object, oneOf, optional, record, text } from './check.ts';
import { isMoment } from './moment.ts';
import { RecordingError } from './tape.ts';

/** A word of a list that a later kvmtop may have made longer: whoever reads it takes what is not known for that. */
const word: Check<never> = text as Check<never>;

/** Wall clock, seconds. */
const moment: Check<number> = value => number(value) ?? (isMoment(value as number) ? undefined : '');

const numbers = record(number);
const values = record(either(number, text));

const process = object<HostProcess>({
  pid: number,
  starttime: number,
  name: text,
  uid: optional(number),
  user: optional(text),
  status: numbers,
  stat: numbers,
});

const kvm = object<KvmSample>({
  modules: list(text),
  parameters: values,
  flags: optional(list(text)),
  tlbEntries: optional(number),
  statistics: word,
  vms: record(numbers),
});

const host = object<HostSample>({
  hostname: optional(text),
  kernel: optional(text),
  uptime: optional(number),
  loadavg: optional(numbers),
  meminfo: optional(numbers),
  arc: optional(numbers),
  vmstat: optional(numbers),
  zoneinfo: optional(numbers),
  swaps: optional(list(object<SwapSample>({ path: text, type: text, size: number, used: number, priority: number }))),
  pressure: optional(object({ memory: optional(numbers), cpu: optional(numbers), io: optional(numbers) })),
  ksm: optional(values),
  pools: optional(list(object<PoolSample>({ pageSize: number, node: optional(number), counts: numbers }))),
  nodes: optional(list(object<NodeSample>({ id: number, meminfo: numbers }))),
  zswap: optional(values),
  zram: optional(list(object<ZramSample>({ device: text, stat: numbers }))),
  sysctls: optional(numbers),
  thp: optional(values),
  settings: optional(record(text)),
  stat: optional(numbers),
  processes: optional(list(process)),
  kvm: optional(kvm),
});

const launch = object<LaunchSample>({
  uuid: optional(text),
  size: optional(number),
  maxmem: optional(number),
  maxmemFormal: optional(oneOf(true)),
  parts: optional(
    list(
      object<MemoryPart>({
        use: oneOf('base', 'dimm', 'virtio-mem'),
        id: optional(text),
        kind: oneOf('anon', 'shmem', 'file', 'hugetlb'),
        size: optional(number),
        requested: optional(number),
        merge: optional(oneOf(false)),
      }),
    ),
  ),
  backend: optional(oneOf('anon', 'shared', 'hugetlb')),
  memLock: optional(flag),
  pinnedBy: optional(text),
  confidential: optional(text),
  prealloc: optional(flag),
  memMerge: optional(flag),
  accelerator: optional(text),
  asyncPageFaults: optional(flag),
  vmid: optional(number),
});

const stats = object<BalloonStats>({ lastUpdate: number, values: numbers, actual: optional(number) });

const balloon = object<BalloonSample>({
  device: flag,
  actual: optional(number),
  target: optional(number),
  path: optional(text),
  deflateOnOom: optional(flag),
  pollingInterval: optional(number),
  stats: optional(stats),
  earlier: optional(stats),
});

const migration = object<MigrationSample>({
  status: text,
  error: optional(text),
  blocked: optional(list(text)),
  values: numbers,
  ram: numbers,
});

const monitor = object<MonitorSample>({
  state: word,
  reason: optional(text),
  time: optional(number),
  path: optional(text),
  qemuVersion: optional(text),
  kvm: optional(flag),
  status: optional(text),
  memory: optional(numbers),
  balloon: optional(balloon),
  memdevs: optional(list(object({ size: number, share: flag, merge: flag, prealloc: flag }))),
  memtune: optional(numbers),
  memoryDevices: optional(
    list(
      object<MemoryDeviceSample>({
        type: text,
        id: optional(text),
        memdev: optional(text),
        path: optional(text),
        values: numbers,
      }),
    ),
  ),
  migrationLimits: optional(object({ bandwidth: optional(number), downtime: optional(number) })),
  migration: optional(migration),
});

const guest = object<GuestSample>({
  id: text,
  pid: number,
  starttime: number,
  name: text,
  vmm: word,
  manager: optional(word),
  launch,
  process: object<ProcessSample>({
    state: optional(text),
    status: optional(numbers),
    stat: optional(numbers),
    ksm_stat: optional(numbers),
    smaps_rollup: optional(numbers),
    smaps_time: optional(number),
    numa_maps: optional(numbers),
    numa_time: optional(number),
  }),
  monitor,
  balloonTarget: optional(number),
});

const sample = object<Sample>({
  version: oneOf(1),
  time: moment,
  monotonic: number,
  late: optional(numbers),
  pageSize: number,
  host,
  guests: list(guest),
  problems: list(object<Problem>({ source: text, message: text })),
  migrated: optional(list(text)),
});

/** Anything as a Sample. What is unknown here is kept. @throws RecordingError where it is none */
export const asSample = (value: unknown): Sample => {
  const wrong = sample(value);
  if (wrong === undefined) return value as Sample;
  if (wrong === '.version') {
    const { version } = value as { readonly version?: unknown };
    if (typeof version === 'number')
      throw new RecordingError(`a sample of the recording is of version ${version}: use a newer kvmtop`);
  }
  throw new RecordingError(
    `a sample of the recording is none: ${wrong === '' ? 'it is no object' : `${wrong.slice(1)} is not what it should be`}`,
  );
};
