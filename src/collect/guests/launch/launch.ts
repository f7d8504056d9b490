import { join, normalize } from 'node:path';
import type { Root } from '../../../root.ts';
import type { Address } from '../monitors/qmp/qmp.ts';
import { describeLaunch, type Launch, type LaunchMonitor, splitCommandLine } from './commandline.ts';
import { type LaunchOption, parseArguments, parseConfig } from './options.ts';
import { listeningPaths } from './sockets.ts';

/** A monitor that can be connected to. */
export interface Place {
  readonly address: Address;
  /** The path as its own process knows it, or host:port; for people. */
  readonly label: string;
  /** Two processes with equal claims mean the same socket. */
  readonly claim: string;
}

export interface ProcessLaunch {
  readonly launch: Launch;
  readonly places: readonly Place[];
  /** Why `places` is empty. */
  readonly why: string | undefined;
}

/** A configuration file larger than this is none. */
const longestConfig = 1024 * 1024;

/** How a QEMU process was started. `undefined` while it has no command line: on its way in, or out. */
export const readLaunch = (root: Root, pid: number): ProcessLaunch | undefined => {
  const words = splitCommandLine(root.read(`/proc/${pid}/cmdline`) ?? '');
  if (words.length === 0) return undefined;
  const view = new ProcessView(root, pid);
  const options = parseArguments(words.slice(1));
  const daemonized = options.some(({ name }) => name === 'daemonize');
  const configs = options.filter(({ name }) => name === 'readconfig');
  const configured = configs.flatMap(({ raw }) => readConfig(root, view.file(raw, daemonized)));
  let launch = describeLaunch([...options, ...configured], path => view.onHugetlbfs(path));
  if (configs.length > 0 && launch.monitors.length === 0) {
    // The file is gone or unreadable. What listens under a name that says QMP is tried, and nothing else: another
    // socket may be somebody's serial console.
    const found = listeningPaths(root, pid).filter(path => /qmp/i.test(path));
    launch = { ...launch, monitors: found.map(path => ({ kind: 'unix', path })) };
  }
  const tried = launch.monitors.map(monitor => placeOf(monitor, launch, view));
  const places = tried.filter(place => typeof place !== 'string');
  const why = tried.find(place => typeof place === 'string') ?? 'it was started without a QMP monitor';
  return { launch, places, why: places.length > 0 ? undefined : why };
};

/** Only a plain file is opened: a pipe would block, and /dev/fd/N would be kvmtop's own. */
const readConfig = (root: Root, path: string | undefined): LaunchOption[] => {
  if (path === undefined || /^\/(dev|proc\/(thread-)?self)\//.test(normalize(path))) return [];
  const size = root.fileSize(path);
  return size === undefined || size > longestConfig ? [] : parseConfig(root.read(path) ?? '');
};

const placeOf = (monitor: LaunchMonitor, launch: Launch, view: ProcessView): Place | string => {
  switch (monitor.kind) {
    case 'fd':
      return 'its QMP monitor was handed over as an open descriptor';
    case 'other':
      return monitor.why;
    case 'tcp': {
      const host = loopback(monitor.host);
      if (host === undefined) return `its QMP monitor is on ${monitor.host}, and only the loopback is trusted`;
      if (!view.sameNetwork) return 'its QMP monitor is in another network namespace';
      const label = `${host}:${monitor.port}`;
      return { address: { kind: 'tcp', host, port: monitor.port }, label, claim: `tcp ${monitor.port}` };
    }
    case 'unix': {
      const path = view.socket(monitor.path, launch);
      if (path === undefined) return `its QMP socket ${monitor.path} is relative to a folder that is not known`;
      return { address: { kind: 'unix', path }, label: monitor.path, claim: view.claim(path) };
    }
  }
};

/** An address that listens on all interfaces is reached over the loopback too. */
const loopback = (host: string): string | undefined => {
  if (['', '0.0.0.0', 'localhost'].includes(host) || /^127(\.\d{1,3}){3}$/.test(host)) {
    return host.startsWith('127') ? host : '127.0.0.1';
  }
  return host === '::' || host === '::1' ? '::1' : undefined;
};

/** How a process sees files, and how to reach the same files from here. */
export class ProcessView {
  readonly #root: Root;
  readonly #pid: number;
  readonly #rootLink: string | undefined;
  readonly #sameMounts: boolean;
  readonly #namespace: string;

  constructor(root: Root, pid: number) {
    this.#root = root;
    this.#pid = pid;
    this.#rootLink = root.link(`/proc/${pid}/root`);
    this.#namespace = root.link(`/proc/${pid}/ns/mnt`) ?? '';
    // Who may not look has to take it for granted; then `connect` tells the rest.
    this.#sameMounts = this.#namespace === '' || this.#namespace === root.link('/proc/self/ns/mnt');
  }

  get sameNetwork(): boolean {
    return this.#root.link(`/proc/${this.#pid}/ns/net`) === this.#root.link('/proc/self/ns/net');
  }

  /** Where to connect for a socket that the process bound as `path`. */
  socket(path: string, launch: Pick<Launch, 'chroots' | 'daemonized'>): string | undefined {
    if (path.startsWith('/')) {
      // With -chroot the sockets were opened before the change of root.
      return this.#sameView || launch.chroots ? path : this.#root.path(`/proc/${this.#pid}/root${path}`);
    }
    return this.#relative(path, launch.daemonized || launch.chroots, link => this.#root.path(link));
  }

  /** The Root's path of a file that the process opened as `path`. */
  file(path: string, moved: boolean): string | undefined {
    if (path.startsWith('/')) return this.#sameView ? path : `/proc/${this.#pid}/root${path}`;
    return this.#relative(path, moved, link => link);
  }

  claim(path: string): string {
    return this.#sameView
      ? path
      : `${this.#namespace} ${this.#rootLink ?? ''} ${path.replace(/^.*?\/(root|cwd)\//, '')}`;
  }

  onHugetlbfs(path: string): boolean {
    const mounts = this.#root.read(`/proc/${this.#pid}/mounts`) ?? this.#root.read('/proc/mounts') ?? '';
    return mounts.split('\n').some(line => {
      const [, at = '', type] = line.split(' ');
      return type === 'hugetlbfs' && (path === at || path.startsWith(at.endsWith('/') ? at : `${at}/`));
    });
  }

  get #sameView(): boolean {
    return this.#sameMounts && (this.#rootLink === undefined || this.#rootLink === '/');
  }

  /** `moved`: QEMU changed its folder after it opened its files, so only the one it was started in is of use. */
  #relative(path: string, moved: boolean, reach: (link: string) => string): string | undefined {
    if (moved) {
      const environment = this.#root.read(`/proc/${this.#pid}/environ`)?.split('\0') ?? [];
      const started = environment.find(entry => entry.startsWith('PWD=/'))?.slice('PWD='.length);
      return started === undefined ? undefined : join(started, path);
    }
    const cwd = this.#root.link(`/proc/${this.#pid}/cwd`);
    if (cwd === undefined) return undefined;
    return this.#sameView ? join(cwd, path) : reach(`/proc/${this.#pid}/cwd/${path}`);
  }
}
