import { own } from '../../own.ts';

/** How QEMU reads its own command line and `-readconfig` files, turned into one list of options. Pure. */

/** One option: `name` without dashes (`M` and `m` are `machine` and `memory`), `raw` as given, `keys` its `key=value`s. */
export interface LaunchOption {
  readonly name: string;
  readonly raw: string;
  readonly keys: ReadonlyMap<string, string>;
}

/** The key that a first word without `=` stands for, by option. */
const impliedKeys: Readonly<Record<string, string>> = {
  name: 'guest',
  memory: 'size',
  machine: 'type',
  chardev: 'backend',
  mon: 'chardev',
  object: 'qom-type',
  device: 'driver',
  netdev: 'type',
  numa: 'type',
  accel: 'accel',
  cpu: 'model',
};

/** The other names of options; a configuration file uses the long ones. */
const aliases: Readonly<Record<string, string>> = { m: 'memory', M: 'machine' };

/** Options whose value may start with a dash; for the others a dash starts the next option. */
const freeText = new Set(['append', 'kernel', 'initrd', 'fw_cfg']);

/**
 * `first,key=value,flag`: QEMU's own rules (util/qemu-option.c). A comma inside a value is doubled; a first word
 * without `=` belongs to `implied`; a later word without `=` is on, and one that starts with `no` is off.
 */
export const parseKeys = (text: string, implied?: string): Map<string, string> => {
  const keys = new Map<string, string>();
  let at = 0;
  for (let first = true; at < text.length; first = false) {
    let end = at;
    while (end < text.length && text[end] !== '=' && text[end] !== ',') end += 1;
    if (text[end] !== '=' && !(first && implied !== undefined)) {
      const word = text.slice(at, end);
      if (word.startsWith('no') && word.length > 2) keys.set(word.slice(2), 'off');
      if (word !== '') keys.set(word, 'on');
      at = end + 1;
      continue;
    }
    const key = text[end] === '=' ? text.slice(at, end) : (implied ?? '');
    const [value, next] = takeValue(text, text[end] === '=' ? end + 1 : at);
    keys.set(key, value);
    at = next;
  }
  return keys;
};

/** The value that starts at `from`, and where the next key starts. */
const takeValue = (text: string, from: number): [string, number] => {
  let value = '';
  let at = from;
  while (at < text.length) {
    if (text[at] === ',') {
      if (text[at + 1] !== ',') return [value, at + 1];
      at += 1;
    }
    value += text[at];
    at += 1;
  }
  return [value, at];
};

/** A JSON value flattened to QEMU's dotted keys; `true` and `false` become `on` and `off`. */
const flatten = (value: unknown, prefix: string, keys: Map<string, string>, depth = 0): void => {
  if (typeof value === 'object' && value !== null && depth < 8) {
    for (const [key, part] of Object.entries(value)) {
      flatten(part, prefix === '' ? key : `${prefix}.${key}`, keys, depth + 1);
    }
  } else if (typeof value === 'boolean') keys.set(prefix, value ? 'on' : 'off');
  else if (typeof value === 'string' || typeof value === 'number') keys.set(prefix, String(value));
};

const keysOf = (name: string, raw: string): ReadonlyMap<string, string> => {
  if (!raw.startsWith('{')) return parseKeys(raw, own(impliedKeys, name));
  const keys = new Map<string, string>();
  try {
    flatten(JSON.parse(raw), '', keys);
  } catch {
    // QEMU would not have started with it; an empty option tells nothing.
  }
  return keys;
};

/** The arguments of a QEMU process, without its own name (argv[0]). */
export const parseArguments = (args: readonly string[]): LaunchOption[] => {
  const options: LaunchOption[] = [];
  for (let at = 0; at < args.length; at += 1) {
    const word = args[at] ?? '';
    if (!/^--?[A-Za-z]/.test(word)) continue;
    const given = word.replace(/^--?/, '');
    const name = own(aliases, given) ?? given;
    const next = args[at + 1];
    const raw = next !== undefined && (!next.startsWith('-') || freeText.has(name)) ? next : '';
    if (raw !== '') at += 1;
    options.push({ name, raw, keys: keysOf(name, raw) });
  }
  return options;
};

/**
 * A `-readconfig` file: `[group]` or `[group "id"]`, then `key = "value"` lines. What stands outside of that form is
 * passed over, because QEMU has accepted the file already.
 */
export const parseConfig = (text: string): LaunchOption[] => {
  const options: { name: string; raw: string; keys: Map<string, string> }[] = [];
  for (const line of text.split('\n')) {
    const group = /^\s*\[\s*([\w-]+)(?:\s+"([^"]*)")?\s*\]/.exec(line);
    if (group) {
      const keys = new Map<string, string>(group[2] === undefined ? [] : [['id', group[2]]]);
      options.push({ name: own(aliases, group[1] ?? '') ?? group[1] ?? '', raw: '', keys });
      continue;
    }
    const pair = /^\s*([\w.-]+)\s*=\s*"([^"]*)"/.exec(line);
    if (pair) options.at(-1)?.keys.set(pair[1] ?? '', pair[2] ?? '');
  }
  return options;
};
