import type { Root } from '../../../root.ts';

interface ListeningSocket {
  readonly inode: string;
  /** As it was given to bind(): may be relative. */
  readonly path: string;
}

/**
 * The listening rows of `/proc/PID/net/unix`: `Num: RefCount Protocol Flags Type St Inode Path`, where the flag
 * 0x10000 (__SO_ACCEPTCON) means listening. Abstract sockets (`@…`) have no file and are left out.
 */
export const parseListening = (text: string): ListeningSocket[] =>
  text.split('\n').flatMap(line => {
    const row = /^[0-9a-f]+: [0-9A-F]+ [0-9A-F]+ ([0-9A-F]{8}) [0-9A-F]+ [0-9A-F]+ +(\d+) ([^@].*)$/i.exec(line);
    return row && (Number.parseInt(row[1] ?? '', 16) & 0x10000) !== 0
      ? [{ inode: row[2] ?? '', path: row[3] ?? '' }]
      : [];
  });

interface ListeningPort {
  readonly inode: string;
  /** Who opened it. */
  readonly user: number;
  /** The bytes of its address, in hexadecimal digits: `7f000001`. */
  readonly address: string;
  readonly port: number;
}

/**
 * The listening rows (state 0A) of `/proc/PID/net/tcp` and `tcp6`: `SL: ADDRESS:PORT REMOTE STATE … USER TIMEOUT INODE`. Each four
 * bytes of an address stand there as one number of the processor.
 */
export const parsePorts = (text: string, littleEndian: boolean): ListeningPort[] =>
  text.split('\n').flatMap(line => {
    const row = /^ *\d+: ((?:[0-9A-F]{8})+):([0-9A-F]{4}) [0-9A-F:]+ 0A \S+ \S+ \S+ +(\d+) +\d+ (\d+) /.exec(line);
    if (!row) return [];
    const [, address = '', port = '', user = '', inode = ''] = row;
    const bytes = littleEndian ? address.replace(/(..)(..)(..)(..)/g, '$4$3$2$1') : address;
    return [{ inode, user: Number(user), address: bytes.toLowerCase(), port: Number.parseInt(port, 16) }];
  });

/** Descriptors of a process that are looked at for a socket: a VMM opens its monitor early. */
export const mostDescriptors = 4096;

/** Which of these sockets a process holds: their descriptors, by inode. `undefined` where its descriptors can't be seen. */
export const heldSockets = (
  root: Root,
  pid: number,
  inodes: ReadonlySet<string>,
): ReadonlyMap<string, string> | undefined => {
  const folder = `/proc/${pid}/fd`;
  const names = root.list(folder, mostDescriptors);
  if (names.length === 0 && root.denied.has(folder)) return undefined;
  const held = new Map<string, string>();
  for (const name of names) {
    if (held.size === inodes.size) break;
    const [, inode = ''] = /^socket:\[(\d+)\]$/.exec(root.link(`${folder}/${name}`) ?? '') ?? [];
    if (inodes.has(inode)) held.set(inode, name);
  }
  return held;
};

/**
 * The paths of the sockets on which this very process listens; costs a look at each of its descriptors. `undefined` where
 * those may not be looked at.
 */
export const listeningPaths = (root: Root, pid: number): string[] | undefined => {
  const rows = parseListening(root.read(`/proc/${pid}/net/unix`) ?? '');
  if (rows.length === 0) return [];
  const held = heldSockets(root, pid, new Set(rows.map(({ inode }) => inode)));
  return held && rows.filter(({ inode }) => held.has(inode)).map(({ path }) => path);
};

const littleEndian = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;

/** The sockets that can take a connection to this port of the loopback, whoever listens there. */
export const portListeners = (root: Root, pid: number, host: string, port: number): ListeningPort[] => {
  const rows = (file: 'tcp' | 'tcp6', ...addresses: readonly string[]) =>
    parsePorts(root.read(`/proc/${pid}/net/${file}`) ?? '', littleEndian).filter(
      row => row.port === port && addresses.includes(row.address),
    );
  const any = '0'.repeat(32);
  if (host.includes(':')) return rows('tcp6', any, `${any.slice(1)}1`);
  const bytes = Buffer.from(host.split('.').map(Number)).toString('hex');
  const four = rows('tcp', bytes, '00000000');
  // One that listens to both families stands only there.
  return four.length > 0 ? four : rows('tcp6', any, `00000000000000000000ffff${bytes}`);
};

/** The sockets that were bound by this name, in the network namespace of this process, and listen. */
export const nameListeners = (root: Root, pid: number, name: string): ListeningSocket[] =>
  parseListening(root.read(`/proc/${pid}/net/unix`) ?? '').filter(({ path }) => path === name);
