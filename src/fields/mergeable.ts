import type { GuestSample } from '../sample.ts';
import { kindOf } from '../vmm/kinds.ts';
import { allHugepages, ramKinds } from '../vmm/memory.ts';

/**
 * Why KSM merges nothing of this guest, whatever its pages hold; `undefined` when it may. KSM takes anonymous pages of
 * the base size only, though QEMU says `merge` of every kind of memory.
 */
export const whyNotMerged = (guest: GuestSample): string | undefined => {
  const { launch, monitor } = guest;
  const { memdevs } = monitor;
  if (allHugepages(guest)) return 'its memory is in hugepages: KSM merges none of those';
  const kinds = ramKinds(guest);
  const isShared = kinds.size > 0 && !kinds.has('anon');
  if (isShared && kinds.has('hugetlb'))
    return 'its memory is in hugepages and shared (memfd or a shared file): KSM merges anonymous memory only';
  if (isShared || (memdevs && memdevs.length > 0 && memdevs.every(({ share }) => share)))
    return 'its memory is shared (memfd or a shared file): KSM merges anonymous memory only';
  if (launch.pinnedBy !== undefined)
    return `its memory is pinned for a device (${launch.pinnedBy}): KSM merges no such pages`;
  if (launch.confidential !== undefined)
    return `its memory is kept from the host (${launch.confidential}): KSM can’t compare it`;
  const { merging } = kindOf(guest);
  if ('unable' in merging) return merging.unable;
  const none = memdevs && memdevs.length > 0 && memdevs.every(({ merge }) => !merge);
  return launch.memMerge === false || none || noneOffered(guest) ? merging.off : undefined;
};

/** Each private part was started with merge=off, and nothing was plugged since. */
const noneOffered = ({ launch: { parts = [] }, monitor: { memdevs } }: GuestSample): boolean => {
  const offered = parts.filter(({ kind }) => kind === 'anon').map(({ merge }) => merge !== false);
  return offered.length > 0 && !offered.includes(true) && (memdevs?.length ?? 0) <= parts.length;
};
