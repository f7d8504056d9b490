/**
 * The process whose questions to libvirt are measured, with the flags of the launcher:
 *
 *   ask-libvirt.ts rpc|virsh URI PID ROUNDS UUID...   rounds of one question about each domain; PID: the libvirtd's
 *
 * Prints the median wall milliseconds of a round, and the mean CPU milliseconds of this process, virsh and libvirtd.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { Libvirt } from '../../src/collect/guests/monitors/libvirt/libvirt.ts';
import { cpuMilliseconds, median } from './measure.ts';

interface Way {
  /** Of another process that is needed. */
  readonly pid?: number;
  readonly round: () => Promise<void>;
  readonly end: () => Promise<unknown>;
}

const byRpc = async (uri: string, uuids: readonly string[]): Promise<Way> => {
  const libvirt = new Libvirt(uri);
  const monitors = uuids.map(uuid => libvirt.open(uuid, undefined));
  const asker = await libvirt.asker();
  return {
    round: async () => {
      const answers = await Promise.all(uuids.map(uuid => asker.domainStats(uuid)));
      if (answers.some(stats => !stats.has('balloon.rss'))) throw new Error('a domain did not answer');
    },
    end: () => Promise.all(monitors.map(monitor => monitor.close())),
  };
};

/** One long-lived virsh that is given all questions at once: the cheapest that can be had of it. */
const byVirsh = async (uri: string, uuids: readonly string[]): Promise<Way> => {
  const child = spawn('virsh', ['-r', '-c', uri], { stdio: ['pipe', 'pipe', 'inherit'] });
  let text = '';
  let heard: () => void = () => undefined;
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
    heard();
  });
  const say = async (lines: readonly string[]): Promise<string> => {
    text = '';
    const { promise, resolve } = Promise.withResolvers<void>();
    heard = () => text.includes('\nround-is-over\n') && resolve();
    child.stdin.write(`${[...lines, 'echo round-is-over'].join('\n')}\n`);
    await promise;
    return text;
  };
  await say([]);
  const questions = uuids.map(uuid => `domstats --balloon --state --raw --nowait ${uuid}`);
  return {
    pid: child.pid ?? 0,
    round: async () => {
      const answers = (await say(questions)).match(/^ {2}balloon\.rss=/gm)?.length;
      if (answers !== uuids.length) throw new Error('a domain did not answer');
    },
    end: () => {
      child.stdin.end();
      return once(child, 'close');
    },
  };
};

const [kind, uri = '', daemon, rounds, ...uuids] = process.argv.slice(2);
const { pid, round, end } = await (kind === 'rpc' ? byRpc : byVirsh)(uri, uuids);
const used = (): readonly number[] => [
  cpuMilliseconds(process.pid),
  pid === undefined ? 0 : cpuMilliseconds(pid),
  cpuMilliseconds(Number(daemon)),
];
for (let index = 0; index < 10; index += 1) await round();
const before = used();
const walls: number[] = [];
for (let index = 0; index < Number(rounds); index += 1) {
  const start = performance.now();
  await round();
  walls.push(performance.now() - start);
}
const [asker, virsh, libvirtd] = used().map((time, index) => (time - (before[index] ?? 0)) / walls.length);
process.stdout.write(`${JSON.stringify({ wall: median(walls), asker, virsh, libvirtd })}\n`);
await end();
