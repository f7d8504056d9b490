import { isOn } from '../sizes.ts';
import { type LaunchOption, parseKeys } from './options.ts';

/** Where a QMP monitor listens, as the command line says it; `other` can't be used. */
export type LaunchMonitor =
  | { readonly kind: 'unix'; readonly path: string }
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number }
  /** On a socket that was handed over, as this descriptor; absent where it is none to connect to. */
  | { readonly kind: 'fd'; readonly descriptor?: number }
  | { readonly kind: 'other'; readonly why: string };

/** The QMP monitors, in the order given; HMP ones are left out. */
export const findMonitors = (options: readonly LaunchOption[]): LaunchMonitor[] => {
  const chardev = (id: string | undefined): LaunchMonitor => {
    const found = options.find(option => option.name === 'chardev' && option.keys.get('id') === id);
    return found ? socketOf(found.keys) : { kind: 'other', why: `its chardev ${id ?? ''} is not there` };
  };
  return options.flatMap(({ name, raw, keys }): LaunchMonitor[] => {
    if (name === 'mon') return keys.get('mode') === 'control' ? [chardev(keys.get('chardev'))] : [];
    if (name !== 'qmp' && name !== 'qmp-pretty') return [];
    if (raw.startsWith('chardev:')) return [chardev(raw.slice('chardev:'.length))];
    return raw === 'none' ? [] : [legacySocket(raw.replace(/^mon:/, ''))];
  });
};

/** The short form of `-qmp`: `unix:PATH,…` or `tcp:HOST:PORT,…` (chardev/char.c: qemu_chr_parse_compat()). */
const legacySocket = (raw: string): LaunchMonitor => {
  if (raw.startsWith('unix:')) return socketOf(parseKeys(raw.slice('unix:'.length), 'path').set('backend', 'socket'));
  const tcp = /^tcp:(\[[^\]]*\]|[^:,]*):([^,]*),?(.*)$/s.exec(raw);
  if (!tcp) return { kind: 'other', why: `its QMP monitor is on ${raw.split(':')[0] ?? ''}, not on a socket` };
  const keys = parseKeys(tcp[3] ?? '');
  return socketOf(
    keys
      .set('backend', 'socket')
      .set('host', tcp[1] ?? '')
      .set('port', tcp[2] ?? ''),
  );
};

const socketOf = (keys: ReadonlyMap<string, string>): LaunchMonitor => {
  if (keys.get('backend') !== 'socket') {
    return {
      kind: 'other',
      why: `its QMP monitor is on ${keys.get('backend') ?? 'an unknown chardev'}, not on a socket`,
    };
  }
  const descriptor = keys.get('fd');
  if (descriptor !== undefined) {
    const listens = isOn(keys.get('server')) && /^\d{1,9}$/.test(descriptor);
    return { kind: 'fd', ...(listens ? { descriptor: Number(descriptor) } : {}) };
  }
  if (!isOn(keys.get('server'))) return { kind: 'other', why: 'its QMP monitor connects out and does not listen' };
  const path = keys.get('path');
  if (path !== undefined) {
    return isOn(keys.get('abstract')) ? { kind: 'other', why: 'its QMP socket is abstract' } : { kind: 'unix', path };
  }
  const host = (keys.get('host') ?? '').replace(/^\[(.*)\]$/, '$1');
  const port = Number(keys.get('port'));
  return Number.isInteger(port) && port > 0 && port < 65_536
    ? { kind: 'tcp', host, port }
    : { kind: 'other', why: 'its QMP socket has no address' };
};
