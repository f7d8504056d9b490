import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { openTerminal, type Terminal } from '../../pty/terminal.ts';
import { type Guest, type GuestOptions, image, kernelLine, startGuest } from '../guest.ts';
import type { Answer } from '../qmp.ts';
import type { Answered, GuestCall, Question, Ran, Started } from './protocol.ts';

const here = import.meta.dirname;

/** Why there can be no KVM host here, and what to do. */
export const whyNoKvmHost = (): string | undefined => {
  if (!existsSync(join(image, 'host-modules'))) return 'the modules of the KVM host are missing: run test/lab/image.sh';
  if (!existsSync(join(here, '../../../dist/kvmtop.js'))) return 'kvmtop is not built: run npm run build';
  return undefined;
};

/** A guest in the KVM host. */
export interface InnerGuest {
  readonly name: string;
  /** QEMU's, in the host. */
  readonly pid: number;
  /** In the host. */
  readonly qmpPath: string;
  readonly size: number;
  readonly ready: () => Promise<void>;
  readonly run: (command: string) => Promise<string>;
  readonly qmp: (command: string, args?: object) => Promise<Answer>;
  readonly console: () => Promise<string>;
  readonly signal: (signal: NodeJS.Signals) => Promise<void>;
  readonly stop: () => Promise<void>;
}

/** One look of kvmtop in the host, as scripts get it. */
export interface Look {
  readonly host: Readonly<Record<string, number>>;
  readonly guests: readonly Readonly<Record<string, number | string | undefined>>[];
}

/** A host with KVM: AMD's virtualisation with nested paging, emulated. kvmtop is in it as it was built. */
export interface KvmHost {
  /** Runs a command of the shell in it; rejects where its status is not 0, and resolves to what it printed. */
  readonly run: (command: string) => Promise<string>;
  /** The same, whatever its status. */
  readonly shell: (command: string) => Promise<Ran>;
  /** Starts a guest in it, under KVM where its options say nothing else. */
  readonly start: (options: GuestOptions) => Promise<InnerGuest>;
  /** What `kvmtop snapshot --json` says in it. */
  readonly look: () => Promise<Look>;
  /** kvmtop in a terminal of the host: its second console, so one at a time. */
  readonly open: (args: readonly string[], size?: { readonly columns: number; readonly rows: number }) => Terminal;
  /** Captures its /proc and /sys by the script that captures hosts; resolves to the folder that they are in. */
  readonly capture: (name: string) => Promise<string>;
  /** Ends it, and removes its files. */
  readonly stop: () => Promise<void>;
}

/** Words for a shell. */
const quoted = (...words: readonly string[]): string =>
  words.map(word => `'${word.replaceAll("'", "'\\''")}'`).join(' ');

/** MiB of RAM: room for some three guests beside Node. */
const memory = 2048;

const bundleAgent = async (folder: string): Promise<string> => {
  const outfile = join(folder, 'agent.js');
  const entry = join(here, 'agent.ts');
  await build({ entryPoints: [entry], outfile, bundle: true, platform: 'node', format: 'esm', logLevel: 'error' });
  return outfile;
};

const argumentsOf = (folder: string): readonly string[] => [
  ...['-accel', 'tcg,thread=multi', '-cpu', 'max', '-smp', '2', '-m', String(memory)],
  ...['-nodefaults', '-display', 'none', '-no-reboot'],
  ...['-kernel', join(image, 'kernel'), '-append', `${kernelLine} root=/dev/nvme0n1 rw init=/init`],
  ...['-drive', `file=${folder}/disk,if=none,id=disk,format=raw,cache=unsafe,discard=unmap`],
  ...['-device', 'nvme,drive=disk,serial=1', '-device', 'virtio-serial-pci'],
  // QEMU connects to us, before the host starts: its agent finds us there.
  ...['-chardev', `socket,id=agent,path=${folder}/agent`, '-device', 'virtserialport,chardev=agent'],
  ...['-chardev', `socket,id=screen,path=${folder}/screen,server=on,wait=off`, '-device', 'virtconsole,chardev=screen'],
];

/** The agent's end of the line: questions in, answers out, in any order. */
class Line {
  readonly #waiting = new Map<number, PromiseWithResolvers<unknown>>();
  readonly #socket = Promise.withResolvers<Socket>();
  #id = 0;

  /** Resolves when the agent is there. */
  readonly here: Promise<unknown>;

