import type { Root } from '../../root.ts';
import { settingsFiles } from '../../sample.ts';
import type { Reader } from './reader.ts';

/** The files of settings that kvmtop may have written, by path, as text; one that is not there is left out. */
export const createSettingsReader = (root: Root): Reader<Readonly<Record<string, string>>> => ({
  read() {
    const found: Record<string, string> = {};
    for (const path of settingsFiles) {
      const text = root.read(path);
      if (text !== undefined) found[path] = text;
      // There, but not for us: what it says is unknown.
      else if (root.denied.has(path)) return undefined;
    }
    return found;
  },
  close: () => undefined,
});
