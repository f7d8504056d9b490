import { known } from '../../known.ts';
import type { Backend, Manager } from '../../sample.ts';
import { parseBytes } from '../../units.ts';
import { splitCommandLine } from '../launch.ts';
import { describeAcceleration } from './acceleration.ts';
import { type LaunchOption, parseArguments, parseKeys } from './options.ts';
import { describePinned } from './pinned.ts';

/** Where a QMP monitor listens, as the command line says it. `fd` was handed over by libvirt; `other` can't be used. */
export type LaunchMonitor =
  | { readonly kind: 'unix'; readonly path: string }
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number }
  | { readonly kind: 'fd' }
  | { readonly kind: 'other'; readonly why: string };

/** What a QEMU command line tells. Sizes are bytes; what it does not say is absent. */
export interface Launch {
  readonly name?: string;
  readonly uuid?: string;
  readonly size?: number;
  readonly maxmem?: number;
  readonly backend: Backend;
  readonly memLock: boolean;
  readonly pinnedBy?: string;
  readonly confidential?: string;
  readonly prealloc: boolean;
  /** `-machine mem-merge=off`; absent when it is not off. */
  readonly memMerge?: false;
  /** Proxmox's `-id`. */
  readonly vmid?: number;
  /** QMP monitors in the order given; HMP ones are left out. */
  readonly monitors: readonly LaunchMonitor[];
  readonly manager?: Manager;
  /** `-readconfig` files: their options belong to the launch too. */
  readonly configs: readonly string[];
  /** QEMU left the folder it was started in, so relative paths no longer start at its cwd. */
  readonly daemonized: boolean;
  readonly accelerator?: string;
  readonly asyncPageFaults?: boolean;
  /** `-chroot`: QEMU opened its sockets before it changed its root. */
  readonly chroots: boolean;
}

/**
 * Reads the options of a QEMU process (those of its command line, then those of its configuration files).
 * `onHugetlbfs` tells whether a path of that process lies on a hugetlbfs.
 */
export const describeLaunch = (options: readonly LaunchOption[], onHugetlbfs: (path: string) => boolean): Launch => {
  const named = (name: string) => options.filter(option => option.name === name);
  /** The last word of several equal options holds, key by key. */
  const key = (name: string, wanted: string): string | undefined =>
    named(name)
      .findLast(option => option.keys.has(wanted))
      ?.keys.get(wanted);

  const name = key('name', 'guest');
  const uuid = named('uuid').at(-1)?.raw ?? smbiosUuid(named('smbios'));
  const size = sizeOf(key('memory', 'size'), 'm');
  const maxmem = sizeOf(key('memory', 'maxmem'), 'b');
  const monitors = findMonitors(options);
  const used = usedBackends(options);
  const memPath = named('mem-path').at(-1)?.raw;
  const manager = findManager(options, monitors);
  const mayMerge = key('machine', 'mem-merge');
  const vmid = Number(named('id').at(-1)?.raw);
  return {
    ...(name ? { name } : {}),
    ...(uuid ? { uuid: uuid.toLowerCase() } : {}),
    ...known({ size, maxmem }),
    backend: strongest([
      ...used.map(keys => backendOf(keys, onHugetlbfs)),
      memPath && onHugetlbfs(memPath) ? 'hugetlb' : 'anon',
    ]),
    memLock:
      isOn(key('overcommit', 'mem-lock')) || named('realtime').some(option => option.keys.get('mlock') !== 'off'),
    prealloc: named('mem-prealloc').length > 0 || used.some(keys => isOn(keys.get('prealloc'))),
    ...(mayMerge === undefined || isOn(mayMerge) ? {} : { memMerge: false }),
    ...(Number.isInteger(vmid) && vmid > 0 ? { vmid } : {}),
    monitors,
    ...(manager ? { manager } : {}),
    configs: named('readconfig').map(option => option.raw),
    daemonized: named('daemonize').length > 0,
    ...describeAcceleration(options),
    ...describePinned(options),
    chroots: named('chroot').length > 0 || key('run-with', 'chroot') !== undefined,
  };
};

/** `describeLaunch` of a raw /proc/PID/cmdline. */
export const parseCommandLine = (text: string, onHugetlbfs: (path: string) => boolean): Launch =>
  describeLaunch(parseArguments(splitCommandLine(text).slice(1)), onHugetlbfs);

/** `on-fault` (QEMU 10) locks too, only later. */
const isOn = (value: string | undefined): boolean =>
  value !== undefined && ['on', 'yes', 'true', 'y', 'on-fault'].includes(value);

/** QEMU takes a bare number as MiB for `size` and as bytes for `maxmem`. */
const sizeOf = (text: string | undefined, letter: 'm' | 'b'): number | undefined => {
  if (text === undefined) return undefined;
  const bytes = parseBytes(text, letter);
  return bytes === 0 ? undefined : bytes;
};

/** `-smbios type=1,uuid=` sets the guest's UUID as `-uuid` does (hw/smbios); Proxmox gives it so. */
const smbiosUuid = (options: readonly LaunchOption[]): string | undefined =>
  options.findLast(option => option.keys.get('type') === '1' && option.keys.has('uuid'))?.keys.get('uuid');

