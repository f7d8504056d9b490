import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';
import { Root } from '../../../src/root.ts';

/** A root with these files, gone after the test. */
export const makeRoot = (files: Readonly<Record<string, string>>) => {
  const dir = mkdtempSync(join(tmpdir(), 'kvmtop-root-'));
  onTestFinished(() => rmSync(dir, { recursive: true }));
  const put = (path: string, text: string): void => {
    mkdirSync(dirname(join(dir, path)), { recursive: true });
    writeFileSync(join(dir, path), text);
  };
  for (const [path, text] of Object.entries(files)) put(path, text);
  return { root: new Root(dir), put, remove: (path: string) => rmSync(join(dir, path), { recursive: true }) };
};
