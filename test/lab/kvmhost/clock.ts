import type { KvmHost } from './host.ts';

/** What the host's kernel counts of its processors' time, noted by its shell ten times a second; nothing here comes from src/. */

interface Tick {
  /** Seconds since the host booted. */
  readonly at: number;
  /** Seconds that all processors were busy, idle or stolen, since then. */
  readonly counted: number;
}

const notes = '/tmp/clock';

/** Resolves to what ends it, and tells what was noted. */
export const startClock = async (host: KvmHost): Promise<() => Promise<readonly Tick[]>> => {
  const loop = `while read -r up rest </proc/uptime && read -r stat </proc/stat; do echo "$up $stat"; sleep 0.1; done`;
  const pid = await host.run(`{ ${loop}; } >${notes} 2>&1 </dev/null & echo $!`);
  return async () => {
    const text = await host.run(`kill ${pid.trim()}; cat ${notes}`);
    return [...text.matchAll(/^([\d.]+) cpu +(.*)$/gm)].map(([, up, counts = '']) => ({
      at: Number(up),
      // What guests take is in user and nice, too.
      counted: counts
        .split(' ')
        .slice(0, 8)
        .reduce((sum, count) => sum + Number(count) / 100, 0),
    }));
  };
};

/** When so many seconds had been counted. */
const momentOf = (ticks: readonly Tick[], counted: number): number => {
  const next = ticks.findIndex(tick => tick.counted >= counted);
  const [before, after] = [ticks[next - 1], ticks[next]];
  if (!before || !after) throw new Error(`${counted} s were not counted while the clock ran`);
  return before.at + ((counted - before.counted) / (after.counted - before.counted || 1)) * (after.at - before.at);
};

const countedAt = (ticks: readonly Tick[], at: number): number => {
  const next = ticks.findIndex(tick => tick.at >= at);
  const [before, after] = [ticks[next - 1], ticks[next]];
  if (!before || !after) throw new Error(`the clock did not run ${at} s after the boot`);
  return before.counted + ((at - before.at) / (after.at - before.at)) * (after.counted - before.counted);
};

/** Seconds by which the time from one reading of a counter to the next may differ from that between looks: each takes its time. */
const looseness = [-1.5, -1.25, -1, -0.75, -0.5, -0.25, 0, 0.25, 0.5, 0.75, 1];

/**
 * The least and the most processors that the kernel counted, on average, over some `seconds` up to when it had counted
 * `counted`: all of the host's, unless an emulated one lost ticks while it waited for a real one.
 */
export const processorsCounted = (
  ticks: readonly Tick[],
  counted: number,
  seconds: number,
): readonly [least: number, most: number] => {
  const end = momentOf(ticks, counted);
  const spans = looseness.map(more => seconds + more).filter(span => span >= 0.5);
  const rates = spans.map(span => (counted - countedAt(ticks, end - span)) / span);
  return [Math.min(...rates), Math.max(...rates)];
};
