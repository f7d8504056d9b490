import { known } from '../../known.ts';
import type { LaunchSample, Manager } from '../../sample.ts';
import type { Moved, ProcessView } from '../launch.ts';
import { isOn } from '../sizes.ts';
import { describeAcceleration } from './acceleration.ts';
import { describeMemory, lastOf } from './memory.ts';
import { findMonitors, type LaunchMonitor } from './monitors.ts';
import { applySets, type LaunchOption } from './options.ts';
import { describePinned } from './pinned.ts';

/** What a QEMU command line tells; what it does not say is absent. */
export interface Launch {
  readonly name?: string;
  readonly sample: LaunchSample;
  /** Whether it has a balloon. */
  readonly balloon: boolean;
  /** QMP monitors in the order given; HMP ones are left out. */
  readonly monitors: readonly LaunchMonitor[];
  readonly manager?: Manager;
}

/** How a QEMU leaves the folder, and the root, in which it opens its files: both once it has opened them all. */
export const movedOf = (options: readonly LaunchOption[]): Moved => {
  const named = (name: string) => options.filter(option => option.name === name);
  return {
    chroots: named('chroot').length > 0 || lastOf(named('run-with'), 'chroot') !== undefined,
    daemonized: named('daemonize').length > 0,
  };
};

/** Reads the options of a QEMU process, those of its configuration files where they stand. */
export const describeLaunch = (
  given: readonly LaunchOption[],
  view: Pick<ProcessView, 'words' | 'fileSystem' | 'listensAt' | 'hasMachine'>,
): Launch => {
  const options = applySets(given);
  const named = (name: string) => options.filter(option => option.name === name);
  const moved = movedOf(options);
  const name = lastOf(named('name'), 'guest');
  const uuid = named('uuid').at(-1)?.raw ?? smbiosUuid(named('smbios'));
  const written = findMonitors(options);
  const monitors = written.map(monitor => handedOver(monitor, view));
  const manager = findManager(options, written, monitors);
  const vmid = Number(named('id').at(-1)?.raw);
  const { size, maxmem, ...memory } = describeMemory(options, path => view.fileSystem(path, moved));
  return {
    ...(name ? { name } : {}),
    sample: {
      ...(uuid ? { uuid: uuid.toLowerCase() } : {}),
      ...known({ size, maxmem }),
      // Proxmox gives every guest whose memory can be plugged as much as its processor can address.
      ...(manager === 'proxmox' && maxmem !== undefined ? { maxmemFormal: true } : {}),
      ...memory,
      ...describePinned(options),
      ...(Number.isInteger(vmid) && vmid > 0 ? { vmid } : {}),
      ...describeAcceleration(options, { called: view.words[0] ?? '', machine: () => view.hasMachine() }),
    },
    balloon: options.some(
      option =>
        (option.name === 'device' && /^virtio-balloon(-|$)/.test(option.keys.get('driver') ?? '')) ||
        (option.name === 'balloon' && option.raw.startsWith('virtio')),
    ),
    monitors,
    ...known({ manager }),
  };
};

/** `-smbios type=1,uuid=` sets the guest's UUID as `-uuid` does (hw/smbios); Proxmox gives it so. */
const smbiosUuid = (options: readonly LaunchOption[]): string | undefined =>
  options.findLast(option => option.keys.get('type') === '1' && option.keys.has('uuid'))?.keys.get('uuid');

/** A socket that was handed over has a path, too, where it listens. */
const handedOver = (monitor: LaunchMonitor, view: Pick<ProcessView, 'listensAt'>): LaunchMonitor => {
  if (monitor.kind !== 'fd' || monitor.descriptor === undefined) return monitor;
  const path = view.listensAt(monitor.descriptor);
  return path === undefined ? monitor : { kind: 'unix', path };
};

const libvirtPath =
  /^(\/var\/lib\/libvirt|(\/var)?\/run\/(user\/\d+\/)?libvirt|.*\/\.config\/libvirt|.*\/libvirt\/qemu)\//;

/** `written`: as the words have them; `monitors`: with the paths of those that were handed over. */
const findManager = (
  options: readonly LaunchOption[],
  written: readonly LaunchMonitor[],
  monitors: readonly LaunchMonitor[],
): Manager | undefined => {
  const sockets = monitors.flatMap(monitor => (monitor.kind === 'unix' ? [monitor.path] : []));
  if (sockets.some(path => libvirtPath.test(path))) return 'libvirt';
  if (sockets.some(path => /^(\/var)?\/run\/qemu-server\/\d+\.qmp$/.test(path))) return 'proxmox';
  if (options.some(({ name, raw }) => name === 'id' && /^\d+$/.test(raw))) return 'proxmox';
  // libvirt writes `guest=`, and hands its monitor over, wherever that listens and whatever the operator adds. Kata hands one
  // over, too, and writes `-name sandbox-ID`.
  const isHanded = written.some(({ kind }) => kind === 'fd');
  if (!isHanded && written.some(({ kind }) => kind === 'unix' || kind === 'tcp')) return undefined;
  const names = options.filter(({ name, raw }) => name === 'name' && /(^|,)guest=/.test(raw));
  const threads = names.some(({ keys }) => isOn(keys.get('debug-threads')));
  const charmonitor = options.some(({ name, keys }) => name === 'chardev' && keys.get('id') === 'charmonitor');
  return names.length > 0 && (threads || charmonitor) ? 'libvirt' : undefined;
};
