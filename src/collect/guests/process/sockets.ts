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

/**
 * The paths of the sockets on which this very process listens; costs a look at each of its descriptors. `undefined` where
 * those may not be looked at.
 */
export const listeningPaths = (root: Root, pid: number): string[] | undefined => {
  const rows = parseListening(root.read(`/proc/${pid}/net/unix`) ?? '');
  if (rows.length === 0) return [];
  const folder = `/proc/${pid}/fd`;
  const held = new Set(root.list(folder).map(descriptor => root.link(`${folder}/${descriptor}`)));
  // Every process has some.
  if (held.size === 0) return undefined;
  return rows.filter(({ inode }) => held.has(`socket:[${inode}]`)).map(({ path }) => path);
};
