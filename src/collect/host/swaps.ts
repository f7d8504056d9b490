import type { Root } from '../../root.ts';
import type { SwapSample } from '../../sample.ts';
import { KeptFile } from './kept.ts';
import type { Reader } from './reader.ts';

const line = /^(\S+)\s+(\S+)\s+(\d{1,15})\s+(\d{1,15})\s+(-?\d{1,15})\s*$/;

/** The kernel writes space, tab, newline and backslash in a path as `\040` and so on. */
const unescapeOctal = (path: string): string =>
  path.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));

/**
 * /proc/swaps: a head line, then `path type size used priority`, sizes in kB, here in bytes. The path of a swap file
 * that was deleted ends with ` (deleted)`. Other lines are skipped.
 */
export const parseSwaps = (text: string): SwapSample[] =>
  text.split('\n').flatMap(row => {
    const [, path, type, size, used, priority] = line.exec(row) ?? [];
    if (path === undefined || type === undefined) return [];
    return {
      path: unescapeOctal(path),
      type,
      size: Number(size) * 1024,
      used: Number(used) * 1024,
      priority: Number(priority),
    };
  });

export const createSwapsReader = (root: Root): Reader<readonly SwapSample[]> => {
  const file = new KeptFile(root, '/proc/swaps');
  return {
    read() {
      const text = file.text();
      return text === undefined ? undefined : parseSwaps(text);
    },
    close: () => file.close(),
  };
};
