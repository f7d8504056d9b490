import type { GuestSample } from '../sample.ts';
import { kindOf } from '../vmm/kinds.ts';

/**
 * Why KSM merges nothing of this guest, whatever its pages hold; `undefined` when it may. KSM takes anonymous pages of
 * the base size only, though QEMU says `merge` of every kind of memory.
 */
export const whyNotMerged = (guest: GuestSample): string | undefined => {
  const { launch, monitor } = guest;
  const { memdevs } = monitor;
  if (launch.backend === 'hugetlb') return 'its memory is in hugepages: KSM merges none of those';
  if (launch.backend === 'shared' || (memdevs && memdevs.length > 0 && memdevs.every(({ share }) => share)))
    return 'its memory is shared (memfd or a shared file): KSM merges anonymous memory only';
  if (launch.pinnedBy !== undefined)
    return `its memory is pinned for a device (${launch.pinnedBy}): KSM merges no such pages`;
  if (launch.confidential !== undefined)
    return `its memory is kept from the host (${launch.confidential}): KSM can’t compare it`;
  const { merging } = kindOf(guest);
  if ('unable' in merging) return merging.unable;
  if (launch.memMerge === false || (memdevs && memdevs.length > 0 && memdevs.every(({ merge }) => !merge)))
    return merging.off;
  return undefined;
};
