import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { connect, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { until } from '../until.ts';
import { type Answer, qmp } from './qmp.ts';

/** Made by image.sh. */
export const image = join(import.meta.dirname, '../../.lab/image');

export interface GuestOptions {
  readonly name: string;
  /** MiB; 192 when not told. */
  readonly memory?: number;
  /** A balloon device with an id, without one, none at all, or one whose driver the guest does not load. */
  readonly balloon?: 'id' | 'noid' | 'none' | 'nodriver';
  readonly deflateOnOom?: boolean;
  /** hugetlb needs the host's hugepages: `borrowHost`. */
  readonly backend?: 'anon' | 'memfd' | 'hugetlb';
  /** MiB of `-m maxmem=`. */
  readonly maxmem?: number;
  /** Whether KSM may merge its pages. */
  readonly merge?: boolean;
  /** Booted, then stopped by QMP. */
  readonly paused?: boolean;
  /** MiB of a tmpfs, the same bytes in every guest. */
  readonly fill?: number;
  /** MiB that it writes again every second. */
  readonly load?: number;
  /** More words of the kernel's command line. */
  readonly kernel?: string;
  /** Folder of the memory cgroup that it is started in. */
  readonly cell?: string;
  /** Where QMP listens, instead of a socket in the guest's own folder. */
  readonly qmpPath?: string;
  /** `kvm` is for a guest in the KVM host (kvmhost/), which has one. */
  readonly accelerator?: 'tcg' | 'kvm';
  /** QEMU's program, in place of `qemu-system-x86_64`. */
  readonly program?: string;
  /**
   * QEMU's arguments as others start it: all but monitor, serial console, `extra`, and kernel and initrd, which come
   * behind them unless they have a kernel.
   */
  readonly words?: readonly string[];
  /** A listening socket is its descriptor 3, as libvirt opens a monitor for it. */
  readonly handedOver?: boolean;
  /** QEMU arguments; with `monitor: false`, these are all there is of a monitor. */
  readonly extra?: readonly string[];
  readonly monitor?: boolean;
}

export interface Guest {
  readonly name: string;
  /** QEMU's. */
  readonly pid: number;
  readonly qmpPath: string;
  /** Bytes of `-m`. */
  readonly size: number;
  /** Everything that its console said, so far. */
  readonly console: () => string;
  /** The one QMP answer, by the tests' own client. */
  readonly qmp: (command: string, args?: object) => Promise<Answer>;
  /** Booted: driver loaded, filled, and listening to `run`. */
  readonly ready: () => Promise<void>;
  /** Runs a shell command inside the guest, such as `head -c 32M /seed >/mem/a`; resolves to what it printed. */
  readonly run: (command: string) => Promise<string>;
  readonly signal: (signal: NodeJS.Signals) => void;
  /** Resolves when QEMU has ended, to its last words. */
  readonly exit: Promise<string>;
  /** Kills QEMU, even a stopped one, and removes its files. */
  readonly stop: () => Promise<void>;
}

/** Shorter by a second than a plain boot: no probing of what QEMU has not got. */
export const kernelLine =
  'console=ttyS0 quiet panic=-1 nokaslr mitigations=off tsc=reliable no_timer_check init_on_alloc=0 audit=0 apparmor=0 ' +
  '8250.nr_uarts=1 i8042.noaux i8042.nokbd random.trust_cpu=on cryptomgr.notests';

/** The words before those of a command that is to be in a memory cgroup from its beginning; the PID stays. */
export const enterCell = (folder: string): readonly string[] => [
  ...['sh', '-c', 'echo $$ >"$0/cgroup.procs" && exec "$@"', folder],
];

const backends = {
  anon: [],
  memfd: ['memory-backend-memfd'],
  hugetlb: ['memory-backend-memfd', 'hugetlb=on', 'hugetlbsize=2M', 'prealloc=on'],
};

/** A small translation cache: the host's cost of a guest should be the guest's memory. */
const accelerators = { tcg: ['-accel', 'tcg,tb-size=64'], kvm: ['-accel', 'kvm', '-cpu', 'host'] };

/** How the lab starts a guest, but for what it boots. */
const ownWords = (options: GuestOptions): string[] => {
  const { memory = 192, balloon = 'id', backend = 'anon', maxmem, merge = false, accelerator = 'tcg' } = options;
  const [object, ...properties] = backends[backend];
  const device = ['virtio-balloon-pci', ...(balloon === 'noid' ? [] : ['id=balloon0'])];
  if (options.deflateOnOom) device.push('deflate-on-oom=on');
  return [
    // In QEMU's option syntax a comma within a value is doubled.
    ...['-name', options.name.replaceAll(',', ',,')],
    ...accelerators[accelerator],
    ...['-machine', `pc,mem-merge=${merge ? 'on' : 'off'}${object ? ',memory-backend=mem' : ''}`],
    ...(object ? ['-object', [object, 'id=mem', `size=${memory}M`, ...properties].join(',')] : []),
    ...['-m', maxmem ? `size=${memory}M,slots=4,maxmem=${maxmem}M` : `${memory}`],
    ...['-nodefaults', '-display', 'none'],
    ...(balloon === 'none' ? [] : ['-device', device.join(',')]),
  ];
};

const bootWords = ({ balloon, fill, load, kernel }: GuestOptions): string[] => {
  const line = [kernelLine];
  if (balloon === 'nodriver') line.push('kvmtop.noballoon');
  if (fill) line.push(`kvmtop.fill=${fill}`);
  if (load) line.push(`kvmtop.load=${load}`);
  if (kernel) line.push(kernel);
  return ['-kernel', join(image, 'kernel'), '-initrd', join(image, 'initrd'), '-append', line.join(' ')];
};

const qemuArguments = (options: GuestOptions, dir: string, qmpPath: string): string[] => [
  ...(options.words ?? ownWords(options)),
  ...(options.words?.includes('-kernel') ? [] : bootWords(options)),
  ...['-chardev', `socket,id=serial0,path=${dir}/serial,server=on,wait=off,logfile=${dir}/console`],
  ...['-serial', 'chardev:serial0'],
  ...(options.monitor === false ? [] : ['-qmp', `unix:${qmpPath},server=on,wait=off`]),
  ...(options.extra ?? []),
];

/** A socket that listens; its descriptor is not in its type. */
const listening = (path: string): Promise<{ readonly descriptor: number; readonly close: () => void }> =>
  new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(path, () => {
      const { fd: descriptor } = (server as Server & { readonly _handle: { readonly fd: number } })._handle;
      resolve({ descriptor, close: () => server.close() });
    });
  });

