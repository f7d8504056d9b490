import type { GuestSample } from '../sample.ts';
import type { Unable } from './kind.ts';
import { balloonMaximum } from './memory.ts';

/** What several kinds have in common. */

/** What the balloon must hold so that the guest has `bytes`; its maximum is known wherever a balloon is. Bytes. */
export const balloonHolds = (guest: GuestSample, bytes: number): number => (balloonMaximum(guest) ?? 0) - bytes;

/** Said of all else by VMMs whose balloon is all that kvmtop moves. */
export const balloonOnly: Unable = { unable: 'this is no QEMU: kvmtop can only move its balloon' };

/** Why no limits of libvirt's are known. */
export const notByLibvirt = (): string => 'libvirt does not run it';
