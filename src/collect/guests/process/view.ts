import { basename, normalize } from 'node:path';
import type { Root } from '../../../root.ts';
import { type Located, type Moved, type ProcessView, splitCommandLine, tooYoung } from '../../../vmm/launch.ts';
import { parseUptime } from '../../host/uptime.ts';
import { machineLink, programName } from './discovery.ts';
import { textOf } from './foreign.ts';
import { fileSystemOf, type Mount, parseMounts, parseMountTable } from './mounts.ts';
import { parseStat, parseUsers } from './numbers.ts';
import { listeningPaths, mostDescriptors, parseListening } from './sockets.ts';

/** USER_HZ, which the kernel shows to programs whatever its own clock. */
const ticksPerSecond = 100;

/** Files read for one process: whoever starts it may name thousands. */
const mostTexts = 8;

/** How a process sees files, and how to reach the same files from here. */
export class LiveProcess implements ProcessView {
  readonly pid: number;
  readonly words: readonly string[];
  readonly #root: Root;
  readonly #rootLink: string | undefined;
  readonly #sameMounts: boolean;
  #table: readonly Mount[] | undefined;
  readonly #texts = new Map<string, string | undefined>();
  readonly #unread = new Map<string, { readonly file: Located; readonly longest: number }>();

  constructor(root: Root, pid: number) {
    this.pid = pid;
    this.words = splitCommandLine(root.read(`/proc/${pid}/cmdline`) ?? '');
    this.#root = root;
    this.#rootLink = root.link(`/proc/${pid}/root`);
    // Who may not look has to take it for granted; then `connect` tells the rest.
    const mounts = root.link(`/proc/${pid}/ns/mnt`);
    this.#sameMounts = mounts === undefined || mounts === root.link('/proc/self/ns/mnt');
  }

  get program(): string {
    return programName(this.#root.link(`/proc/${this.pid}/exe`) ?? basename(this.words[0] ?? 'vmm'));
  }

  get sameNetwork(): boolean {
    return this.#sameNamespace('net');
  }

  /** Whether it counts users as this host does: who does not may have mounted what he likes, in a namespace of his own. */
  get sameUsers(): boolean {
    return this.#sameNamespace('user');
  }

  /** The users that it is. */
  get users(): ReadonlySet<number> {
    return parseUsers(this.#root.read(`/proc/${this.pid}/status`) ?? '');
  }

  /** What is mounted below the root of this file; nothing in a captured tree, whose tables are of another host. */
  mounts({ root }: Located): readonly Mount[] {
    if (!this.#root.isHost) return [];
    const read = (process: number | 'self') => parseMounts(this.#root.read(`/proc/${process}/mountinfo`) ?? '');
    const own = read('self');
    if (root === '/') return own;
    // What is outside of its root is not in its table. The names there mean others.
    return [...read(this.pid), ...own.map(mount => ({ ...mount, at: undefined }))];
  }

  socket(path: string, moved: Moved): Located | undefined {
    return this.#locate(path, moved, '/');
  }

  get age(): number | undefined {
    const bytes = this.#root.bytes(`/proc/${this.pid}/stat`);
    const started = bytes && parseStat(bytes)?.starttime;
    const uptime = parseUptime(this.#root.read('/proc/uptime') ?? '');
    return started === undefined || uptime === undefined ? undefined : uptime - started / ticksPerSecond;
  }

  fileSystem(path: string, moved: Moved): string | undefined {
    const located = this.#locate(path, moved, '/');
    if (!located) return undefined;
    this.#table ??= this.#mountsOf(located.root === '/' ? 'self' : this.pid);
    return fileSystemOf(this.#table, normalize(located.path));
  }

  text(path: string, moved: Moved, longest: number): string | undefined {
    if (this.#texts.has(path)) return this.#texts.get(path);
    const file = this.#locate(path, moved, this.#root.dir);
    if (file && this.#texts.size + this.#unread.size < mostTexts) this.#unread.set(path, { file, longest });
    return undefined;
  }

  /** Whether `text` was asked for files that are not read yet. */
  get lacks(): boolean {
    return this.#unread.size > 0;
  }

  /** Reads those, however long it takes: they may be anywhere, and a frame must not wait for them. */
  async readTexts(): Promise<void> {
    for (const [path, { file, longest }] of this.#unread) {
      const text = await textOf(file, this.mounts(file), longest).catch(() => undefined);
      this.#unread.delete(path);
      this.#texts.set(path, text);
    }
  }

  listening(): readonly string[] | undefined {
    return listeningPaths(this.#root, this.pid);
  }

  listensAt(descriptor: number): string | undefined {
    const held = this.#root.link(`/proc/${this.pid}/fd/${descriptor}`);
    const rows = held === undefined ? [] : parseListening(this.#root.read(`/proc/${this.pid}/net/unix`) ?? '');
    return rows.find(({ inode }) => held === `socket:[${inode}]`)?.path;
  }

  hasMachine(): boolean | undefined {
    const folder = `/proc/${this.pid}/fd`;
    const names = this.#root.list(folder, mostDescriptors);
    if (names.some(name => this.#root.link(`${folder}/${name}`) === machineLink)) return true;
    // Every process has some descriptors.
    return names.length === 0 || (this.age ?? 0) < tooYoung ? undefined : false;
  }

  get #sameView(): boolean {
    return this.#sameMounts && (this.#rootLink === undefined || this.#rootLink === '/');
  }

  #sameNamespace(kind: 'net' | 'user'): boolean {
    return this.#root.link(`/proc/${this.pid}/ns/${kind}`) === this.#root.link(`/proc/self/ns/${kind}`);
  }

  /** `here`: the folder that is the root of those who see files as kvmtop does. */
  #locate(path: string, { chroots, daemonized }: Moved, here: string): Located | undefined {
    // With -chroot it opened them before the change of root.
    const root = this.#sameView || (chroots && this.#sameMounts) ? here : this.#root.path(`/proc/${this.pid}/root`);
    if (path.startsWith('/')) return { root, path, relative: false };
    // It changed its folder after it opened its files, so only the one that it was started in is of use.
    const from = daemonized || chroots ? this.#startedIn() : this.#folder();
    return from === undefined ? undefined : { root, path: `${from}/${path}`, relative: true };
  }

  #startedIn(): string | undefined {
    const environment = this.#root.read(`/proc/${this.pid}/environ`)?.split('\0') ?? [];
    return environment.find(entry => entry.startsWith('PWD=/'))?.slice('PWD='.length);
  }

  /** Its folder, from its root on. */
  #folder(): string | undefined {
    const folder = this.#root.link(`/proc/${this.pid}/cwd`);
    if (this.#sameView || this.#rootLink === '/' || folder === undefined) return folder;
    const root = this.#rootLink ?? '';
    return `${folder}/`.startsWith(`${root}/`) ? folder.slice(root.length) : undefined;
  }

  /** As far as a captured tree has them. */
  #mountsOf(process: number | 'self'): readonly Mount[] {
    const rows = this.#root.read(`/proc/${process}/mountinfo`) ?? this.#root.read(`/proc/${this.pid}/mountinfo`);
    return rows === undefined ? parseMountTable(this.#root.read('/proc/mounts') ?? '') : parseMounts(rows);
  }
}
