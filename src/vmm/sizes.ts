import { own } from '../own.ts';
import { GiB, KiB, MiB } from '../units.ts';

const factors: Readonly<Record<string, number>> = {
  b: 1,
  k: KiB,
  m: MiB,
  g: GiB,
  t: 1024 * GiB,
  p: 1024 ** 2 * GiB,
  e: 1024 ** 3 * GiB,
};

/**
 * A size as QEMU reads it (util/cutils.c: do_strtosz()): decimal with a letter, a fraction before a letter, or hexadecimal.
 * A number without a letter is in `bare`; of `-m` that is where its last character is a digit. Bytes.
 */
export const parseSize = (text: string, bare: 'm' | 'b'): number | undefined => {
  const found = /^\s*\+?(?:(0x[\da-f]+)([kmgtp]?)|(\d+(?:\.\d*)?)([bkmgtpe]?))$/i.exec(text);
  const number = found?.[1] ?? found?.[3];
  if (number === undefined) return undefined;
  const letter = (found?.[2] ?? found?.[4] ?? '').toLowerCase();
  const factor = letter === '' && /\d$/.test(text) ? own(factors, bare) : own(factors, letter || 'b');
  const bytes = Math.floor(Number(number) * (factor ?? Number.NaN));
  return Number.isSafeInteger(bytes) && bytes > 0 ? bytes : undefined;
};

/** `on-fault` (QEMU 10) locks too, only later. */
export const isOn = (value: string | undefined): boolean =>
  value !== undefined && ['on', 'yes', 'true', 'y', 'on-fault'].includes(value);
