import type { Root } from '../../../root.ts';
import type { Place } from '../../../vmm/launch.ts';
import { listeningPaths } from './sockets.ts';

/** A process that says that a monitor is its own. */
export interface Claimant {
  readonly pid: number;
  readonly places: readonly Place[];
}

/**
 * Sockets that more than one process claims, by the PIDs that must not use theirs, with the reason. A command would
 * reach whichever guest bound the socket last, so all are refused, but for one that is seen to be the only listener.
 */
export const contested = (root: Root, claimants: readonly Claimant[]): Map<number, string> => {
  const byClaim = new Map<string, { pid: number; place: Place }[]>();
  for (const { pid, places } of claimants) {
    for (const place of places) {
      const others = byClaim.get(place.claim);
      if (others) others.push({ pid, place });
      else byClaim.set(place.claim, [{ pid, place }]);
    }
  }
  const refused = new Map<number, string>();
  for (const claims of byClaim.values()) {
    if (new Set(claims.map(({ pid }) => pid)).size < 2) continue;
    const listeners = new Set(
      claims.filter(({ pid, place }) => listeningPaths(root, pid)?.includes(place.label)).map(({ pid }) => pid),
    );
    for (const { pid, place } of claims) {
      if (listeners.size === 1 && listeners.has(pid)) continue;
      const others = [...new Set(claims.map(claim => claim.pid))].filter(other => other !== pid);
      refused.set(
        pid,
        `its monitor ${place.label} is claimed by process ${others.join(', ')} too; start each guest with a socket of its own`,
      );
    }
  }
  return refused;
};

/**
 * Processes that say that they are the same domain of libvirt's, by PID, with the reason why none of them may be asked
 * for: libvirt runs a domain once, and what it says and does would be the other's.
 */
export const contestedDomains = (
  claimants: readonly { readonly pid: number; readonly uuid: string }[],
): Map<number, string> => {
  const refused = new Map<number, string>();
  for (const [uuid, claims] of Map.groupBy(claimants, claimant => claimant.uuid)) {
    for (const { pid } of claims.length > 1 ? claims : []) {
      const others = claims.flatMap(claim => (claim.pid === pid ? [] : [claim.pid]));
      refused.set(
        pid,
        `process ${others.join(', ')} has its UUID ${uuid} too: which of them libvirt runs is not known`,
      );
    }
  }
  return refused;
};
