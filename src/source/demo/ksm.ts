import { MiB } from '../../units.ts';
import { type DemoGuest, pageSize } from './guest.ts';

/** How fast equal pages are found, bytes a second and guest. */
const mergeSpeed = 10 * MiB;
/** How fast writing parts them again, bytes a second and guest. */
const partSpeed = 40 * MiB;

/** One step of `seconds`: guests of a family share what is alike in what they hold in RAM. */
export const mergePages = (guests: readonly DemoGuest[], seconds: number): void => {
  for (const guest of guests) {
    if (guest.backend !== 'anon') continue;
    const pages = Math.floor(guest.resident / pageSize);
    // A busy guest writes to its pages, and what is written to is equal no more.
    const goal = Math.floor(pages * (guest.spec.alike ?? 0) * (1 - 0.25 * guest.busyness));
    const most = guest.merged + Math.round((mergeSpeed * seconds) / pageSize);
    const least = guest.merged - Math.round((partSpeed * seconds) / pageSize);
    guest.merged = Math.min(pages, Math.max(least, Math.min(most, goal)));
  }
};

/**
 * How the kernel counts them, in pages: of a family's merged pages those of the one with most are kept (shared), and
 * all others use them (sharing). Together they are what the guests' `ksm_merging_pages` sum to.
 */
export const ksmPages = (guests: readonly DemoGuest[]): { readonly shared: number; readonly sharing: number } => {
  const most = new Map<string, number>();
  let merged = 0;
  for (const guest of guests) {
    const { family } = guest.spec;
    if (family === undefined) continue;
    merged += guest.merged;
    most.set(family, Math.max(most.get(family) ?? 0, guest.merged));
  }
  const shared = [...most.values()].reduce((sum, pages) => sum + pages, 0);
  return { shared, sharing: merged - shared };
};
