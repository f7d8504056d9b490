import type { GuestSample } from '../sample.ts';

/**
 * Why KSM merges nothing of this guest, whatever its pages hold; `undefined` when it may. KSM takes anonymous pages of
 * the base size only, though QEMU says `merge` of every kind of memory.
 */
export const whyNotMerged = ({ launch, monitor, vmm }: GuestSample): string | undefined => {
  const { memdevs } = monitor;
  if (launch.backend === 'hugetlb') return 'its memory is in hugepages: KSM merges none of those';
  if (launch.backend === 'shared' || (memdevs && memdevs.length > 0 && memdevs.every(({ share }) => share)))
    return 'its memory is shared (memfd or a shared file): KSM merges anonymous memory only';
  if (vmm === 'firecracker') return 'Firecracker offers no memory to KSM';
  if (launch.memMerge === false || (memdevs && memdevs.length > 0 && memdevs.every(({ merge }) => !merge)))
    return vmm === 'qemu'
      ? 'its memory is not offered to KSM: it was started with mem-merge=off (merge=off)'
      : 'its memory is not offered to KSM: start it with mergeable=on';
  return undefined;
};