/**
 * Starts a guest, under emulation unless it is told otherwise, so that it runs anywhere; resolves once QEMU answers, which is
 * before the guest has booted, unless it is to be `paused`. The kernel kills it if this process dies. Rejects with QEMU's own
 * words.
 */
export const startGuest = async (options: GuestOptions): Promise<Guest> => {
  const dir = mkdtempSync(join(tmpdir(), 'kvmtop-guest-'));
  const qmpPath = options.qmpPath ?? join(dir, 'qmp');
  mkdirSync(join(qmpPath, '..'), { recursive: true });
  const [command = '', ...words] = [
    ...(options.cell === undefined ? [] : enterCell(options.cell)),
    // By its path: in the KVM host, busybox's shell has one of its own, which does not know --pdeathsig.
    ...['/usr/bin/setpriv', '--pdeathsig', 'KILL'],
    ...[options.program ?? 'qemu-system-x86_64', ...qemuArguments(options, dir, qmpPath)],
  ];
  const handedOver = options.handedOver ? await listening(join(dir, 'handed-over')) : undefined;
  const child = spawn(
    command,
    words,
    // Not of this terminal's process group: Ctrl-C is for us, and `stop` takes down the guests in order.
    { stdio: ['ignore', 'ignore', 'pipe', handedOver?.descriptor], detached: true },
  );
  handedOver?.close();
  const guest = new RunningGuest(options, dir, qmpPath, child);
  try {
    if (options.monitor !== false) await guest.answering();
    if (options.paused) {
      await guest.ready();
      await guest.qmp('stop');
    }
    return guest;
  } catch (error) {
    await guest.stop();
    throw error;
  }
};

