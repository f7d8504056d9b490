/**
 * The process whose collection rounds are measured, with the flags of the launcher:
 *
 *   collect.ts files ROOT ROUNDS HOSTFILES   source.look() with what the overview needs; writes the names of the host's
 *       files that it read to HOSTFILES, for the program in C to read the same
 *   collect.ts monitors ROUNDS               rounds of all monitors of the guests of this host
 *
 * Prints what ./round prints: the median wall milliseconds of a round, and the mean CPU milliseconds.
 */
import { existsSync, writeFileSync } from 'node:fs';
import { defaultLimits } from '../../src/actions/limits.ts';
import { createGuestReader } from '../../src/collect/guests/guests.ts';
import { defaultThresholds } from '../../src/policy/thresholds.ts';
import { Root } from '../../src/root.ts';
import { createLiveSource } from '../../src/source/live.ts';
import { needsOfView } from '../../src/store/needs.ts';
import { initialState } from '../../src/store/store.ts';
import { median } from './measure.ts';

/** Remembers what was opened. Is never the host, whose monitors would be asked: they are measured apart. */
class WatchedRoot extends Root {
  readonly opened = new Set<string>();
  override get isHost(): boolean {
    return false;
  }
  override open(path: string): number | undefined {
    this.opened.add(path);
    return super.open(path);
  }
}

const measure = async (rounds: number, round: () => Promise<unknown>): Promise<string> => {
  const warm = rounds / 4 + 4;
  const walls: number[] = [];
  let cpu = process.cpuUsage();
  for (let index = 0; index < warm + rounds; index += 1) {
    if (index >= warm && walls.length === 0) cpu = process.cpuUsage();
    const start = performance.now();
    await round();
    if (index >= warm) walls.push(performance.now() - start);
  }
  const { user, system } = process.cpuUsage(cpu);
  return JSON.stringify({ wall: median(walls), cpu: (user + system) / 1000 / walls.length });
};

const files = async (folder: string, rounds: number, list: string): Promise<string> => {
  const root = new WatchedRoot(folder);
  const source = createLiveSource(root);
  const wanted = needsOfView(
    initialState({
      source: 'live',
      readOnly: true,
      root: folder,
      privileged: true,
      delay: 1,
      limits: defaultLimits,
      thresholds: defaultThresholds,
      policy: 'kvmtop',
      messageSeconds: 8,
      only: [],
    }),
  );
  // One round is a second after the other for the source, as on the screen: what it spreads over seconds stays spread.
  let now = Date.now();
  Date.now = () => now;
  const result = await measure(rounds, async () => {
    now += 1000;
    return source.look(wanted);
  });
  const host = [...root.opened].filter(path => !/^\/proc\/\d/.test(path)).map(path => root.path(path));
  writeFileSync(list, host.filter(path => existsSync(path)).join('\n') + '\n');
  await source.close();
  return result;
};

const monitors = async (rounds: number): Promise<string> => {
  const guests = createGuestReader(new Root('/'));
  let now = Date.now() / 1000;
  const { guests: found } = guests.read(new Set(), now);
  const result = await measure(rounds, async () => {
    // So late that all are due, however many there are.
    now += 3600;
    await guests.poll(now, 60_000);
  });
  const { guests: asked } = guests.read(new Set(), now);
  const silent = asked.filter(({ monitor }) => monitor.state !== 'ok');
  await guests.close();
  if (found.length === 0 || silent.length > 0)
    throw new Error(`${silent.length} of ${found.length} monitors did not answer: ${silent[0]?.monitor.reason}`);
  return result;
};

const [mode, ...args] = process.argv.slice(2);
const result =
  mode === 'files'
    ? await files(args[0] ?? '/', Number(args[1]), args[2] ?? '/dev/null')
    : await monitors(Number(args[0]));
process.stdout.write(`${result}\n`);
