import type { Plan } from '../actions/action.ts';
import { noJournal } from '../actions/gate/journal.ts';
import { type Gate, perform } from '../actions/gate/perform.ts';
import { derive } from '../model.ts';
import { startPilot, steer } from '../policy/pilot.ts';
import type { Policy, PolicySettings } from '../policy/policy.ts';
import type { Sample } from '../sample.ts';
import { controlOf } from './control.ts';
import { type Figures, type Second, Tally, warmup } from './figures.ts';
import { sampleOf } from './sample.ts';
import type { Scenario } from './scenario.ts';
import { World } from './world.ts';

/** Seconds between the looks that a policy is shown. */
const lookEvery = 2;
/** Seconds between two points of a trace. */
const traceEvery = 10;

/** For plots: a moment (seconds from the start), and what was then. Bytes. */
export interface TracePoint {
  readonly time: number;
  readonly available: number;
  readonly actual: number;
  readonly swapped: number;
  /** Seconds a second, summed over guests: mean since the point before. */
  readonly stalled: number;
}

export interface Run {
  /** The policy's id; absent when none was in charge. */
  readonly policy?: string;
  readonly figures: Figures;
  readonly trace: readonly TracePoint[];
}

const balloonMoves = ({ follow = [] }: Plan) => follow.flatMap(one => (one.kind === 'balloon' ? [one] : []));

/** Does what the policy decided, through the gate; what is refused is counted and told of no further. */
const carryOut = async (gate: Gate, planned: Plan, tally: Tally, time: number): Promise<void> => {
  try {
    await perform(gate, planned, { by: 'policy' });
  } catch {
    tally.refuse();
    return;
  }
  const moves = balloonMoves(planned);
  for (const { guest, from, target } of moves) tally.move(guest, target > from, time);
  if (moves.length === 0) tally.setting();
};

/** Points of a trace from the seconds of a world. */
const tracer = (world: World) => {
  const trace: TracePoint[] = [];
  let stalled = 0;
  return {
    trace,
    add({ available, actual, stalled: now }: Second): void {
      stalled += now / traceEvery;
      if (world.time % traceEvery > 0) return;
      trace.push({ time: world.time, available, actual, swapped: world.swapped, stalled });
      stalled = 0;
    },
  };
};

/**
 * Lets a policy (or none) have its way with a scenario. It is steered and decides as on a real host, and its requests go
 * through the same plans, guard rails and gate. The same again gives the same, whatever the clock of this machine says.
 */
export const simulate = async (
  scenario: Scenario,
  policy: Policy | undefined,
  settings: PolicySettings,
  seed = 1,
): Promise<Run> => {
  const world = new World(scenario, seed);
  const gate: Gate = { control: controlOf(world), journal: noJournal };
  const tally = new Tally(settings.reserve * scenario.host.memory);
  const points = tracer(world);
  let pilot = policy && startPilot(policy);
  let previous: Sample | undefined;
  while (world.time < scenario.seconds) {
    const second = world.step();
    points.add(second);
    if (world.time > warmup) tally.second(second);
    if (!pilot || world.time % lookEvery > 0) continue;
    const sample = sampleOf(world);
    const next = steer(pilot, derive(previous, sample), settings);
    pilot = next.pilot;
    previous = sample;
    if (world.time < warmup) continue;
    for (const { plan } of next.round?.proposals ?? []) await carryOut(gate, plan, tally, world.time);
  }
  return { ...(policy ? { policy: policy.id } : {}), figures: tally.figures, trace: points.trace };
};
