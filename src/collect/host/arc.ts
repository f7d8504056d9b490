import type { Root } from '../../root.ts';
import type { Numbers } from '../../sample.ts';
import { type Found, foundAt, number, parseWith } from './layout.ts';
import { createNumbersReader } from './numbers.ts';
import type { Reader } from './reader.ts';

const line = new RegExp(`^(\\w+) +\\d+ +(${number})$`, 'dgm');

const findArcstats = (text: string): Found[] =>
  Array.from(text.matchAll(line), match => foundAt(match, 2, match[1] ?? ''));

/** /proc/spl/kstat/zfs/arcstats: two lines of heading, then `name type data`; bytes and events. Other lines are skipped. */
export const parseArcstats = (text: string): Numbers => parseWith(findArcstats, text);

/** ZFS's own cache; it is absent where ZFS is not loaded. */
export const createArcReader = (root: Root): Reader<Numbers> =>
  createNumbersReader(root, '/proc/spl/kstat/zfs/arcstats', findArcstats);
