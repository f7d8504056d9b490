import { WordsError } from '../../errors.ts';
import type { Model } from '../../model.ts';
import { longBytes } from '../../units.ts';
import type { Action } from '../action.ts';
import { refuse } from '../guest/guest.ts';

/** Clean page cache of files, bytes: tmpfs is not dropped, and what waits for the disk neither. */
const cleanCache = (model: Model): number | undefined => {
  const { cached, shmem, buffers, dirty, writeback } = model.host.values;
  if (cached === undefined || shmem === undefined || buffers === undefined || dirty === undefined) return undefined;
  return Math.max(0, cached - shmem + buffers - dirty - (writeback ?? 0));
};

const sum = (one: number | undefined, other: number | undefined): number | undefined =>
  one === undefined || other === undefined ? undefined : one + other;

/** What each value of /proc/sys/vm/drop_caches drops; kernel documentation, admin-guide/sysctl/vm. */
const kinds = {
  1: { what: 'clean page cache', bytes: cleanCache },
  2: { what: 'directory and inode caches', bytes: model => model.host.values.slab_reclaimable },
  3: {
    what: 'clean page cache, and directory and inode caches',
    bytes: model => sum(cleanCache(model), model.host.values.slab_reclaimable),
  },
} as const satisfies Record<number, { what: string; bytes: (model: Model) => number | undefined }>;

type Kind = keyof typeof kinds;

export const dropCaches: Action<Kind> = {
  id: 'drop-caches',
  title: 'Drop caches',
  help: 'Drop the clean page cache (1), dentries and inodes (2), or both (3). What is dropped must be read again from disk.',
  usage: '1|2|3',
  example: '1',

  parse(_model, [word, ...rest]) {
    if (word === undefined || !/^[123]$/.test(word) || rest.length > 0)
      throw new WordsError('drop-caches takes 1 (page cache), 2 (directories and inodes) or 3 (both)');
    return Number(word) as Kind;
  },

  plan(model, kind, request) {
    const { what, bytes } = kinds[kind];
    const summary = `Drop ${what}`;
    const frees = bytes(model);
    if (frees === undefined) return refuse(request, summary, 'what it would free is unknown');
    const { dirty } = model.host.values;
    return {
      request,
      subject: 'caches',
      summary,
      steps: [{ kind: 'write', path: '/proc/sys/vm/drop_caches', value: String(kind) }],
      effect: [
        `host: frees at most ${longBytes(frees)}; what programs have mapped or in use stays`,
        ...(kind !== 2 && dirty
          ? [`host: ${longBytes(dirty)} that wait for the disk stay: sync writes them first`]
          : []),
      ],
      warnings: [
        'what was cached must be read from disk again: guests whose disks the host caches are slow until then; it counts as available already',
      ],
    };
  },

  hint: model =>
    Object.entries(kinds)
      .map(([kind, { bytes }]) => `${kind}: at most ${longBytes(bytes(model))}`)
      .join(', '),
};
