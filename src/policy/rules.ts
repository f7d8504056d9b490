import type { Rule } from './finding.ts';
import { balloonForgotten } from './findings/balloon-forgotten.ts';
import { balloonInVain } from './findings/balloon-in-vain.ts';
import { commitNear } from './findings/commit.ts';
import { dirtyNear } from './findings/dirty.ts';
import { guestSwapped } from './findings/guest-swapped.ts';
import { balloonStuck, guestThrashing } from './findings/guest-thrashing.ts';
import { hostShort } from './findings/host-short.ts';
import { hostSwapping, hostSwappingIdle } from './findings/host-swapping.ts';
import { ksmIdle, ksmLoss, ksmSlow } from './findings/ksm-idle.ts';
import { ksmOff } from './findings/ksm-off.ts';
import { migratedHolding } from './findings/migrated.ts';
import { monitorsBusy, monitorsSlow } from './findings/monitors.ts';
import { oomKill } from './findings/oom.ts';
import { overcommitUnmet } from './findings/overcommit.ts';
import { hugepagesUnmerged, poolExhausted, poolIdle, poolUnbalanced } from './findings/pools.ts';
import { pressureHigh } from './findings/pressure.ts';
import { driverMissing, statisticsFrozen, statisticsOff } from './findings/statistics.ts';

/** Every rule there is; of findings that are alike in severity and strategy, the one whose rule is first here is told first. */
export const rules: readonly Rule[] = [
  oomKill,
  hostShort,
  hostSwappingIdle,
  hostSwapping,
  pressureHigh,
  balloonStuck,
  guestThrashing,
  guestSwapped,
  migratedHolding,
  balloonInVain,
  balloonForgotten,
  statisticsFrozen,
  statisticsOff,
  driverMissing,
  monitorsBusy,
  monitorsSlow,
  ksmLoss,
  ksmIdle,
  ksmSlow,
  ksmOff,
  hugepagesUnmerged,
  poolIdle,
  poolExhausted,
  poolUnbalanced,
  commitNear,
  dirtyNear,
  overcommitUnmet,
];
