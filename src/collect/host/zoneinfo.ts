import type { Root } from '../../root.ts';
import type { Numbers } from '../../sample.ts';
import { KeptFile } from './kept.ts';
import type { Reader } from './reader.ts';

const count = /^ +count: +(\d{1,15})$/gm;

/**
 * /proc/zoneinfo: of each zone, among much else, the free pages in the list of each processor (`pagesets`, `cpu: 0`,
 * `count: 123`). Their sum is kept: it is what neither MemFree nor any other line of meminfo counts. Absent when none is told.
 */
export const parseZoneinfo = (text: string): Numbers | undefined => {
  const counts = Array.from(text.matchAll(count), ([, pages]) => Number(pages));
  return counts.length === 0 ? undefined : { 'pagesets count': counts.reduce((sum, pages) => sum + pages, 0) };
};

export const createZoneinfoReader = (root: Root): Reader<Numbers> => {
  const file = new KeptFile(root, '/proc/zoneinfo');
  return {
    read() {
      const bytes = file.bytes();
      return bytes && parseZoneinfo(bytes.toString('latin1'));
    },
    close: () => file.close(),
  };
};
