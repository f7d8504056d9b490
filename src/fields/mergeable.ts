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
  const { merging } = kindOf(guest);
  if ('unable' in merging) return merging.unable;
  if (launch.memMerge === false || (memdevs && memdevs.length > 0 && memdevs.every(({ merge }) => !merge)))
    return merging.off;
  return undefined;
};
