import { own } from '../../own.ts';
import { parseJson } from './json.ts';

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
  numa: 'type',
  accel: 'accel',
  cpu: 'model',
  netdev: 'type',
};

/** The other names of options; a configuration file uses the long ones. */
const aliases: Readonly<Record<string, string>> = { m: 'memory', M: 'machine' };

/**
 * Options without a value (qemu-options.hx of all versions). QEMU takes the word behind any other one as its value, also
 * where that starts with a dash.
 */
const switches: ReadonlySet<string> = new Set(
  `h help version S s usb snapshot daemonize nographic nodefaults no-user-config nodefconfig preconfig singlestep
  one-insn-per-tb only-migratable mem-prealloc enable-kvm disable-kvm no-kvm enable-hax no-kvm-irqchip no-kvm-pit
  no-kvm-pit-reinjection enable-nesting enable-fips no-reboot no-shutdown no-acpi no-hpet no-fd-bootchk win2k-hack
  rtc-td-hack tdf localtime full-screen portrait curses sdl no-frame no-quit alt-grab ctrl-grab show-cursor audio-help
  semihosting old-param async-teardown enable-sync-profile perfmap jitdump xen-attach xen-create
  xen-domid-restrict`.split(/\s+/),
);

/** Options that are read here, or have free text. Of one that is neither known to take a value, a dash starts the next. */
const valued: ReadonlySet<string> = new Set([
  ...Object.keys(impliedKeys),
  ...['append', 'kernel', 'initrd', 'dtb', 'fw_cfg', 'D', 'L', 'smbios', 'uuid', 'id', 'set', 'incoming', 'runas'],
  ...['qmp', 'qmp-pretty', 'monitor', 'serial', 'readconfig', 'mem-path', 'chroot', 'run-with', 'pidfile'],
  ...['overcommit', 'realtime', 'balloon', 'global'],
]);

/** Options whose value may be JSON instead. */
const json: ReadonlySet<string> = new Set(['object', 'device', 'netdev', 'blockdev']);

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
  if (!raw.startsWith('{') || !json.has(name)) return parseKeys(raw, own(impliedKeys, name));
  const keys = new Map<string, string>();
  // QEMU would not have started with what is none; an empty option tells nothing.
  flatten(parseJson(raw), '', keys);
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
    const takes = next !== undefined && !switches.has(name) && (valued.has(name) || !next.startsWith('-'));
    const raw = takes ? next : '';
    if (takes) at += 1;
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

/** `-set GROUP.ID.KEY=VALUE` changes an option that stands before it. */
export const applySets = (options: readonly LaunchOption[]): readonly LaunchOption[] => {
  if (!options.some(({ name }) => name === 'set')) return options;
  const changed = [...options];
  for (const [at, { name, raw }] of options.entries()) {
    const [, group, id, key = '', value = ''] =
      name === 'set' ? (/^([\w-]+)\.([^.]+)\.([^=]+)=(.*)$/s.exec(raw) ?? []) : [];
    const found = changed.findIndex(
      (option, index) => index < at && option.name === group && option.keys.get('id') === id,
    );
    const option = changed[found];
    if (option) changed[found] = { ...option, keys: new Map(option.keys).set(key, value) };
  }
  return changed;
};
