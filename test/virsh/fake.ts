import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Script {
  /** What a read-only run prints, by its command; `code` and `stderr` of one that fails. */
  readonly answers?: Readonly<Record<string, string | { readonly stderr: string } | { readonly hang: true }>>;
  /** Of a run with a command of its own. */
  readonly change?: {
    readonly stdout?: string;
    readonly stderr?: string;
    readonly code?: number;
    /** It says nothing more and does not end, until another script is played that does not say so. */
    readonly hang?: boolean;
  };
}

export interface FakeVirsh {
  /** For PATH; it has nothing else. */
  readonly dir: string;
  /** From the next command on. */
  readonly play: (script: Script) => void;
  /** Every run so far. */
  readonly runs: () => readonly { readonly pid: number; readonly args: readonly string[] }[];
  /** PIDs of those that live. */
  readonly alive: () => readonly number[];
  /** As on a host without libvirt-clients. */
  readonly uninstall: () => void;
  readonly remove: () => void;
}

const source = `#!${process.execPath}
const { appendFileSync, readFileSync, writeSync } = require('node:fs');
const script = () => JSON.parse(readFileSync(__dirname + '/script.json', 'utf8'));
const print = text => writeSync(1, text);
const args = process.argv.slice(2);
appendFileSync(__dirname + '/runs', JSON.stringify({ pid: process.pid, args }) + '\\n');
if (args.includes('-r')) {
  const reply = script().answers?.[args.slice(args.indexOf('-c') + 2).join(' ')];
  if (typeof reply === 'string') print(reply);
  else if (reply?.hang) setInterval(() => {}, 1000);
  else { writeSync(2, reply?.stderr ?? "error: unknown command\\n"); process.exitCode = 1; }
}
else {
  const change = () => {
    const { stdout = '', stderr = '', code = 0, hang: forever } = script().change ?? {};
    if (forever) { setTimeout(change, 20); return; }
    print(stdout);
    writeSync(2, stderr);
    process.exitCode = code;
  };
  change();
}
`;

/** What a process was started as; empty when it has ended. */
const commandLineOf = (pid: string): string => {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'latin1');
  } catch {
    return '';
  }
};

export const installFakeVirsh = (script: Script = {}): FakeVirsh => {
  const dir = mkdtempSync(join(tmpdir(), 'kvmtop-virsh-'));
  const file = join(dir, 'virsh');
  writeFileSync(file, source);
  chmodSync(file, 0o755);
  const lines = (name: string): string[] => {
    const path = join(dir, name);
    return existsSync(path) ? readFileSync(path, 'utf8').trimEnd().split('\n') : [];
  };
  const play = (next: Script) => {
    writeFileSync(join(dir, 'next'), JSON.stringify(next));
    renameSync(join(dir, 'next'), join(dir, 'script.json'));
  };
  play(script);
  return {
    dir,
    play,
    runs: () => lines('runs').map(line => JSON.parse(line)),
    alive: () =>
      readdirSync('/proc')
        .filter(name => /^\d+$/.test(name) && commandLineOf(name).includes(file))
        .map(Number),
    uninstall: () => rmSync(file),
    remove: () => rmSync(dir, { recursive: true }),
  };
};
