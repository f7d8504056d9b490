import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** What the fake does on a command: prints it; or hangs, ends, or prints in pieces of a character. */
type Reply =
  | string
  | { readonly hang: true }
  | { readonly exit: number; readonly text?: string }
  | { readonly split: string };

export interface Script {
  /** What the read-only shell prints instead of connecting, before it ends. */
  readonly refusal?: string;
  /** By the whole command, as the shell is given it. Others are answered as virsh answers an unknown command. */
  readonly answers?: Readonly<Record<string, Reply>>;
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
  /** For PATH; it has `sh` and `setpriv` too, but nothing else. */
  readonly dir: string;
  /** From the next command on. */
  readonly play: (script: Script) => void;
  /** Every run so far. */
  readonly runs: () => readonly { readonly pid: number; readonly args: readonly string[] }[];
  /** Every command that the shells were given, without `echo`. */
  readonly commands: () => readonly string[];
  /** PIDs of those that live. */
  readonly alive: () => readonly number[];
  /** As on a host without libvirt-clients. */
  readonly uninstall: () => void;
  readonly remove: () => void;
}

const source = `#!${process.execPath}
const { appendFileSync, readFileSync, writeSync } = require('node:fs');
const { createInterface } = require('node:readline');
const script = () => JSON.parse(readFileSync(__dirname + '/script.json', 'utf8'));
const print = text => writeSync(1, text);
const args = process.argv.slice(2);
appendFileSync(__dirname + '/runs', JSON.stringify({ pid: process.pid, args }) + '\\n');
const hang = () => setInterval(() => {}, 1000);
const shell = async () => {
  const { refusal } = script();
  if (refusal !== undefined) { writeSync(2, refusal); process.exit(1); }
  print("Welcome to virsh, the virtualization interactive terminal.\\n\\n");
  for await (const line of createInterface({ input: process.stdin })) {
    print('virsh > ' + line + '\\n');
    if (line.startsWith('echo ')) { print(line.slice(5) + '\\n'); continue; }
    appendFileSync(__dirname + '/commands', line + '\\n');
    const reply = script().answers?.[line] ?? "error: unknown command: '" + line.split(' ')[0] + "'\\n";
    if (typeof reply === 'string') print(reply);
    else if (reply.split) for (const letter of reply.split) { print(letter); await new Promise(setImmediate); }
    else if (reply.hang) { hang(); return; }
    else { print(reply.text ?? ''); process.exit(reply.exit); }
  }
};
if (args.includes('-r')) shell();
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
  for (const tool of ['sh', 'setpriv', 'true']) {
    const found = (process.env['PATH'] ?? '')
      .split(':')
      .map(folder => join(folder, tool))
      .find(existsSync);
    if (found) symlinkSync(found, join(dir, tool));
  }
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
    commands: () => lines('commands'),
    alive: () =>
      readdirSync('/proc')
        .filter(name => /^\d+$/.test(name) && commandLineOf(name).includes(file))
        .map(Number),
    uninstall: () => rmSync(file),
    remove: () => rmSync(dir, { recursive: true }),
  };
};
