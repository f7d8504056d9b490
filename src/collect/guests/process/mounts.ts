/** A row of `/proc/PID/mountinfo`. */
export interface Mount {
  readonly id: string;
  /** Where, below the root of that process. */
  readonly at: string | undefined;
  /** The kind of its file system: `ext4`, `nfs4`, `fuse.sshfs`, … */
  readonly kind: string;
}

/** Blanks in names are written in octal. */
const nameOf = (word: string): string =>
  word.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)));

/** Rows are `ID PARENT DEVICE ROOT AT OPTIONS [TAG …] - KIND SOURCE OPTIONS`. */
export const parseMounts = (text: string): Mount[] =>
  text.split('\n').flatMap(line => {
    const [, id, at, kind] = /^(\d+) \d+ \S+ \S+ (\S+) .*? - (\S+) /.exec(line) ?? [];
    if (id === undefined || at === undefined || kind === undefined) return [];
    return [{ id, at: nameOf(at), kind }];
  });

/** The older table, `/proc/mounts`, which has no numbers: rows are `SOURCE AT KIND OPTIONS …`. */
export const parseMountTable = (text: string): Mount[] =>
  text.split('\n').flatMap(line => {
    const [, at, kind] = line.split(' ');
    return at?.startsWith('/') && kind !== undefined ? [{ id: '', at: nameOf(at), kind }] : [];
  });

/** The kind of the file system on which a path lies: of the deepest folder above it, and there of the last mount. */
export const fileSystemOf = (mounts: readonly Mount[], path: string): string | undefined => {
  let found: Mount | undefined;
  for (const mount of mounts) {
    const { at } = mount;
    const above = at !== undefined && (at === '/' || path === at || path.startsWith(`${at}/`));
    if (above && at.length >= (found?.at?.length ?? 0)) found = mount;
  }
  return found?.kind;
};

/** File systems in the memory or on a disk of this host, and those laid over them. */
const local = new Set(
  'bcachefs btrfs devtmpfs erofs exfat ext2 ext3 ext4 f2fs iso9660 jfs overlay ramfs reiserfs rootfs squashfs tmpfs udf vfat xfs zfs'.split(
    ' ',
  ),
);

/** Whether it answers by itself: no server, no program of somebody's, no driver behind each file. */
export const isLocal = (kind: string): boolean => local.has(kind);
