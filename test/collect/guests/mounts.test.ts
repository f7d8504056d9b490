import fc from 'fast-check';
import { expect, it, test } from 'vitest';
import { isLocal, parseMounts } from '../../../src/collect/guests/process/mounts.ts';

it('reads the rows of a mountinfo, whatever stands between', () => {
  const text = [
    '22 27 0:21 / /proc rw,nosuid shared:12 - proc proc rw',
    '27 1 253:0 / / rw,relatime shared:1 master:2 - ext4 /dev/mapper/a\\040b rw',
    '40 27 0:35 /sub /mnt/two\\040words rw - nfs4 server:/x rw,vers=4.2',
  ].join('\n');
  expect(parseMounts(text)).toEqual([
    { id: '22', at: '/proc', kind: 'proc' },
    { id: '27', at: '/', kind: 'ext4' },
    { id: '40', at: '/mnt/two words', kind: 'nfs4' },
  ]);
});

it('takes any text', () => {
  fc.assert(
    fc.property(fc.string(), text => {
      expect(parseMounts(text)).toBeInstanceOf(Array);
    }),
  );
});

test.each('ext4 xfs btrfs tmpfs overlay zfs devtmpfs'.split(' '))('%s answers by itself', kind =>
  expect(isLocal(kind)).toBe(true),
);
test.each(
  'nfs nfs4 cifs ceph 9p fuse fuse.sshfs fuseblk autofs proc sysfs tracefs debugfs cgroup2 toString'.split(' '),
)('%s does not', kind => expect(isLocal(kind)).toBe(false));
