/**
 * `npm run bench [-- rounds|refresh|start|recording|libvirt]`: what kvmtop costs, against C, htop, btop, atop and bare Node. Needs Linux,
 * root, cc, htop, btop and atop, and a machine that has nothing else to do. A whole run takes some ten minutes and writes
 * docs/performance.md; a part only prints its tables.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { measureLibvirt } from './libvirt.ts';
import { compile, makeFolder, nodeFlags } from './measure.ts';
import { measureRecording } from './recording.ts';
import { measureRefreshes } from './refresh.ts';
import { type Results, report } from './report.ts';
import { measureRounds } from './rounds.ts';
import { measureStarts } from './start.ts';

const parts = ['rounds', 'refresh', 'start', 'recording', 'libvirt'] as const;
type Part = (typeof parts)[number];

const page = join(import.meta.dirname, '../../docs/performance.md');
const explanations = join(import.meta.dirname, 'misses.md');
const inside = 'KVMTOP_BENCH_INSIDE';

const tell = (line: string): void => {
  process.stderr.write(`${line} …\n`);
};

/** The first number with a dot in what a program says of itself. */
const versionOf = (program: string): string =>
  /\d+\.\d+(\.\d+)?/.exec(
    execFileSync(program, [program === 'atop' ? '-V' : '--version'], { encoding: 'utf8' }),
  )?.[0] ?? 'unknown';

const run = async (wanted: readonly Part[]): Promise<Results> => {
  const { folder, remove } = makeFolder();
  try {
    compile(folder);
    return {
      ...(wanted.includes('rounds') && { rounds: await measureRounds(folder, [10, 100, 1000], tell) }),
      ...(wanted.includes('refresh') && { refresh: await measureRefreshes(folder, tell) }),
      ...(wanted.includes('start') && { start: await measureStarts(folder, tell) }),
      ...(wanted.includes('recording') && { recording: await measureRecording(folder, tell) }),
      ...(wanted.includes('libvirt') && { libvirt: await measureLibvirt(folder, tell) }),
    };
  } finally {
    remove();
  }
};

/** In a PID namespace of its own the processes of the benchmark are the only ones, and all end with it. */
const enterNamespace = (): number => {
  const node = [process.execPath, ...nodeFlags, ...process.argv.slice(1)];
  const args = ['--pid', '--fork', '--mount-proc', '--kill-child', ...node];
  const { status, error } = spawnSync('unshare', args, {
    stdio: 'inherit',
    env: { ...process.env, [inside]: '1' },
  });
  if (error || status !== 0)
    process.stderr.write('bench: did not finish; it needs root, unshare (util-linux), cc, htop, btop and atop\n');
  return status ?? 1;
};

const main = async (args: readonly string[]): Promise<number> => {
  const unknown = args.find(arg => !parts.includes(arg as Part));
  if (unknown !== undefined) {
    process.stderr.write(`bench: there is no part '${unknown}': there are ${parts.join(', ')}\n`);
    return 2;
  }
  if (!process.env[inside]) return enterNamespace();
  const versions = { htop: versionOf('htop'), btop: versionOf('btop'), atop: versionOf('atop') };
  const results = await run(args.length === 0 ? parts : (args as Part[]));
  const why = existsSync(explanations) ? readFileSync(explanations, 'utf8').trimEnd().split('\n') : [];
  const text = report(results, versions, why);
  if (args.length === 0) writeFileSync(page, text);
  process.stdout.write(text);
  return 0;
};

process.exit(await main(process.argv.slice(2)));
