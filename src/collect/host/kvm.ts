import type { Root } from '../../root.ts';
import type { KvmSample, Numbers, Values } from '../../sample.ts';
import { readCpuinfo } from './cpuinfo.ts';
import type { Reader } from './reader.ts';
import { parseValueBytes, pathsIn } from './value.ts';
import { parseParameters } from './zswap.ts';

const folder = '/sys/kernel/debug/kvm';

/** Of some 80 files of a VM those that tell of memory: what it maps by page size, and its page faults. */
const telling = ['pages_4k', 'pages_2m', 'pages_1g', 'pf_taken', 'pf_fixed', 'pf_guest', 'remote_tlb_flush'];

/** `1234-17`: the process that opened the VM, and its descriptor. */
export const parseVmFolder = (name: string): number | undefined => {
  const [, pid] = /^(\d{1,10})-\d{1,10}$/.exec(name) ?? [];
  return pid === undefined ? undefined : Number(pid);
};

const valueIn = (bytes: Buffer | undefined): number | string | undefined => bytes && parseValueBytes(bytes);

/** Without privilege /sys/kernel/debug itself is closed; not mounted it is an empty folder, which nobody captures. */
const statisticsOf = (root: Root): KvmSample['statistics'] => {
  if (root.exists(folder)) return 'read';
  if (root.denied.has(folder)) return 'denied';
  return root.list('/sys/kernel/debug').length > 0 ? 'absent' : root.isHost ? 'unmounted' : 'uncaptured';
};

/**
 * A VM's statistics. The files are never kept open: an open one holds on to its VM (kvm_main.c, kvm_debugfs_open), so
 * that a guest that has ended would keep its memory.
 */
const readVms = (root: Root): Record<string, Numbers> => {
  const vms: Record<string, Record<string, number>> = {};
  for (const name of root.list(folder)) {
    const pid = parseVmFolder(name);
    if (pid === undefined) continue;
    vms[pid] ??= {};
    const sums = vms[pid];
    for (const key of telling) {
      const value = valueIn(root.streamed(`${folder}/${name}/${key}`));
      if (typeof value === 'number') sums[key] = (sums[key] ?? 0) + value;
    }
  }
  return vms;
};

const parametersOf = (root: Root, modules: readonly string[]): Values =>
  parseParameters(
    Object.fromEntries(
      modules.flatMap(module =>
        pathsIn(root, `/sys/module/${module}/parameters`).flatMap(([name, path]) => {
          const value = valueIn(root.bytes(path));
          return value === undefined ? [] : [[`${module}.${name}`, value] as const];
        }),
      ),
    ),
  );

/** KVM's modules, their parameters, the processor's flags, and the statistics of each VM. */
export const createKvmReader = (root: Root): Reader<KvmSample> => {
  /** What hardly ever changes. */
  let machine: Omit<KvmSample, 'statistics' | 'vms'> | undefined;
  const look = (): typeof machine => {
    const modules = root
      .list('/sys/module')
      .filter(name => /^kvm(_\w+)?$/.test(name))
      .sort();
    return { modules, parameters: parametersOf(root, modules), ...readCpuinfo(root) };
  };
  return {
    read() {
      machine ??= look();
      const statistics = statisticsOf(root);
      return machine && { ...machine, statistics, vms: statistics === 'read' ? readVms(root) : {} };
    },
    close() {
      machine = undefined;
    },
  };
};
