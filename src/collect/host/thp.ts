import type { Root } from '../../root.ts';
import type { Values } from '../../sample.ts';
import type { Reader } from './reader.ts';
import { createValuesReader, pathsIn } from './value.ts';

const folder = '/sys/kernel/mm/transparent_hugepage';

/**
 * /sys/kernel/mm/transparent_hugepage: `enabled`, `defrag`, `shmem_enabled` as their chosen words, other files as
 * numbers, and those of its folder khugepaged as `khugepaged/NAME`. The folders of single sizes are left out.
 */
export const createThpReader = (root: Root): Reader<Values> =>
  createValuesReader(root, () => [
    ...pathsIn(root, folder).filter(([name]) => name !== 'khugepaged' && !name.startsWith('hugepages-')),
    ...pathsIn(root, `${folder}/khugepaged`).map(([name, path]) => [`khugepaged/${name}`, path] as const),
  ]);
