import type { Need } from '../../fields/field.ts';
import { known } from '../../known.ts';
import type { Root } from '../../root.ts';
import type { GuestId, GuestSample, LaunchSample, MonitorSample, Vmm } from '../../sample.ts';
import { kindOf, vmms } from '../../vmm/kinds.ts';
import type { Started } from '../../vmm/launch.ts';
import type { Monitor } from './monitors/contract.ts';
import { type Askable, openMonitor } from './monitors/open.ts';
import { type Claims, Door } from './process/door.ts';
import type { ProcessStat } from './process/numbers.ts';
import type { ProcessReader } from './process/process.ts';
import type { LiveProcess } from './process/view.ts';

/** Longer names are cut: they come from a command line, which may have megabytes. */
const longestName = 256;

/** One guest for as long as its process lives. */
export interface Guest {
  readonly id: GuestId;
  readonly pid: number;
  readonly vmm: Vmm;
  readonly name: string;
  readonly reader: ProcessReader;
  readonly started: Started;
  readonly monitor: Monitor | undefined;
  /** What is shown when `monitor` is not there. */
  readonly idle: MonitorSample;
  stat: ProcessStat;
  /** What the last look told of its launch: the same one as long as nothing more is known. */
  launch: LaunchSample | undefined;
  /** Why its monitor must not be used for now. */
  contested: string | undefined;
  /** Whether its monitor said something else the last time than before: it is followed as if somebody looked. */
  moving: boolean;
  /** In which of the stretches of time in which guests that rest are asked once it was asked last. */
  turn: number | undefined;
}

/** Learns how a newly found process was started. `undefined` while it has no command line, or when it is gone. */
export const openGuest = (
  root: Root,
  view: LiveProcess,
  vmm: Vmm,
  reader: ProcessReader,
  { claims, ...askable }: Omit<Askable, 'way'> & { readonly claims: Claims },
): Guest | undefined => {
  const stat = reader.stat();
  const { pid } = view;
  const started = vmms[vmm].started(view);
  if (!stat || !started) return undefined;
  const opened = openMonitor(kindOf({ vmm, ...known({ manager: started.manager }) }), started, {
    ...askable,
    way: (place, what) => new Door(root, view, place, claims, what),
  });
  const monitor = 'ask' in opened ? opened : undefined;
  return {
    id: `${pid}.${stat.starttime}`,
    pid,
    vmm,
    name: started.name.slice(0, longestName),
    reader,
    started,
    monitor,
    idle: 'ask' in opened ? { state: 'unasked' } : opened,
    stat,
    launch: undefined,
    contested: undefined,
    moving: true,
    turn: undefined,
  };
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
    ...known({ manager: guest.started.manager }),
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
    const { title } = vmms[guest.vmm];
    return { ...sample, state: 'busy', reason: `${title} itself is stopped (SIGSTOP), so it does not answer` };
  }
  return sample;
};

/** Its monitor knows best. A size that only QEMU's default gave is the one that QEMU reports. */
const launchSample = (guest: Guest, monitor: MonitorSample): LaunchSample => {
  const { launch, byMachine } = guest.started;
  const told = guest.monitor?.launch;
  if (!launch || told) return told ? { ...launch, ...told } : {};
  const { uuid, size, ...rest } = launch;
  const booted = size ?? monitor.memory?.['base-memory'];
  const run = monitor.kvm === undefined ? undefined : byMachine?.[monitor.kvm ? 'kvm' : 'other'];
  const accelerator = run?.accelerator ?? launch.accelerator;
  if (guest.launch && guest.launch.size === booted && guest.launch.accelerator === accelerator) return guest.launch;
  guest.launch = { ...known({ uuid, size: booted }), ...rest, ...run };
  return guest.launch;
};
