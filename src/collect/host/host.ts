import type { Need } from '../../fields/field.ts';
import type { Root } from '../../root.ts';
import type { HostSample } from '../../sample.ts';
import { createArcReader } from './arc.ts';
import { createKsmReader } from './ksm.ts';
import { createKvmReader } from './kvm.ts';
import { createLoadavgReader } from './loadavg.ts';
import { createMeminfoReader } from './meminfo.ts';
import { createNodesReader } from './nodes.ts';
import { createPoolsReader, poolInMeminfo } from './pools.ts';
import { createPressureReader } from './pressure.ts';
import { createProcessesReader } from './processes.ts';
import type { Reader } from './reader.ts';
import { createSettingsReader } from './settings.ts';
import { createStatReader } from './stat.ts';
import { createSwapsReader } from './swaps.ts';
import { createSysctlsReader } from './sysctls.ts';
import { createThpReader } from './thp.ts';
import { createUptimeReader } from './uptime.ts';
import { createVmstatReader } from './vmstat.ts';
import { createZoneinfoReader } from './zoneinfo.ts';
import { createZramReader } from './zram.ts';
import { createZswapReader } from './zswap.ts';

export interface HostReader {
  /**
   * One look at the host: what is cheap always, the rest where it is wanted. What can't be read is absent. `note` is told
   * of counters right before they are read.
   */
  read(wanted: ReadonlySet<Need>, note?: (need: Need) => void): HostSample;
  /** Gives back all descriptors. */
  close(): void;
}

/** What rarely changes (names, lists of pools, nodes and files, what is missing) is looked up anew after so many reads. */
const readsBetweenLooks = 60;

/** Parts that have counters, which rates are made of. */
const counting: ReadonlySet<Need> = new Set<Need>(['vmstat', 'pressure', 'ksm', 'stat', 'processes', 'kvm']);

/** A HostSample with all its parts, to be filled. */
type Parts = { -readonly [Part in keyof HostSample]-?: HostSample[Part] };
type Readers = { readonly [Part in keyof Parts]: Reader<Parts[Part]> };

/** Reads the host's part of a Sample from /proc and /sys, again and again, through descriptors that stay open. */
export const createHostReader = (root: Root): HostReader => {
  const always = {
    hostname: createNameReader(root, '/proc/sys/kernel/hostname'),
    kernel: createNameReader(root, '/proc/sys/kernel/osrelease'),
    uptime: createUptimeReader(root),
    loadavg: createLoadavgReader(root),
    meminfo: createMeminfoReader(root),
    arc: createArcReader(root),
  };
  const onDemand = {
    vmstat: createVmstatReader(root),
    zoneinfo: createZoneinfoReader(root),
    swaps: createSwapsReader(root),
    pressure: createPressureReader(root),
    ksm: createKsmReader(root),
    pools: createPoolsReader(root),
    nodes: createNodesReader(root),
    zswap: createZswapReader(root),
    zram: createZramReader(root),
    sysctls: createSysctlsReader(root),
    thp: createThpReader(root),
    settings: createSettingsReader(root),
    stat: createStatReader(root),
    processes: createProcessesReader(root),
    kvm: createKvmReader(root),
  };
  const readers: Readers = { ...always, ...onDemand };
  const partsAlways = Object.keys(always) as (keyof typeof always)[];
  const partsOnDemand = Object.keys(onDemand) as (keyof typeof onDemand)[];

  const fill = <Part extends keyof Parts>(draft: Partial<Parts>, part: Part): void => {
    const value: Parts[Part] | undefined = readers[part].read();
    if (value !== undefined) draft[part] = value;
  };
  const close = (): void => {
    for (const reader of Object.values(readers)) reader.close();
  };

  let reads = 0;
  return {
    read(wanted, note) {
      reads += 1;
      if (reads % readsBetweenLooks === 0) close();
      const draft: Partial<Parts> = {};
      for (const part of partsAlways) fill(draft, part);
      for (const part of partsOnDemand) {
        if (!wanted.has(part)) continue;
        if (counting.has(part)) note?.(part);
        fill(draft, part);
      }
      const pool = wanted.has('pools') && !draft.pools && draft.meminfo ? poolInMeminfo(draft.meminfo) : undefined;
      if (pool) draft.pools = [pool];
      return draft;
    },
    close,
  };
};

/** A file of one name, such as the hostname. */
const createNameReader = (root: Root, path: string): Reader<string> => {
  let name: string | undefined;
  return {
    read() {
      name ??= root.read(path)?.trim();
      return name || undefined;
    },
    close() {
      name = undefined;
    },
  };
};
