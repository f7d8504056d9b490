import type { GuestSample, MemoryDeviceSample } from '../sample.ts';
import type { Dialect, HttpGet, RunClient } from './dialect.ts';
import type { ProcessView, Started } from './launch.ts';
import type { GuestStep } from './step.ts';

/**
 * What a guest can be asked for depends on its VMM, and on the manager that may stand between. One file of each says all of
 * it: what it can do and how, what it can't and why, in words for the operator. All is data and pure functions of a
 * GuestSample; who connects to monitors is in src/collect/guests/monitors/.
 */

/** What a kind can't do stands in its file too: why, and what to do instead. */
export interface Unable {
  readonly unable: string;
}

export type Able<Ability> = Ability | Unable;

export interface Asked {
  /**
   * Where it is asked of a manager, which knows the guest by its UUID: what to say where the manager can't be asked, and what
   * the operator would do by hand.
   */
  readonly elsewhere?: string;
}

export interface Balloon extends Asked {
  /** Has the guest given `bytes`, of all the memory that it booted with. */
  step(guest: GuestSample, bytes: number): GuestStep;
  /** How a guest without a balloon would get one. */
  readonly missing: string;
  /** Why the balloon's size is not known, though its monitor answers. */
  unknownSize(guest: GuestSample): string;
  /** Who else may set its size. */
  readonly rival?: string;
}

export interface Polling extends Asked {
  /** Has the guest's driver report every so many seconds; `undefined` where the device was not found. */
  step(guest: GuestSample, seconds: number): GuestStep | undefined;
}

export interface Plugging extends Asked {
  /** Has a virtio-mem device plug `bytes`; `path`: its place in QEMU. */
  step(guest: GuestSample, device: MemoryDeviceSample, path: string, bytes: number): GuestStep;
}

export interface MigrationLimits {
  /** Bytes a second; 0 is no limit. */
  readonly bandwidth?: number;
  /** Of the last pause, seconds. */
  readonly downtime?: number;
}

export interface MigrationOrder extends MigrationLimits {
  readonly uri: string;
}

export interface Migrating extends Asked {
  /** The addresses to which it can be sent, as advice. */
  readonly addresses: string;
  /** @throws Error that says what is wrong with an address. */
  check(uri: string): void;
  steps(guest: GuestSample, order: MigrationOrder): readonly GuestStep[];
  /** Sets the limits by themselves; absent where a migration's own end with it. */
  limit?(guest: GuestSample, limits: MigrationLimits): GuestStep;
  /** Bytes a second where none are ordered, and none are known to be set; absent where nothing limits it then. */
  readonly usualBandwidth?: number;
  /** What else may have limited it, where that is not told. */
  readonly otherLimit?: string;
  /** What the host gets back, and when; `rss`: what it holds now, bytes. */
  effect(rss: number | undefined): string;
  readonly warnings: readonly string[];
  /** Said of a last pause that is ordered, where it stays set for later migrations and can't be put back. */
  stays?(downtime: string): string;
  /** Its process ends here once it runs there. */
  readonly leaves: boolean;
}

export interface MigrateCancelling extends Asked {
  step(guest: GuestSample): GuestStep;
}

export interface Ending extends Asked {
  step(guest: GuestSample): GuestStep;
  /** Why this guest is not ended by kvmtop. */
  refusal(guest: GuestSample): string | undefined;
}

/** How its monitor is reached: who speaks with each kind of monitor is in src/collect/guests/monitors/open.ts. */
export type Reached = {
  /** How a guest without a monitor would get one; absent where its manager takes care of that. */
  readonly start?: string;
  /** What helps where a monitor that is there does not answer; `path`: its socket. */
  busy?(path: string): string;
} & (
  | { readonly by: 'qmp' }
  | { readonly by: 'libvirt' }
  | { readonly by: 'http'; readonly dialect: Dialect<HttpGet> }
  | {
      /** By a program of the VMM's own: for sockets that can't be opened from here. */
      readonly by: 'client';
      readonly program: string;
      /** What it means that it gets no answer in time. */
      readonly late: string;
      readonly dialect: Dialect<RunClient>;
    }
  | { readonly by: 'nothing'; readonly reason: string }
);

export interface Abilities {
  /** As people call the VMM. */
  readonly title: string;
  readonly monitor: Reached;
  readonly balloon: Able<Balloon>;
  readonly polling: Able<Polling>;
  readonly virtioMem: Able<Plugging>;
  readonly migrate: Able<Migrating>;
  readonly migrateCancel: Able<MigrateCancelling>;
  readonly end: Able<Ending>;
  /** Why nothing of a guest can be changed while it is migrated; absent where it can. */
  readonly heldByMigration?: string;
  /** Whether it offers guests' memory to KSM, and the words for one that was started so that it does not. */
  readonly merging: Able<{ readonly off: string }>;
  /** Why no limit is known that a manager sets on the guest's process. */
  unlimited(guest: GuestSample): string;
}

/** A VMM itself: also how its processes are found, and what their command lines say. */
export interface VmmKind extends Abilities {
  /** By the name of its file. `alone`: that says it all; else a process must have a KVM virtual machine besides. */
  readonly program: { readonly names: RegExp; readonly alone: boolean };
  /** `undefined` while its command line says nothing. */
  started(view: ProcessView): Started | undefined;
}
