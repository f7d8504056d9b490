import { chmodSync, existsSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** What the fake does when it is run, by its first word: prints, says on stderr, ends; or hangs as crosvm's does. */
interface Reply {
  readonly stdout?: string;
  readonly stderr?: string;
  readonly code?: number;
  readonly hang?: boolean;
}

export type Script = Readonly<Partial<Record<'balloon' | 'balloon_stats', Reply>>>;

export interface FakeCrosvm {
  /** For PATH; it has nothing else. */
  readonly dir: string;
  readonly file: string;
  /** From the next run on. */
  readonly play: (script: Script) => void;
  /** Every run so far; a socket that was given as a descriptor by its name. */
  readonly runs: () => readonly { readonly pid: number; readonly args: readonly string[] }[];
  readonly remove: () => void;
}

const source = `#!${process.execPath}
const { appendFileSync, readFileSync, readlinkSync, writeSync } = require('node:fs');
const args = process.argv.slice(2).map(word => (word.startsWith('/proc/') ? readlinkSync(word) : word));
appendFileSync(__dirname + '/runs', JSON.stringify({ pid: process.pid, args }) + '\\n');
const script = JSON.parse(readFileSync(__dirname + '/script.json', 'utf8'));
const { stdout = '', stderr = '', code = 0, hang } = script[args[0]] ?? { stderr: 'Unrecognized argument: ' + args[0] + '\\n', code: 1 };
writeSync(1, stdout);
writeSync(2, stderr);
if (hang) setInterval(() => {}, 1000);
else process.exitCode = code;
`;

/** A crosvm with the commands `balloon` and `balloon_stats` of src/main.rs. */
export const installFakeCrosvm = (script: Script = {}): FakeCrosvm => {
  const dir = mkdtempSync(join(tmpdir(), 'kvmtop-crosvm-'));
  const file = join(dir, 'crosvm');
  writeFileSync(file, source);
  chmodSync(file, 0o755);
  const play = (next: Script) => {
    writeFileSync(join(dir, 'next'), JSON.stringify(next));
    renameSync(join(dir, 'next'), join(dir, 'script.json'));
  };
  play(script);
  return {
    dir,
    file,
    play,
    runs: () => {
      const path = join(dir, 'runs');
      return existsSync(path)
        ? readFileSync(path, 'utf8')
            .trimEnd()
            .split('\n')
            .map(line => JSON.parse(line))
        : [];
    },
    remove: () => rmSync(dir, { recursive: true }),
  };
};

/** As `crosvm balloon_stats` prints it: what the balloon holds, and the guest's own numbers. Bytes. */
export const balloonStats = (held: number, stats: Readonly<Record<string, number | null>>): Reply => ({
  stdout: `${JSON.stringify(
    {
      BalloonStats: {
        balloon_actual: held,
        stats: {
          available_memory: null,
          disk_caches: null,
          free_memory: null,
          hugetlb_allocations: null,
          hugetlb_failures: null,
          major_faults: null,
          minor_faults: null,
          shared_memory: null,
          swap_in: null,
          swap_out: null,
          total_memory: null,
          unevictable_memory: null,
          ...stats,
        },
      },
    },
    undefined,
    2,
  )}\n`,
});

/** As it says that it could not connect. */
export const noConnection = (socket: string, reason: string): Reply => ({
  stderr: `[2024-05-03T10:00:00.000000000+00:00 ERROR vm_control::sys::linux] failed to connect to socket at '"${socket}"': ${reason}\n`,
  code: 1,
});
