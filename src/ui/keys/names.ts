import { own } from '../../own.ts';
import type { Key } from './key.ts';

const names: Readonly<Record<string, string>> = {
  ' ': 'Space',
  pageup: 'PgUp',
  pagedown: 'PgDn',
  escape: 'Esc',
};

/** A key as it is printed on a keyboard. */
export const keyName = (name: string): string => {
  const control = /^ctrl-(.)$/.exec(name);
  if (control) return `Ctrl-${control[1]?.toUpperCase()}`;
  return own(names, name) ?? (name.length === 1 ? name : name.charAt(0).toUpperCase() + name.slice(1));
};

/** `Up, k`: every way to press it. */
export const keyNames = (key: Pick<Key, 'names'>): string => key.names.map(keyName).join(', ');
