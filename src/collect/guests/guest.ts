import { basename } from 'node:path';
import type { Need } from '../../fields/field.ts';
import { known } from '../../known.ts';
import type { Root } from '../../root.ts';
import type { GuestId, GuestSample, LaunchSample, MonitorSample, Vmm } from '../../sample.ts';
import { type ApiLaunch, optionOf, readApiLaunch } from './launch/api-launch.ts';
import { splitCommandLine } from './launch/commandline.ts';
import { type Place, type ProcessLaunch, readLaunch } from './launch/launch.ts';
import type { Monitor, Patience } from './monitors/contract.ts';
import { ApiMonitor } from './monitors/http/api.ts';
import { cloudHypervisor } from './monitors/http/cloud-hypervisor.ts';
import { firecracker } from './monitors/http/firecracker.ts';
import { isDomainUuid, type Libvirt } from './monitors/libvirt/libvirt.ts';
import { GuestMonitor } from './monitors/qmp/monitor.ts';
import { programName } from './process/discovery.ts';
import type { ProcessStat } from './process/numbers.ts';
import type { ProcessReader } from './process/process.ts';

/** Longer names are cut: they come from a command line, which may have megabytes. */
const longestName = 256;

/** One guest for as long as its process lives. */
export interface Guest {
  readonly id: GuestId;
  readonly pid: number;
  readonly vmm: Vmm;
  readonly name: string;
  readonly reader: ProcessReader;
  readonly started: ProcessLaunch | undefined;
  /** Where its monitor listens, to tell guests that claim the same. */
  readonly places: readonly Place[];
  readonly monitor: Monitor | undefined;
  /** What is shown when `monitor` is not there. */
  readonly idle: MonitorSample;
  stat: ProcessStat;
  /** What the last look told of its launch: the same one as long as nothing more is known. */
  launch: LaunchSample | undefined;
  /** Why its monitor must not be used for now. */
  contested: string | undefined;
}

/** Whom to ask besides the process itself. `monitors`: whether to ask anybody. */
export interface Askable {
  readonly monitors: boolean;
  readonly libvirt: Libvirt | undefined;
  readonly patience: Patience;
}

/** Learns how a newly found process was started. `undefined` while it has no command line, or when it is gone. */
export const openGuest = (
  root: Root,
  pid: number,
  vmm: Vmm,
  reader: ProcessReader,
  askable: Askable,
): Guest | undefined => {
  const stat = reader.stat();
  const started = vmm === 'qemu' ? readLaunch(root, pid) : undefined;
  if (!stat || (vmm === 'qemu' && !started)) return undefined;
  const api = vmm === 'firecracker' || vmm === 'cloud-hypervisor' ? readApiLaunch(root, pid, vmm) : undefined;
  const launch = started?.launch;
  const idle = api ? idleApi(api, askable) : idleMonitor(started, askable);
  const { name } = launch ?? {};
  return {
    id: `${pid}.${stat.starttime}`,
    pid,
    vmm,
    name: (launch ? (name ?? `qemu-${pid}`) : otherName(root, pid)).slice(0, longestName),
    reader,
    started,
    places: started?.places ?? (api?.place ? [api.place] : []),
    monitor: idle ? undefined : started ? openMonitor(started, askable) : openApi(api, vmm, askable),
    idle: idle ?? { state: 'unasked' },
    stat,
    launch: undefined,
    contested: undefined,
  };
};

const openMonitor = ({ launch, places }: ProcessLaunch, { libvirt, patience }: Askable): Monitor => {
  const { name, uuid, size } = launch;
  // libvirtd holds the one connection; a second client would only wait, or break libvirt's.
  if (launch.manager === 'libvirt' && libvirt && uuid) return libvirt.open(uuid, size);
  return new GuestMonitor(places, { ...(name ? { name } : {}), ...(uuid ? { uuid } : {}) }, patience);
};

const openApi = (api: ApiLaunch | undefined, vmm: Vmm, { patience }: Askable): Monitor | undefined =>
  api?.place && new ApiMonitor(vmm === 'firecracker' ? firecracker(api.id) : cloudHypervisor, api.place, patience);

const foreign = 'monitors are not asked: the root is not this host';

const idleApi = ({ place, why }: ApiLaunch, { monitors }: Askable): MonitorSample | undefined => {
  if (!place) return { state: 'none', ...known({ reason: why }) };
  return monitors ? undefined : { state: 'none', reason: foreign };
};

/** What is shown of a monitor that is not to be asked; `undefined` when it is. */
const idleMonitor = (started: ProcessLaunch | undefined, { monitors, libvirt }: Askable): MonitorSample | undefined => {
  if (!started) return { state: 'none', reason: 'its monitor is not QEMU: only its process can be seen' };
  if (started.launch.manager === 'libvirt') {
    if (!monitors || !libvirt) return { state: 'libvirt', reason: 'its monitor belongs to libvirt' };
    return isDomainUuid(started.launch.uuid ?? '')
      ? undefined
      : { state: 'libvirt', reason: 'its monitor belongs to libvirt, and it has no UUID to ask libvirt for' };
  }
  if (started.places.length === 0) return { state: 'none', ...(started.why ? { reason: started.why } : {}) };
  return monitors ? undefined : { state: 'none', reason: foreign };
};

/** Firecracker and its like name a guest by `--id`. */
const otherName = (root: Root, pid: number): string => {
  const words = splitCommandLine(root.read(`/proc/${pid}/cmdline`) ?? '');
  const id = optionOf(words, '--id');
  return id || `${programName(root.link(`/proc/${pid}/exe`) ?? basename(words[0] ?? 'vmm'))}-${pid}`;
};

/** The guest as it is now: its process read anew, and the last that its monitor said. */
export const sampleGuest = (
  guest: Guest,
  wanted: ReadonlySet<Need>,
  balloonTarget: number | undefined,
): GuestSample => {
  const monitor = monitorSample(guest);
  return {
    id: guest.id,
    pid: guest.pid,
    starttime: guest.stat.starttime,
    name: guest.name,
    vmm: guest.vmm,
    ...known({ manager: guest.started?.launch.manager }),
    launch: launchSample(guest, monitor),
    process: guest.reader.sample(guest.stat, wanted),
    monitor,
    ...known({ balloonTarget }),
  };
};

const monitorSample = (guest: Guest): MonitorSample => {
  if (guest.contested) return { state: 'none', reason: guest.contested };
  const sample = guest.monitor?.sample ?? guest.idle;
  if (guest.monitor && guest.stat.state === 'T') {
    return { ...sample, state: 'busy', reason: 'QEMU itself is stopped (SIGSTOP), so it does not answer' };
  }
  return sample;
};

/** A size that only a configuration file or QEMU's default gave is the one that QEMU reports. */
const launchSample = (guest: Guest, monitor: MonitorSample): LaunchSample => {
  if (!guest.started) return guest.monitor?.launch ?? {};
  const { uuid, size, maxmem, backend, memLock, prealloc, memMerge, vmid, accelerator, asyncPageFaults } =
    guest.started.launch;
  const told = size ?? monitor.memory?.['base-memory'];
  if (guest.launch && guest.launch.size === told) return guest.launch;
  guest.launch = {
    ...known({ uuid, size: told, maxmem }),
    backend,
    memLock,
    prealloc,
    ...known({ memMerge, vmid, accelerator, asyncPageFaults }),
  };
  return guest.launch;
};
