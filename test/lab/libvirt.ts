import { type ChildProcess, execFile, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { until } from '../until.ts';
import { image, kernelLine } from './guest.ts';

const run = promisify(execFile);

/** Why there can be no libvirt of the lab's own here; `undefined` when there can. */
export const whyNoLibvirt = (): string | undefined => {
  for (const program of ['libvirtd', 'virsh'])
    if (spawnSync(program, ['--version']).error) return `${program} is missing: run test/lab/install.sh`;
  const namespaces = spawnSync('unshare', ['--mount', '--pid', '--fork', '--mount-proc', 'true']);
  return namespaces.status === 0 ? undefined : 'mount and PID namespaces are not allowed here';
};

export interface DomainOptions {
  readonly name: string;
  /** MiB. */
  readonly memory: number;
  /** Seconds between the reports of its balloon driver; without it they are off. */
  readonly period?: number;
  /** No device, or a device whose driver the guest does not load. */
  readonly balloon?: 'none' | 'nodriver';
  /** A virtio-mem device that can plug this many MiB, and has plugged nothing. */
  readonly pluggable?: number;
}

export interface Domain {
  readonly name: string;
  readonly uuid: string;
  /** QEMU's, as the host counts. */
  readonly pid: number;
  /** `domstats --balloon`: libvirt's own names and numbers (KiB). */
  readonly stats: () => Promise<ReadonlyMap<string, number>>;
  /** The interval of its reports, seconds; 0 is off. */
  readonly period: () => Promise<number>;
  readonly setPeriod: (seconds: number) => Promise<unknown>;
  readonly signal: (signal: NodeJS.Signals) => void;
}

export interface LabLibvirt {
  readonly uri: string;
  /** On which it only answers. */
  readonly readOnlySocket: string;
  /** Of libvirtd itself, as the host counts. */
  readonly pid: () => number;
  /** Ends libvirtd alone: its guests live on. */
  readonly endDaemon: () => Promise<void>;
  /** Starts another in its place. */
  readonly startDaemon: () => void;
  /** The first process of its namespaces, as the host counts: in them there are no other guests than its own. */
  readonly init: () => number;
  /** Boots a domain under emulation; resolves when it is ready. It is gone with libvirtd. */
  readonly create: (options: DomainOptions) => Promise<Domain>;
  readonly stop: () => Promise<void>;
}

/** libvirt plugs memory only into a guest that has a NUMA node, and slots for it. */
const pluggableXml = (memory: number, most: number) => ({
  head: `<maxMemory slots='1' unit='MiB'>${memory + most}</maxMemory>
  <cpu><numa><cell id='0' cpus='0' memory='${memory}' unit='MiB'/></numa></cpu>`,
  device: `<memory model='virtio-mem'>
      <target>
        <size unit='MiB'>${most}</size><node>0</node><block unit='MiB'>2</block><requested unit='MiB'>0</requested>
      </target>
    </memory>`,
});

const xmlOf = ({ name, memory, period, balloon, pluggable }: DomainOptions, console: string): string => {
  const { head, device } = pluggable === undefined ? { head: '', device: '' } : pluggableXml(memory, pluggable);
  return `<domain type='qemu'>
  <name>${name}</name>
  <memory unit='MiB'>${memory}</memory>
  ${head}
  <vcpu>1</vcpu>
  <os>
    <type arch='x86_64' machine='pc'>hvm</type>
    <kernel>${join(image, 'kernel')}</kernel>
    <initrd>${join(image, 'initrd')}</initrd>
    <cmdline>${kernelLine}${balloon === 'nodriver' ? ' kvmtop.noballoon' : ''}${device && ' memhp_default_state=online_movable'}</cmdline>
  </os>
  <features><acpi/></features>
  <devices>
    <emulator>/usr/bin/qemu-system-x86_64</emulator>
    <serial type='file'><source path='${console}'/></serial>
    <controller type='usb' model='none'/>
    ${device}
    <memballoon model='${balloon === 'none' ? 'none' : 'virtio'}'>${period ? `<stats period='${period}'/>` : ''}</memballoon>
  </devices>
</domain>
`;
};

/** By its UUID on the command line: libvirt knows only the number that it has in its own namespace. */
const pidOf = (uuid: string): number => {
  for (const entry of readdirSync('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    try {
      const words = readFileSync(`/proc/${entry}/cmdline`, 'utf8').split('\0');
      if (words[0]?.includes('qemu-system') && words.includes(uuid)) return Number(entry);
    } catch {
      // It ended while we looked.
    }
  }
  throw new Error(`no QEMU has the UUID ${uuid}`);
};

/** Starts a libvirtd that has nothing to do with the host's; the kernel ends it and its guests if this process dies. */
export const startLibvirt = async (): Promise<LabLibvirt> => {
  const dir = mkdtempSync(join(tmpdir(), 'kvmtop-libvirt-'));
  const socket = join(dir, 'sockets/libvirt-sock');
  const uri = `qemu+unix:///system?socket=${socket}`;
  const daemon: ChildProcess = spawn(
    'setpriv',
    [
      ...['--pdeathsig', 'KILL', 'unshare', '--mount', '--pid', '--fork', '--mount-proc', '--kill-child'],
      ...[join(import.meta.dirname, 'libvirtd.sh'), dir],
    ],
    { stdio: ['ignore', 'ignore', 'pipe'], detached: true },
  );
  let said = '';
  daemon.stderr?.setEncoding('utf8').on('data', text => {
    said += text;
  });
  let ended = false;
  const exit = new Promise<void>(resolve =>
    daemon.once('close', () => {
      ended = true;
      resolve();
    }),
  );
  const virsh = async (...args: string[]): Promise<string> =>
    (await run('virsh', ['-q', '-c', uri, ...args], { timeout: 60_000, env: { ...process.env, LC_ALL: 'C' } })).stdout;
  const init = (): number =>
    ended ? 0 : Number(readFileSync(`/proc/${daemon.pid}/task/${daemon.pid}/children`, 'utf8').split(' ')[0]);
  const childrenOf = (parent: number): number[] =>
    readFileSync(`/proc/${parent}/task/${parent}/children`, 'utf8').trim().split(' ').map(Number);
  const daemons = (): number[] =>
    childrenOf(init()).filter(child => readFileSync(`/proc/${child}/comm`, 'utf8').trim() === 'libvirtd');
  const pid = (): number => daemons()[0] ?? 0;
  const stopped = join(dir, 'stopped');
  const endDaemon = async () => {
    writeFileSync(stopped, '');
    process.kill(pid(), 'SIGTERM');
    await until('libvirtd has ended', 60_000, () => daemons().length === 0);
  };
  const startDaemon = () => rmSync(stopped);
  const stop = async () => {
    // The first process of the namespace takes all others with it, and its parent, which waits for it, after it.
    const first = init();
    if (first) process.kill(first, 'SIGKILL');
    else daemon.kill('SIGKILL');
    await exit;
    rmSync(dir, { recursive: true, force: true });
  };

  const create = async (options: DomainOptions): Promise<Domain> => {
    const { name } = options;
    const console = join(dir, `${name}.console`);
    const file = join(dir, `${name}.xml`);
    writeFileSync(file, xmlOf(options, console));
    await virsh('create', file);
    await until(`${name} is ready`, 60_000, () => readFileSync(console, 'utf8').includes('kvmtop-lab: ready'));
    const uuid = (await virsh('domuuid', name)).trim();
    const pid = pidOf(uuid);
    return {
      name,
      uuid,
      pid,
      stats: async () => {
        const text = await virsh('domstats', '--balloon', '--raw', uuid);
        return new Map(
          [...text.matchAll(/^ {2}balloon\.(\S+)=(\d+)$/gm)].map(([, key = '', value]) => [key, Number(value)]),
        );
      },
      period: async () => Number(/<stats period='(\d+)'/.exec(await virsh('dumpxml', uuid))?.[1] ?? 0),
      setPeriod: seconds => virsh('dommemstat', uuid, '--period', String(seconds), '--live'),
      signal: signal => process.kill(pid, signal),
    };
  };

  try {
    await until('libvirtd answers', 60_000, async () => {
      if (ended) throw new Error(`libvirtd ended: ${said}`);
      return (
        existsSync(socket) &&
        (await virsh('list').then(
          () => true,
          () => false,
        ))
      );
    });
    return { uri, readOnlySocket: `${socket}-ro`, pid, endDaemon, startDaemon, init, create, stop };
  } catch (error) {
    await stop();
    throw error;
  }
};
