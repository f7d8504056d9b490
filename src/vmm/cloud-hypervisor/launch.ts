import { known } from '../../known.ts';
import type { Backing, LaunchSample, MemoryPart } from '../../sample.ts';
import { MiB } from '../../units.ts';
import { mainBackend } from '../backing.ts';
import { nameOf, optionOf, type ProcessView, placesOf, type Started, stays } from '../launch.ts';
import { isOn, parseSize } from '../sizes.ts';

/** How a Cloud Hypervisor was started: its own options (docs/memory.md there), or an API socket and nothing else. */

type Keys = ReadonlyMap<string, string>;

/** Without `--memory size=`, MiB. */
const usualSize = 512;

/** `key=value,key=value` */
const parseKeys = (text: string): Keys =>
  new Map(text.split(',').map((pair): [string, string] => [pair.split('=', 1)[0] ?? '', pair.replace(/^[^=]*=?/, '')]));

/** What follows an option, up to the next: it may be given several values. */
const valuesOf = (words: readonly string[], name: string): Keys[] =>
  words.flatMap((word, at) => {
    if (word.startsWith(`${name}=`)) return [parseKeys(word.slice(name.length + 1))];
    if (word !== name) return [];
    const end = words.findIndex((other, index) => index > at && other.startsWith('--'));
    return words.slice(at + 1, end < 0 ? undefined : end).map(value => parseKeys(value));
  });

const backingOf = (keys: Keys, view: ProcessView): Backing => {
  const file = keys.get('file');
  const type = file === undefined ? undefined : view.fileSystem(file, stays);
  if (isOn(keys.get('hugepages')) || type === 'hugetlbfs') return 'hugetlb';
  if (!isOn(keys.get('shared'))) return 'anon';
  return file === undefined || type === 'tmpfs' ? 'shmem' : 'file';
};

const sizeOf = (keys: Keys, key: string): number | undefined => parseSize(keys.get(key) ?? '', 'b');

/** Boot memory, and what virtio-mem may plug: one of each for the memory itself and for every zone. */
const partsOf = (keys: Keys, plugs: boolean, view: ProcessView, usual?: number): MemoryPart[] => {
  const about = { kind: backingOf(keys, view), ...known({ id: keys.get('id') }) };
  const size = keys.has('size') ? sizeOf(keys, 'size') : usual;
  const room = sizeOf(keys, 'hotplug_size');
  return [
    ...(size === undefined ? [] : [{ use: 'base', ...about, size } as const]),
    ...(plugs && room !== undefined
      ? [{ use: 'virtio-mem', ...about, size: room, requested: sizeOf(keys, 'hotplugged_size') ?? 0 } as const]
      : []),
  ];
};

/** `undefined` where the guest comes by the API. */
const launchOf = (words: readonly string[], view: ProcessView): LaunchSample | undefined => {
  if (!['--kernel', '--firmware', '--memory'].some(name => optionOf(words, name) !== undefined)) return undefined;
  const memory = valuesOf(words, '--memory').at(-1) ?? new Map<string, string>();
  const zones = valuesOf(words, '--memory-zone');
  const all = [memory, ...zones];
  const plugs = memory.get('hotplug_method') === 'virtio-mem';
  const parts = [
    ...partsOf(memory, plugs, view, usualSize * MiB),
    ...zones.flatMap(zone => partsOf(zone, plugs, view)),
  ];
  const size = parts.reduce((sum, { use, size: bytes = 0 }) => sum + (use === 'base' ? bytes : 0), 0);
  const room = plugs ? undefined : sizeOf(memory, 'hotplug_size');
  const given = (name: string): boolean => valuesOf(words, name).length > 0;
  const platform = valuesOf(words, '--platform').at(-1);
  return {
    size,
    ...known({ maxmem: room === undefined ? undefined : size + room }),
    parts,
    backend: mainBackend(parts),
    prealloc: all.some(keys => isOn(keys.get('prefault'))),
    ...(all.some(keys => isOn(keys.get('mergeable'))) ? {} : { memMerge: false }),
    ...known({
      pinnedBy: given('--device') ? 'VFIO' : given('--vdpa') ? 'vDPA' : undefined,
      confidential: isOn(platform?.get('tdx')) ? 'TDX' : isOn(platform?.get('sev_snp')) ? 'SEV-SNP' : undefined,
    }),
  };
};

/** Its API's socket as the process knows it; `undefined` when it was handed over as an open descriptor. */
const socketOf = (words: readonly string[], view: ProcessView): string | undefined => {
  const given = optionOf(words, '--api-socket');
  const descriptor = /^fd=(\d{1,9})$/.exec(given ?? '')?.[1];
  return descriptor === undefined ? given?.replace(/^path=/, '') : view.listensAt(Number(descriptor));
};

export const readLaunch = (view: ProcessView): Started => {
  const words = view.words.slice(1);
  const launch = launchOf(words, view);
  return {
    name: nameOf(view, '--id'),
    expected: {},
    ...known({ launch }),
    ...(launch ? { balloon: { device: valuesOf(words, '--balloon').length > 0 } } : {}),
    ...placesOf(view, socketOf(words, view), 'an API socket'),
  };
};
