import { expect, it } from 'vitest';
import { whyNotMerged } from '../../src/fields/mergeable.ts';
import { known } from '../../src/known.ts';
import { derive, whyUnknown } from '../../src/model.ts';
import type { Backing, GuestSample, LaunchSample } from '../../src/sample.ts';
import { GiB } from '../../src/units.ts';
import { guest, sample } from '../samples.ts';

const memdev = (share: boolean, merge: boolean) => ({ size: 1, share, merge, prealloc: false });

/** Boot memory of one kind and a DIMM of another. */
const parted = (base: Backing, dimm: Backing, merge?: false): LaunchSample => ({
  size: GiB,
  parts: [
    { use: 'base', kind: base, size: GiB, ...known({ merge }) },
    { use: 'dimm', id: 'd', kind: dimm, size: GiB },
  ],
});

it.each<[string, Partial<GuestSample>, RegExp | undefined]>([
  ['plain memory', { launch: { backend: 'anon' } }, undefined],
  ['unknown memory', {}, undefined],
  ['hugepages', { launch: { backend: 'hugetlb' } }, /hugepages/],
  ['shared memory', { launch: { backend: 'shared' } }, /shared/],
  ['shared memory that only the monitor tells', { monitor: { state: 'ok', memdevs: [memdev(true, true)] } }, /shared/],
  ['VFIO', { launch: { backend: 'anon', pinnedBy: 'vfio-pci' } }, /pinned for a device \(vfio-pci\)/],
  ['SEV', { launch: { backend: 'anon', confidential: 'SEV' } }, /kept from the host \(SEV\)/],
  ['mem-merge=off', { launch: { backend: 'anon', memMerge: false } }, /mem-merge=off/],
  ['merge=off of every part', { monitor: { state: 'ok', memdevs: [memdev(false, false)] } }, /merge=off/],
  [
    'merge=off of a part',
    { monitor: { state: 'ok', memdevs: [memdev(false, false), memdev(false, true)] } },
    undefined,
  ],
  ['a DIMM on hugepages beside private memory', { launch: parted('anon', 'hugetlb') }, undefined],
  ['a DIMM on a memfd beside private memory', { launch: parted('anon', 'shmem') }, undefined],
  ['hugepages and shared memory', { launch: parted('hugetlb', 'shmem') }, /hugepages and shared/],
  ['merge=off of all that is private', { launch: parted('anon', 'shmem', false) }, /merge=off/],
  [
    'what was plugged since with merge=on',
    {
      launch: parted('anon', 'shmem', false),
      monitor: { state: 'ok', memdevs: [memdev(false, false), memdev(true, true), memdev(false, true)] },
    },
    undefined,
  ],
  ['Firecracker', { vmm: 'firecracker' }, /Firecracker/],
  [
    'Cloud Hypervisor',
    { vmm: 'cloud-hypervisor', monitor: { state: 'ok', memdevs: [memdev(false, false)] } },
    /mergeable=on/,
  ],
])('KSM and %s', (_what, about, reason) => {
  const why = whyNotMerged(guest(about));
  if (reason) expect(why).toMatch(reason);
  else expect(why).toBeUndefined();
});

it('is the reason that is shown', () => {
  const [one] = derive(undefined, sample({ guests: [guest({ launch: { backend: 'hugetlb' } })] })).guests;
  expect(whyUnknown(one!, 'ksm_merging')).toMatch(/hugepages/);
});
