import { whyNotMerged } from '../../fields/mergeable.ts';
import type { GuestModel, Model } from '../../model.ts';

/** What of a guest KSM may merge, bytes: its RAM as far as the host holds it. QEMU's own memory beyond that is not offered. */
export const offeredBy = ({ sample, values }: GuestModel): number =>
  whyNotMerged(sample) === undefined ? Math.min(values.rss_anon ?? 0, values.mem_size ?? Number.POSITIVE_INFINITY) : 0;

/** What all guests could have merged, bytes. */
export const offered = ({ guests }: Model): number => guests.reduce((sum, guest) => sum + offeredBy(guest), 0);

/** Bytes of which KSM keeps a record, since it has looked at them. */
const lookedAt = ({ host: { values }, sample: { pageSize } }: Model): number =>
  pageSize *
  ((values.ksm_pages_shared ?? 0) +
    (values.ksm_pages_sharing ?? 0) +
    (values.ksm_pages_unshared ?? 0) +
    (values.ksm_pages_volatile ?? 0));

/** Whether KSM has looked at most of what these guests offer: its full scans may be from before they came. */
export const hasLookedAtMost = (model: Model): boolean => lookedAt(model) >= offered(model) / 2;
