import { known } from '../../known.ts';
import type { Backing, LaunchSample, MemoryPart } from '../../sample.ts';
import { mainBackend } from '../backing.ts';
import { isOn, parseSize } from '../sizes.ts';
import type { LaunchOption } from './options.ts';

/** What a QEMU command line tells of the guest's RAM. Pure. */

type Keys = ReadonlyMap<string, string>;

/** RAM on the command line, and the `memory-backend-*` object behind it; absent where QEMU makes it itself. */
interface Ram {
  readonly use: MemoryPart['use'];
  readonly id?: string;
  readonly backend?: Keys;
  readonly size?: number;
  readonly requested?: number;
}

/** `fileSystem` tells the type of the file system on which a path of the process lies. */
export const describeMemory = (
  options: readonly LaunchOption[],
  fileSystem: (path: string) => string | undefined,
): Pick<LaunchSample, 'size' | 'maxmem' | 'parts' | 'backend' | 'memLock' | 'prealloc' | 'memMerge'> => {
  const named = (name: string) => options.filter(option => option.name === name);
  const key = (name: string, wanted: string): string | undefined => lastOf(named(name), wanted);
  const backends = backendsOf(options);
  const whole = backends.get(key('machine', 'memory-backend') ?? '');
  // QEMU takes -m to be said after -machine, wherever it stands (system/vl.c: parse_memory_options()).
  const size =
    parseSize(key('memory', 'size') ?? '', 'm') ?? parseSize(key('machine', 'memory.size') ?? '', 'b') ?? sizeOf(whole);
  const maxmem = parseSize(key('memory', 'maxmem') ?? key('machine', 'memory.max-size') ?? '', 'b');
  const memPath = named('mem-path').at(-1)?.raw;
  const nodes = named('numa').flatMap(({ keys }): Ram[] => {
    const backend = backends.get(keys.get('memdev') ?? '');
    return backend ? [{ use: 'base', backend, ...known({ size: sizeOf(backend) }) }] : [];
  });
  const base: Ram = {
    use: 'base',
    ...known({ backend: whole ?? (memPath ? new Map([['mem-path', memPath]]) : undefined), size }),
  };
  const ram = [...(nodes.length > 0 ? nodes : [base]), ...pluggedOf(named('device'), backends)];
  const parts = ram.map(({ use, id, backend, size: bytes, requested }): MemoryPart => {
    const merge = backend?.get('merge');
    return {
      use,
      ...known({ id }),
      kind: backingOf(backend, fileSystem),
      ...known({ size: bytes, requested }),
      ...(merge === undefined || isOn(merge) ? {} : { merge: false }),
    };
  });
  const mayMerge = key('machine', 'mem-merge');
  return {
    ...known({ size, maxmem }),
    parts,
    backend: mainBackend(parts),
    memLock:
      isOn(key('overcommit', 'mem-lock')) || named('realtime').some(option => option.keys.get('mlock') !== 'off'),
    prealloc: named('mem-prealloc').length > 0 || ram.some(({ backend }) => isOn(backend?.get('prealloc'))),
    ...(mayMerge === undefined || isOn(mayMerge) ? {} : { memMerge: false }),
  };
};

/** The last word of several equal options holds, key by key. */
export const lastOf = (options: readonly LaunchOption[], key: string): string | undefined =>
  options.findLast(option => option.keys.has(key))?.keys.get(key);

/** The `memory-backend-*` objects, by id; some hold no RAM of the guest's (ivshmem, NVDIMMs, SGX). */
const backendsOf = (options: readonly LaunchOption[]): ReadonlyMap<string, Keys> =>
  new Map(
    options.flatMap(({ name, keys }): [string, Keys][] => {
      const id = keys.get('id');
      return name === 'object' && id !== undefined && keys.get('qom-type')?.startsWith('memory-backend-')
        ? [[id, keys]]
        : [];
    }),
  );

const sizeOf = (backend: Keys | undefined): number | undefined => parseSize(backend?.get('size') ?? '', 'b');

/** DIMMs and virtio-mem. NVDIMMs and virtio-pmem are disks of sorts: what is in them is no RAM of the guest's. */
const pluggedOf = (devices: readonly LaunchOption[], backends: ReadonlyMap<string, Keys>): Ram[] =>
  devices.flatMap(({ keys }): Ram[] => {
    const driver = keys.get('driver') ?? '';
    const backend = backends.get(keys.get('memdev') ?? '');
    if (!backend) return [];
    const about = { ...known({ id: keys.get('id'), size: sizeOf(backend) }), backend };
    if (driver === 'pc-dimm') return [{ use: 'dimm', ...about }];
    if (!/^virtio-mem(-|$)/.test(driver)) return [];
    return [{ use: 'virtio-mem', ...about, requested: parseSize(keys.get('requested-size') ?? '', 'b') ?? 0 }];
  });

const backingOf = (backend: Keys | undefined, fileSystem: (path: string) => string | undefined): Backing => {
  const path = backend?.get('mem-path');
  const type = path === undefined ? undefined : fileSystem(path);
  if (isOn(backend?.get('hugetlb')) || type === 'hugetlbfs') return 'hugetlb';
  // memfd and shm are shared unless told otherwise; a private file's pages become anonymous when they are written.
  const usual = /^memory-backend-(memfd|shm)$/.test(backend?.get('qom-type') ?? '') ? 'on' : 'off';
  if (!isOn(backend?.get('share') ?? usual)) return 'anon';
  return path === undefined || type === 'tmpfs' || type === 'ramfs' ? 'shmem' : 'file';
};
