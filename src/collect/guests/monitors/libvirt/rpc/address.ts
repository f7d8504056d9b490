import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** Where the libvirtd of this host listens. */
export interface Address {
  /** Of its socket. */
  readonly path: string;
  /** What it is asked to open: the URI without the way to it. */
  readonly name: string;
}

/** A libvirt for QEMU alone (modular, since 6.0), and the one for everything. */
const daemons = ['virtqemud', 'libvirt'];

/**
 * The socket on which libvirt at that URI answers questions, by libvirt's own rules: read-only where it has such a one (a
 * user's own libvirt has none). `undefined` for what is no libvirtd on this host: another host's, or no QEMU's.
 */
export const addressOf = (
  uri: string,
  runtimeDir: string | undefined,
  exists: (path: string) => boolean = existsSync,
): Address | undefined => {
  const [, kind, query = ''] = /^qemu(?:\+unix)?:\/\/\/(system|session)(?:\?(.*))?$/.exec(uri) ?? [];
  if (kind === undefined) return undefined;
  const given = new URLSearchParams(query);
  const name = `qemu:///${kind}`;
  const socket = given.get('socket');
  if (socket !== null) return { path: socket, name };
  if (kind === 'session' && runtimeDir === undefined) return undefined;
  const folder = kind === 'system' ? '/run/libvirt' : join(runtimeDir ?? '', 'libvirt');
  const suffix = kind === 'system' ? '-ro' : '';
  const mode = given.get('mode');
  const paths = daemons
    .filter(daemon => mode === null || mode === 'auto' || (daemon === 'libvirt') === (mode === 'legacy'))
    .map(daemon => join(folder, `${daemon}-sock${suffix}`));
  const path = paths.find(exists) ?? paths.at(-1);
  return path === undefined ? undefined : { path, name };
};
