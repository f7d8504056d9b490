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
