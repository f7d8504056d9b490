import type { Root } from '../../root.ts';
import type { Numbers, ZramSample } from '../../sample.ts';
import { KeptFile } from './kept.ts';
import type { Reader } from './reader.ts';

/** Kernel documentation, admin-guide/blockdev/zram: sizes are bytes, `same_pages` and the `…pages…` after it pages. */
const columns = [
  'orig_data_size',
  'compr_data_size',
  'mem_used_total',
  'mem_limit',
  'mem_used_max',
  'same_pages',
  'pages_compacted',
  'huge_pages',
  'huge_pages_since',
];

/** /sys/block/zramN/mm_stat: one line of numbers. Older kernels have fewer; what a newer one adds has no name yet. */
export const parseMmStat = (text: string): Numbers => {
  const words = text.trim().split(/\s+/);
  return Object.fromEntries(
    columns.flatMap((name, index) => {
      const word = words[index] ?? '';
      return /^-?\d{1,20}$/.test(word) ? [[name, Number(word)] as const] : [];
    }),
  );
};

/** No device is an empty list, no /sys/block unknown. */
export const createZramReader = (root: Root): Reader<readonly ZramSample[]> => {
  let devices: readonly { device: string; file: KeptFile }[] | undefined;
  const look = (): typeof devices => {
    const blocks = root.list('/sys/block');
    if (blocks.length === 0) return undefined;
    return blocks
      .filter(name => /^zram\d+$/.test(name))
      .sort((one, other) => Number(one.slice('zram'.length)) - Number(other.slice('zram'.length)))
      .map(device => ({ device, file: new KeptFile(root, `/sys/block/${device}/mm_stat`, 'page') }));
  };
  const close = (): void => {
    for (const { file } of devices ?? []) file.close();
    devices = undefined;
  };
  return {
    read() {
      devices ??= look();
      if (!devices) return undefined;
      const samples = devices.flatMap(({ device, file }) => {
        const text = file.text();
        return text === undefined ? [] : { device, stat: parseMmStat(text) };
      });
      // A device that was removed.
      if (samples.length < devices.length) close();
      return samples;
    },
    close,
  };
};
