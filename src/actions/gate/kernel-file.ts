import { constants } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { own } from '../../own.ts';
import type { Root } from '../../root.ts';
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
 * chosen one). The kernel can take seconds over it (finding hugepages, unmerging, dropping caches), and the screen goes
 * on meanwhile. Rejects with an Error that says what, why and what to do.
 */
export const writeKernelFile = async (root: Root, path: string, value: string): Promise<string> => {
  if (!allowed.test(path) || path.includes('..')) throw new Error(`${path}: kvmtop does not write there`);
  try {
    // Not for reading too: files such as compact_memory can only be written, and /proc/sys refuses even root. Nor is
    // anything made that was not there.
    await writeFile(root.path(path), value, { flag: constants.O_WRONLY });
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'error';
    const message = `${path} = ${value}: ${own(reasons, code) ?? code} (${code}); nothing was changed`;
    throw ['EACCES', 'EPERM', 'EROFS'].includes(code) ? new Refused(message) : new Error(message);
  }
  try {
    const text = (await readFile(root.path(path), 'utf8')).trim();
    return /\[([^\]]+)\]/.exec(text)?.[1] ?? text;
  } catch {
    // One that can only be written.
    return value;
  }
};
