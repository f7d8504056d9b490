import type { Root } from '../../root.ts';
import type { Numbers } from '../../sample.ts';
import { Parsed } from '../parsed.ts';
import { type FileKind, KeptFile } from './kept.ts';
import { type Find, Layout } from './layout.ts';
import type { Reader } from './reader.ts';

/** Reads one file of many numbers. */
export const createNumbersReader = (root: Root, path: string, find: Find, kind?: FileKind): Reader<Numbers> => {
  const file = new KeptFile(root, path, kind);
  const layout = new Layout(find);
  const numbers = new Parsed(bytes => layout.parse(bytes));
  return {
    read() {
      const bytes = file.bytes();
      return bytes && numbers.of(bytes);
    },
    close: () => file.close(),
  };
};
