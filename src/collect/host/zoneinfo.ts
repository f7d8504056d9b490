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

/**
 * The kernel holds the lock of each zone while it writes about it, some 100 µs with a hundred processors, and nobody gets
 * memory of the zone meanwhile (mm/vmstat.c: walk_zones_in_node()). The lists change slowly, so one in so many reads will do.
 */
const readsBetweenLooks = 10;

export const createZoneinfoReader = (root: Root): Reader<Numbers> => {
  const file = new KeptFile(root, '/proc/zoneinfo');
  let reads = 0;
  let last: Numbers | undefined;
  return {
    read() {
      if (reads % readsBetweenLooks === 0) {
        const bytes = file.bytes();
        last = bytes && parseZoneinfo(bytes.toString('latin1'));
      }
      reads += 1;
      return last;
    },
    close() {
      file.close();
      reads = 0;
    },
  };
};
