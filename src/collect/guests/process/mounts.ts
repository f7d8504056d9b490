/** A row of `/proc/PID/mountinfo`. */
export interface Mount {
  readonly id: string;
  /** Where, below the root of that process. */
  readonly at: string | undefined;
  /** The kind of its file system: `ext4`, `nfs4`, `fuse.sshfs`, … */
  readonly kind: string;
}

/** Rows are `ID PARENT DEVICE ROOT AT OPTIONS [TAG …] - KIND SOURCE OPTIONS`; blanks in names are written in octal. */
export const parseMounts = (text: string): Mount[] =>
  text.split('\n').flatMap(line => {
    const [, id, at, kind] = /^(\d+) \d+ \S+ \S+ (\S+) .*? - (\S+) /.exec(line) ?? [];
    if (id === undefined || at === undefined || kind === undefined) return [];
    return [
      { id, at: at.replace(/\\([0-7]{3})/g, (_, digits) => String.fromCharCode(Number.parseInt(digits, 8))), kind },
    ];
  });

/** File systems in the memory or on a disk of this host, and those laid over them. */
const local = new Set(
  'bcachefs btrfs devtmpfs erofs exfat ext2 ext3 ext4 f2fs iso9660 jfs overlay ramfs reiserfs rootfs squashfs tmpfs udf vfat xfs zfs'.split(
    ' ',
  ),
);

/** Whether it answers by itself: no server, no program of somebody's, no driver behind each file. */
export const isLocal = (kind: string): boolean => local.has(kind);
