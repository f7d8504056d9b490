import type { Root } from '../../root.ts';
import type { Values } from '../../sample.ts';
import type { Reader } from './reader.ts';
import { createValuesReader, pathsIn } from './value.ts';

/**
 * /sys/kernel/mm/ksm: every file under its name, counts in pages and `general_profit` in bytes (it can be negative).
 * Which files there are depends on the kernel: `smart_scan`, `advisor_*`, `general_profit` and `ksm_zero_pages` came
 * between 6.1 and 6.7.
 */
export const createKsmReader = (root: Root): Reader<Values> =>
  createValuesReader(root, () => pathsIn(root, '/sys/kernel/mm/ksm'));
