import { basename, join, normalize } from 'node:path';
import type { Root } from '../../../root.ts';
import { type Moved, type ProcessView, splitCommandLine } from '../../../vmm/launch.ts';
import { programName } from './discovery.ts';
import { listeningPaths } from './sockets.ts';

/** How a process sees files, and how to reach the same files from here. */
export class LiveProcess implements ProcessView {
  readonly pid: number;
  readonly words: readonly string[];
  readonly #root: Root;
  readonly #rootLink: string | undefined;
  readonly #sameMounts: boolean;
  readonly #namespace: string;

  constructor(root: Root, pid: number) {
    this.pid = pid;
    this.words = splitCommandLine(root.read(`/proc/${pid}/cmdline`) ?? '');
    this.#root = root;
    this.#rootLink = root.link(`/proc/${pid}/root`);
    this.#namespace = root.link(`/proc/${pid}/ns/mnt`) ?? '';
    // Who may not look has to take it for granted; then `connect` tells the rest.
    this.#sameMounts = this.#namespace === '' || this.#namespace === root.link('/proc/self/ns/mnt');
  }

  get program(): string {
    return programName(this.#root.link(`/proc/${this.pid}/exe`) ?? basename(this.words[0] ?? 'vmm'));
  }

  get sameNetwork(): boolean {
    return this.#root.link(`/proc/${this.pid}/ns/net`) === this.#root.link('/proc/self/ns/net');
  }

  socket(path: string, moved: Moved): string | undefined {
    if (path.startsWith('/')) {
      // With -chroot the sockets were opened before the change of root.
      return this.#sameView || moved.chroots ? path : this.#root.path(`/proc/${this.pid}/root${path}`);
    }
    return this.#relative(path, moved.daemonized || moved.chroots, link => this.#root.path(link));
  }

  claim(path: string): string {
    return this.#sameView
      ? path
      : `${this.#namespace} ${this.#rootLink ?? ''} ${path.replace(/^.*?\/(root|cwd)\//, '')}`;
  }

  onHugetlbfs(path: string): boolean {
    const mounts = this.#root.read(`/proc/${this.pid}/mounts`) ?? this.#root.read('/proc/mounts') ?? '';
    return mounts.split('\n').some(line => {
      const [, at = '', type] = line.split(' ');
      return type === 'hugetlbfs' && (path === at || path.startsWith(at.endsWith('/') ? at : `${at}/`));
    });
  }

  /** Only a plain file is opened: a pipe would block, and /dev/fd/N would be kvmtop's own. */
  text(path: string, daemonized: boolean, longest: number): string | undefined {
    const here = this.#file(path, daemonized);
    if (here === undefined || /^\/(dev|proc\/(thread-)?self)\//.test(normalize(here))) return undefined;
    const size = this.#root.fileSize(here);
    return size === undefined || size > longest ? undefined : this.#root.read(here);
  }

  listening(): readonly string[] | undefined {
    return listeningPaths(this.#root, this.pid);
  }

  get #sameView(): boolean {
    return this.#sameMounts && (this.#rootLink === undefined || this.#rootLink === '/');
  }

  /** The Root's path of a file that the process opened as `path`. */
  #file(path: string, moved: boolean): string | undefined {
    if (path.startsWith('/')) return this.#sameView ? path : `/proc/${this.pid}/root${path}`;
    return this.#relative(path, moved, link => link);
  }

  /** `moved`: it changed its folder after it opened its files, so only the one it was started in is of use. */
  #relative(path: string, moved: boolean, reach: (link: string) => string): string | undefined {
    if (moved) {
      const environment = this.#root.read(`/proc/${this.pid}/environ`)?.split('\0') ?? [];
      const started = environment.find(entry => entry.startsWith('PWD=/'))?.slice('PWD='.length);
      return started === undefined ? undefined : join(started, path);
    }
    const cwd = this.#root.link(`/proc/${this.pid}/cwd`);
    if (cwd === undefined) return undefined;
    return this.#sameView ? join(cwd, path) : reach(`/proc/${this.pid}/cwd/${path}`);
  }
}