  constructor(path: string) {
    this.here = this.#wait(0);
    const server = createServer(socket => {
      server.close();
      socket.on('error', () => {});
      createInterface(socket).on('line', line => this.#take(JSON.parse(line)));
      this.#socket.resolve(socket);
    }).listen(path);
  }

  async ask<T>(question: Question): Promise<T> {
    const id = ++this.#id;
    const answer = this.#wait(id);
    (await this.#socket.promise).write(`${JSON.stringify({ id, ...question })}\n`);
    return answer as Promise<T>;
  }

  fail(why: string): void {
    for (const { reject } of this.#waiting.values()) reject(new Error(`the KVM host: ${why}`));
    this.#waiting.clear();
  }

  #wait(id: number): Promise<unknown> {
    const waiting = Promise.withResolvers<unknown>();
    this.#waiting.set(id, waiting);
    return waiting.promise;
  }

  #take(answered: Answered): void {
    const waiting = this.#waiting.get(answered.id);
    this.#waiting.delete(answered.id);
    if ('error' in answered) waiting?.reject(new Error(answered.error));
    else waiting?.resolve(answered.value);
  }
}

/** How often a host is booted until its clock goes right. */
const boots = 4;

/**
 * Boots a host in some seconds; all tests of a file use one. The kernel ends it if this process dies. An emulated processor that
 * has to wait while it measures its clock can measure it wrong, by several times: such a host is booted again.
 */
export const startKvmHost = async (): Promise<KvmHost> => {
  for (let boot = 1; ; boot += 1) {
    const host = await bootKvmHost();
    const pace = await host.pace();
    if (Math.abs(pace - 1) < 0.3) return host;
    await host.stop();
    if (boot === boots) throw new Error(`the KVM host: its clock goes ${pace} times as fast as ours`);
  }
};

const bootKvmHost = async (): Promise<RunningHost> => {
  const folder = mkdtempSync(join(tmpdir(), 'kvmtop-kvmhost-'));
  let outer: Guest | undefined;
  try {
    const disk = join(folder, 'disk');
    await promisify(execFile)(join(here, 'disk.sh'), [image, process.execPath, await bundleAgent(folder), disk]);
    const line = new Line(join(folder, 'agent'));
    outer = await startGuest({ name: 'kvmhost', memory, words: argumentsOf(folder) });
    // QEMU has it open: it goes with QEMU, however that ends.
    rmSync(disk);
    const host = outer;
    void host.exit.then(words => line.fail(`${words}; its console: ${host.console()}`));
    const timer = setTimeout(() => line.fail(`no agent yet; its console: ${host.console()}`), 60_000);
    await line.here;
    clearTimeout(timer);
    return new RunningHost(outer, line, folder);
  } catch (error) {
    await outer?.stop();
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }
};

class RunningHost implements KvmHost {
  readonly #outer: Guest;
  readonly #line: Line;
  readonly #folder: string;

  constructor(outer: Guest, line: Line, folder: string) {
    this.#outer = outer;
    this.#line = line;
    this.#folder = folder;
  }

  shell = (command: string): Promise<Ran> => this.#line.ask({ ask: 'shell', command });

  run = async (command: string): Promise<string> => {
    const { code, stdout, stderr } = await this.shell(command);
    if (code !== 0) throw new Error(`${command}: status ${code}: ${stdout}${stderr}`);
    return stdout;
  };

  look = async (): Promise<Look> => JSON.parse(await this.run('kvmtop snapshot --json -d 2'));

  start = async (options: GuestOptions): Promise<InnerGuest> => {
    const full: GuestOptions = { accelerator: 'kvm', ...options };
    const { pid, qmpPath, size } = await this.#line.ask<Started>({ ask: 'start', options: full });
    const call = <T>(method: GuestCall, ...words: unknown[]): Promise<T> =>
      this.#line.ask({ ask: 'guest', pid, call: method, words });
    return {
      ...{ name: options.name, pid, qmpPath, size },
      ready: () => call('ready'),
      run: command => call('run', command),
      qmp: (command, args = {}) => call('qmp', command, args),
      console: () => call('console'),
      signal: signal => call('signal', signal),
      stop: () => call('stop'),
    };
  };

  /** Of its seconds, how many go by in one of ours. */
  pace = async (): Promise<number> => {
    const clocks = async (): Promise<readonly [number, number]> => {
      const seconds = Number((await this.run('cat /proc/uptime')).split(' ')[0]);
      return [seconds, performance.now() / 1000];
    };
    const [inner, outer] = await clocks();
    await delay(1000);
    const [innerLater, outerLater] = await clocks();
    return (innerLater - inner) / (outerLater - outer);
  };

  open = (args: readonly string[], { columns, rows } = { columns: 120, rows: 40 }): Terminal => {
    const terminal = openTerminal({
      command: process.execPath,
      args: [join(here, 'console.ts'), join(this.#folder, 'screen')],
      ...{ columns, rows },
    });
    const environment = 'TERM=xterm-256color COLORTERM=truecolor LANG=C.UTF-8';
    const command = `stty rows ${rows} cols ${columns} && ${environment} exec kvmtop ${quoted(...args)}`;
    void this.shell(`setsid -c sh -c ${quoted(command)} </dev/hvc0 >/dev/hvc0 2>&1`).catch(() => {});
    return terminal;
  };

  capture = async (name: string): Promise<string> => {
    const script = '/kvmtop/test/hosts/capture.sh';
    await this.run(`/bin/sh ${script} ${name}`);
    const tar = await this.run(`tar cz -C /kvmtop/test/hosts ${name} | base64; rm -r /kvmtop/test/hosts/${name}`);
    mkdirSync(join(this.#folder, 'captured'), { recursive: true });
    await new Promise<void>((resolve, reject) => {
      const unpack = execFile('tar', ['xz', '-C', join(this.#folder, 'captured')], error =>
        error ? reject(error) : resolve(),
      );
      unpack.stdin?.end(Buffer.from(tar, 'base64'));
    });
    return join(this.#folder, 'captured', name);
  };

  stop = async (): Promise<void> => {
    await this.#outer.stop();
    rmSync(this.#folder, { recursive: true, force: true });
  };
}
