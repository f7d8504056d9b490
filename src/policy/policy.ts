import type { Request } from '../actions/action.ts';
import type { Limits } from '../actions/limits.ts';
import type { Model } from '../model.ts';
import type { GuestId } from '../sample.ts';
import type { Thresholds } from './thresholds.ts';

/** What the operator set for policies. Bytes, seconds, shares 0 to 1. */
export interface PolicySettings {
  /** Kept available for the host itself: share of its RAM. */
  readonly reserve: number;
  /** Of a guest's maximum: no policy goes below (Proxmox's and MOM's `min`). */
  readonly floorShare: number;
  /** Weight of each guest by its name, where memory is short; 0 leaves that guest alone. Those not named have 1000. */
  readonly shares: Readonly<Record<string, number>>;
  /** Guests that no policy touches, and why: changed by hand, for one. */
  readonly pinned: ReadonlyMap<GuestId, string>;
  readonly limits: Limits;
  readonly thresholds: Thresholds;
}

/** One thing that a policy wants done; it goes through `plan` and the gate like any other request. */
export interface Decision {
  readonly request: Request;
  /** `host`, or the guest's name. */
  readonly subject: string;
  readonly guest?: GuestId;
  /** Why, with the numbers, one sentence. */
  readonly why: string;
}

/** What it decided, and whom it left out and why: told on the screen, in the log and in a recording. */
export interface Decisions {
  readonly decisions: readonly Decision[];
  readonly skipped: readonly { readonly subject: string; readonly guest?: GuestId; readonly why: string }[];
}

/** Pure. Each is one file; the table is policies.ts. */
export interface Policy {
  readonly id: string;
  readonly title: string;
  readonly help: string;
  /** Seconds between its decisions. */
  readonly every: number;
  /** Models that it wants to see at most, of one a second to one in two. */
  readonly window: number;
  /** `models`: oldest first, the newest last, never empty. */
  readonly decide: (models: readonly Model[], settings: PolicySettings) => Decisions;
}
