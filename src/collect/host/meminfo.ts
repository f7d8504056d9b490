import type { Root } from '../../root.ts';
import type { Numbers } from '../../sample.ts';
import { type Found, foundAt, number, overKb, parseWith } from './layout.ts';
import { createNumbersReader } from './numbers.ts';
import type { Reader } from './reader.ts';

const line = new RegExp(`^(?:Node \\d+ )?([^:\\s][^:\\n]*):[ \\t]*(${number})( kB)?$`, 'dgm');

/** A node's meminfo is like the host's, with `Node 0 ` before each name. */
export const findMeminfo = (text: string): Found[] =>
  Array.from(text.matchAll(line), match => foundAt(match, 2, match[1] ?? '', match[3] ? overKb : 1));

/**
 * /proc/meminfo and /sys/devices/system/node/nodeN/meminfo. Lines are `Name:  123 kB`, in bytes here, or `Name:  123`
 * for a count of pages. Other lines are skipped.
 */
export const parseMeminfo = (text: string): Numbers => parseWith(findMeminfo, text);

export const createMeminfoReader = (root: Root): Reader<Numbers> =>
  createNumbersReader(root, '/proc/meminfo', findMeminfo, 'record');
