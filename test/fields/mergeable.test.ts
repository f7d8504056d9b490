import { expect, it } from 'vitest';
import { whyNotMerged } from '../../src/fields/mergeable.ts';
import { derive, whyUnknown } from '../../src/model.ts';
import type { GuestSample } from '../../src/sample.ts';
import { guest, sample } from '../samples.ts';

const memdev = (share: boolean, merge: boolean) => ({ size: 1, share, merge, prealloc: false });

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