/** The `memory-backend-*` objects that hold guest RAM; others (ivshmem, NVDIMM labels) are not the guest's memory. */
const usedBackends = (options: readonly LaunchOption[]): ReadonlyMap<string, string>[] => {
  const ids = new Set<string | undefined>();
  for (const { name, keys } of options) {
    if (name === 'machine') ids.add(keys.get('memory-backend'));
    else if (name === 'numa' || (name === 'device' && /^(pc-dimm|virtio-mem)/.test(keys.get('driver') ?? ''))) {
      ids.add(keys.get('memdev'));
    }
  }
  ids.delete(undefined);
  return options
    .filter(({ name, keys }) => name === 'object' && keys.get('qom-type')?.startsWith('memory-backend-'))
    .map(option => option.keys)
    .filter(keys => ids.has(keys.get('id')));
};

const backendOf = (keys: ReadonlyMap<string, string>, onHugetlbfs: (path: string) => boolean): Backend => {
  const type = keys.get('qom-type');
  const path = keys.get('mem-path');
  if (isOn(keys.get('hugetlb')) || (path !== undefined && onHugetlbfs(path))) return 'hugetlb';
  // memfd and shm are shared unless told otherwise; a private file's pages become anonymous when they are written.
  const sharedByDefault = type === 'memory-backend-memfd' || type === 'memory-backend-shm';
  return isOn(keys.get('share') ?? (sharedByDefault ? 'on' : 'off')) ? 'shared' : 'anon';
};

const strongest = (backends: readonly Backend[]): Backend =>
  backends.includes('hugetlb') ? 'hugetlb' : backends.includes('shared') ? 'shared' : 'anon';

const findMonitors = (options: readonly LaunchOption[]): LaunchMonitor[] => {
  const chardev = (id: string | undefined): LaunchMonitor => {
    const found = options.find(option => option.name === 'chardev' && option.keys.get('id') === id);
    return found ? socketOf(found.keys) : { kind: 'other', why: `its chardev ${id ?? ''} is not there` };
  };
  return options.flatMap(({ name, raw, keys }): LaunchMonitor[] => {
    if (name === 'mon') return keys.get('mode') === 'control' ? [chardev(keys.get('chardev'))] : [];
    if (name !== 'qmp' && name !== 'qmp-pretty') return [];
    if (raw.startsWith('chardev:')) return [chardev(raw.slice('chardev:'.length))];
    return raw === 'none' ? [] : [legacySocket(raw)];
  });
};

/** The short form of `-qmp`: `unix:PATH,…` or `tcp:HOST:PORT,…`. */
const legacySocket = (raw: string): LaunchMonitor => {
  if (raw.startsWith('unix:')) return socketOf(parseKeys(`backend=socket,${withKey(raw.slice(5))}`));
  const tcp = /^tcp:(\[[^\]]*\]|[^:,]*):([^,]*),?(.*)$/.exec(raw);
  if (!tcp) return { kind: 'other', why: `its QMP monitor is on ${raw.split(':')[0] ?? ''}, not on a socket` };
  const keys = parseKeys(tcp[3] ?? '');
  return socketOf(
    keys
      .set('backend', 'socket')
      .set('host', tcp[1] ?? '')
      .set('port', tcp[2] ?? ''),
  );
};

const withKey = (text: string): string => (/^path=/.test(text) ? text : `path=${text}`);

const socketOf = (keys: ReadonlyMap<string, string>): LaunchMonitor => {
  if (keys.get('backend') !== 'socket') {
    return {
      kind: 'other',
      why: `its QMP monitor is on ${keys.get('backend') ?? 'an unknown chardev'}, not on a socket`,
    };
  }
  if (keys.has('fd')) return { kind: 'fd' };
  if (!isOn(keys.get('server'))) return { kind: 'other', why: 'its QMP monitor connects out and does not listen' };
  const path = keys.get('path');
  if (path !== undefined) {
    return isOn(keys.get('abstract')) ? { kind: 'other', why: 'its QMP socket is abstract' } : { kind: 'unix', path };
  }
  const host = (keys.get('host') ?? '').replace(/^\[(.*)\]$/, '$1');
  const port = Number(keys.get('port'));
  return Number.isInteger(port) && port > 0 && port < 65_536
    ? { kind: 'tcp', host, port }
    : { kind: 'other', why: 'its QMP socket has no address' };
};

const libvirtPath = /^(\/var\/lib\/libvirt|(\/var)?\/run\/libvirt|.*\/\.config\/libvirt)\//;

const findManager = (options: readonly LaunchOption[], monitors: readonly LaunchMonitor[]): Manager | undefined => {
  const sockets = monitors.flatMap(monitor => (monitor.kind === 'unix' ? [monitor.path] : []));
  const threads = options.some(
    ({ name, keys }) => name === 'name' && keys.has('guest') && isOn(keys.get('debug-threads')),
  );
  if (sockets.some(path => libvirtPath.test(path))) return 'libvirt';
  if (sockets.some(path => /^(\/var)?\/run\/qemu-server\/\d+\.qmp$/.test(path))) return 'proxmox';
  if (monitors.some(monitor => monitor.kind === 'fd')) return threads ? 'libvirt' : undefined;
  const hasId = options.some(({ name, raw }) => name === 'id' && /^\d+$/.test(raw));
  if (hasId) return 'proxmox';
  return threads && sockets.length === 0 && !monitors.some(monitor => monitor.kind === 'tcp') ? 'libvirt' : undefined;
};
