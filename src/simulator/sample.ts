import type { Sample } from '../sample.ts';
import { bootedFor } from './guest.ts';
import { guestSample } from './guest-sample.ts';
import { hostSample } from './host-sample.ts';
import { pageSize } from './inside.ts';
import type { World } from './world.ts';

/** One look at a simulated world, as of a real host. */
export const sampleOf = (world: World): Sample => ({
  version: 1,
  time: world.wall,
  monotonic: bootedFor + world.time,
  pageSize,
  host: hostSample(world),
  guests: world.guests.map(guest => guestSample(guest, world.time, world.wall)),
  problems: [],
});
