import { readFileSync, writeFileSync } from 'node:fs';
import type { Root } from '../root.ts';
import { Refused } from './control.ts';

/** What the kernel means by refusing a value. */
const reasons: Readonly<Record<string, string>> = {
  EINVAL: 'the kernel does not take this value (now)',
  EBUSY: 'the kernel is busy with it: something must be undone first',
  EACCES: 'no privilege: run kvmtop as root',
  EPERM: 'no privilege: run kvmtop as root',
  EROFS: 'it is mounted read-only here, as in a container',
  ENOENT: 'this kernel has no such file',
  ENOMEM: 'the kernel found no memory for it',
};

/** Only settings of the kernel: the gate must not become a way to write any file. */
const allowed = /^\/(?:proc\/sys|sys\/kernel\/mm|sys\/devices\/system\/node\/node\d+)\/[\w./-]+$/;

/**
 * Writes a value into a file of /proc/sys or /sys and reads it back, without the last newline (a word in brackets is the
 * chosen one). Throws an Error that says what, why and what to do.
 */
export const writeKernelFile = (root: Root, path: string, value: string): string => {
  if (!allowed.test(path) || path.includes('..')) throw new Error(`${path}: kvmtop does not write there`);
  try {
    writeFileSync(root.path(path), value, { flag: 'r+' });
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'error';
    const message = `${path} = ${value}: ${reasons[code] ?? code} (${code}); nothing was changed`;
    throw ['EACCES', 'EPERM', 'EROFS'].includes(code) ? new Refused(message) : new Error(message);
  }
  try {
    const text = readFileSync(root.path(path), 'utf8').trim();
    return /\[([^\]]+)\]/.exec(text)?.[1] ?? text;
  } catch {
    // Files such as drop_caches and compact_memory can only be written.
    return value;
  }
};
