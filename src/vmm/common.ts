import type { GuestSample } from '../sample.ts';
import type { Unable } from './kind.ts';

/** What several kinds have in common. */

/** All the memory that a balloon can take from, bytes; known wherever a balloon is. */
export const bootMemory = ({ monitor, launch }: GuestSample): number =>
  monitor.memory?.['base-memory'] ?? launch.size ?? 0;

/** Said of all else by VMMs whose balloon is all that kvmtop moves. */
export const balloonOnly: Unable = { unable: 'this is no QEMU: kvmtop can only move its balloon' };

/** Why no limits of libvirt's are known. */
export const notByLibvirt = (): string => 'libvirt does not run it';
