import { own } from '../own.ts';
import type { Numbers, Values } from '../sample.ts';
import type { Guest } from './guest.ts';
import { pageSize, wholePages } from './inside.ts';
import { ksmSettings } from './settings.ts';

/** Seconds that ksmd takes for one page: checksum and a walk down a tree. */
const scanSeconds = 2.5e-6;
/** A page is merged at the second look, when it has not changed since the first. */
const looks = 2;
/** Part of the merged pages that an idle guest writes to in a second. */
const written = 0.0002;
/** How many of them a change of its load takes. */
const writtenByChange = 0.3;

/** ksmd: merges what is alike in the guests of a scenario, all of which are twins. Settings as of a kernel just booted. */
export class Ksm {
  readonly #settings: Record<string, number | string> = {
    ...ksmSettings,
    run: 0,
    pages_to_scan: 100,
    sleep_millisecs: 20,
  };
  #scanned = 0;
  #fullScans = 0;
  #items = 0;

  /** Sets a file of /sys/kernel/mm/ksm; `false` when there is none of that name. */
  set(name: string, value: string): boolean {
    if (!Object.hasOwn(this.#settings, name)) return false;
    this.#settings[name] = /^\d+$/.test(value) ? Number(value) : value;
    return true;
  }

  /** What such a file says. */
  get(name: string): string {
    return String(own(this.#settings, name));
  }

  /** A second of writing by the guests, and of ksmd's work. */
  step(guests: readonly Guest[]): void {
    const running = this.#settings['run'] === 1;
    const pages = guests.reduce((sum, guest) => sum + guest.resident / pageSize, 0);
    const scanned = running ? this.#pace : 0;
    this.#scanned += scanned;
    this.#fullScans += pages > 0 ? scanned / pages : 0;
    this.#items = this.#settings['run'] === 2 ? 0 : Math.min(pages, this.#items + scanned);
    const alike = guests.map(guest => (guest.spec.alike ?? 0) * guest.resident);
    const [most = 0, second = 0] = alike.toSorted((a, b) => b - a);
    for (const [index, guest] of guests.entries()) {
      const own = alike[index] ?? 0;
      // A page needs a twin: what the largest one has beyond the next stays alone.
      const goal = Math.min(own, own === most ? second : most);
      const kept = guest.merged * (1 - Math.min(1, written + writtenByChange * guest.churn));
      const found = pages > 0 ? ((scanned / looks) * own) / pages : 0;
      guest.merged = this.#settings['run'] === 2 ? 0 : wholePages(Math.min(goal, kept + found));
    }
  }

  /** Pages a second. */
  get #pace(): number {
    const batch = Number(this.#settings['pages_to_scan']);
    return batch / (Number(this.#settings['sleep_millisecs']) / 1000 + batch * scanSeconds);
  }

  /** The files of /sys/kernel/mm/ksm; counts in pages. */
  values(guests: readonly Guest[]): Values {
    const { shared, sharing } = mergedPages(guests);
    const items = Math.max(Math.floor(this.#items), shared + sharing);
    return {
      ...this.#settings,
      full_scans: Math.floor(this.#fullScans),
      general_profit: sharing * pageSize - items * 64,
      ksm_zero_pages: 0,
      pages_scanned: Math.floor(this.#scanned),
      pages_shared: shared,
      pages_sharing: sharing,
      pages_skipped: 0,
      pages_unshared: items - shared - sharing,
      pages_volatile: 0,
    };
  }
}

/** As the kernel counts: one copy of each is shared, all others use it. Pages. */
export const mergedPages = (guests: readonly Guest[]): { readonly shared: number; readonly sharing: number } => {
  const merged = guests.map(guest => guest.merged / pageSize);
  const shared = Math.max(0, ...merged);
  return { shared, sharing: merged.reduce((sum, pages) => sum + pages, 0) - shared };
};

/** /proc/PID/ksm_stat. */
export const ksmStatOf = (guest: Guest): Numbers => ({
  ksm_merging_pages: guest.merged / pageSize,
  ksm_zero_pages: 0,
  ksm_process_profit: guest.merged,
  ksm_mergeable: 1,
});