class RunningGuest implements Guest {
  readonly name: string;
  readonly pid: number;
  readonly qmpPath: string;
  readonly size: number;
  readonly exit: Promise<string>;
  readonly #dir: string;
  #ended: string | undefined;
  #errors = '';
  #commands = 0;

  constructor(options: GuestOptions, dir: string, qmpPath: string, child: ChildProcess) {
    this.name = options.name;
    this.pid = child.pid ?? -1;
    this.qmpPath = qmpPath;
    this.size = (options.memory ?? 192) * 2 ** 20;
    this.#dir = dir;
    child.stderr?.setEncoding('utf8').on('data', text => {
      this.#errors += text;
    });
    this.exit = new Promise(resolve => {
      const end = (words: string) => {
        this.#ended = words;
        resolve(words);
      };
      child.once('error', error => end(String(error)));
      child.once('close', (code, signal) => end(`QEMU ended with ${signal ?? code}: ${this.#errors.trim()}`));
    });
  }

  console = (): string => {
    try {
      return readFileSync(join(this.#dir, 'console'), 'utf8');
    } catch {
      return '';
    }
  };

  qmp = (command: string, args: object = {}): Promise<Answer> => qmp(this.qmpPath, command, args);

  answering = async (): Promise<void> => {
    // A QEMU that gives up breaks the connection first, and says why a moment later.
    const running = qmp(this.qmpPath, 'query-status', {}, 30_000).catch(async error => {
      await Promise.race([this.exit, delay(2000)]);
      throw new Error(`${this.name}: ${this.#ended ?? error}`);
    });
    const ended = this.exit.then(() => Promise.reject(new Error(`${this.name}: ${this.#ended}`)));
    await Promise.race([running, ended]);
  };

  ready = (): Promise<void> =>
    // Guests of an emulated host, side by side, take a minute where other work runs.
    until(`${this.name} is ready`, 180_000, () => {
      if (this.#ended) throw new Error(`${this.name}: ${this.#ended}`);
      return this.console().includes('kvmtop-lab: ready');
    });

  run = (command: string): Promise<string> => {
    const id = `${this.pid}-${++this.#commands}`;
    return new Promise((resolve, reject) => {
      const socket = connect(join(this.#dir, 'serial'));
      const timer = setTimeout(() => end(new Error(`${this.name}: no end of ${command}`)), 60_000);
      let text = '';
      const end = (error?: Error) => {
        clearTimeout(timer);
        socket.destroy();
        if (error) reject(error);
      };
      socket.setEncoding('utf8').on('error', end);
      socket.on('connect', () => socket.write(`${id} ${command}\n`));
      socket.on('data', chunk => {
        text += chunk;
        const done = new RegExp(`kvmtop-lab: done ${id} (\\d+)`).exec(text);
        if (!done) return;
        const output = text.slice(0, done.index);
        end(done[1] === '0' ? undefined : new Error(`${this.name}: ${command}: status ${done[1]}: ${output}`));
        resolve(output);
      });
    });
  };

  signal = (signal: NodeJS.Signals): void => {
    process.kill(this.pid, signal);
  };

  stop = async (): Promise<void> => {
    if (!this.#ended) this.signal('SIGKILL');
    await this.exit;
    rmSync(this.#dir, { recursive: true, force: true });
    rmSync(this.qmpPath, { force: true });
  };
}
