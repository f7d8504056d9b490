import { ksmtuned } from './policies/ksmtuned.ts';
import { kvmtop } from './policies/kvmtop.ts';
import { mom } from './policies/mom.ts';
import { proxmox } from './policies/proxmox.ts';
import type { Policy } from './policy.ts';

/** All policies; the first is the default. */
export const policies: readonly Policy[] = [kvmtop, mom, proxmox, ksmtuned];

/** `undefined` where there is none of that id. */
export const policyOf = (id: string): Policy | undefined => policies.find(policy => policy.id === id);
