import type { Need } from '../../fields/field.ts';
import { tooLate } from '../../guests.ts';
import type { Root } from '../../root.ts';
import type { GuestId, GuestSample, Problem, Vmm } from '../../sample.ts';
import { safe } from '../../text.ts';
import type { Purpose } from '../../vmm/step.ts';
import { Bugs } from './bugs.ts';
import { type Guest, openGuest, sampleGuest } from './guest.ts';
import { commandLimit, defaultPatience, type Monitor, type Patience } from './monitors/contract.ts';
import { Libvirt, type LibvirtPatience } from './monitors/libvirt/libvirt.ts';
import { moves, restingInterval, roundInterval } from './pace.ts';
import { contestedDomains } from './process/claims.ts';
import { Discovery } from './process/discovery.ts';
import { Claims } from './process/door.ts';
import { KeyNames } from './process/numbers.ts';
import { DescriptorBudget, ProcessReader } from './process/process.ts';
import { LiveProcess } from './process/view.ts';
import { Queue } from './queue.ts';

/** Monitors asked at the same time: more would only make their answers wait for this one thread. */
const atOnce = 16;
/** All are asked when they are found; their second rounds are spread over the interval, and all later ones with them. */
const phase = (pid: number): number => ((pid % 64) + 1) / 64;
/** Milliseconds for one virsh of the gate: it has to connect first. */
const virshLimit = 15_000;
/** Milliseconds that a poll waits for the files which new guests were started with: they tell names and monitors. */
const textsBudget = 500;
/**
 * Seconds until a guest whose monitor was not found (its sockets may not be open yet) is looked at again, doubled each time up to
 * the other: it costs what a stranger wants it to.
 */
const [lookAgain, longestPause] = [5, 300];

const wordlessWhy =
  'it runs a VMM’s program, but its command line can’t be read, so it is not shown as a guest: it has none, or has it where Linux ' +
  'does not read it, in a file that it maps';

export interface GuestReader {
  /**
   * Finds the guests and reads the host's side of them; the monitors' part is what they last said. `time`: seconds since
   * 1970. `note` is told right before their counters are read.
   */
  read(
    wanted: ReadonlySet<Need>,
    time: number,
    note?: (need: Need) => void,
  ): { guests: GuestSample[]; problems: Problem[]; migrated: GuestId[] };
  /**
   * Asks the monitors that are due. Resolves when all have answered or failed, or after `budgetMs`; those still under
   * way go on, and the next `read` has what they said. Never fails. `now`: seconds since 1970. `watched`: whom somebody
   * looks at; the others are asked less often while they don't move. Without it all are watched.
   */
  poll(now: number, budgetMs: number, watched?: ReadonlySet<GuestId>): Promise<void>;
  /**
   * One QMP command, for the gate only: the process and the name and UUID that answer are checked right before it is
   * sent. Gives QEMU's `return`; fails with an Error that tells what, why and what to do.
   */
  execute(
    id: GuestId,
    command: string,
    args?: Readonly<Record<string, unknown>>,
    options?: { readonly timeoutMs?: number },
  ): Promise<unknown>;
  /**
   * One change by `virsh`, for the gate only, of a guest that libvirt runs; the words name it by its UUID. The process is
   * checked right before. Gives what virsh printed; fails with an Error that tells what, why and what to do. A migration,
   * as `purpose` tells, is done when it is under way: how it ends is in what is read.
   */
  virsh(id: GuestId, words: readonly string[], purpose?: Purpose): Promise<string>;
  /** One call of a VMM's HTTP API, for the gate only; the process is checked right before. Fails with such an Error. */
  call(
    id: GuestId,
    method: 'PUT' | 'PATCH',
    path: string,
    body: Readonly<Record<string, unknown>>,
    options?: { readonly timeoutMs?: number },
  ): Promise<void>;
  /** One run of a VMM's own client, for the gate only; the process is checked right before. Fails with such an Error. */
  run(id: GuestId, words: readonly string[], options?: { readonly timeoutMs?: number }): Promise<void>;
  /** Remembers what the balloon was asked for, bytes: QEMU does not tell. `undefined` forgets it. */
  noteTarget(id: GuestId, bytes: number | undefined): void;
  /** Ends connections and closes descriptors. */
  close(): Promise<void>;
}

interface ReaderOptions {
  readonly monitors?: boolean;
  readonly libvirt?: string;
  readonly patience?: Patience;
  readonly libvirtPatience?: LibvirtPatience;
}

/**
 * `monitors`: whether to connect at all; by default only on the host itself, as a captured tree's sockets are not here.
 * `libvirt`: the URI at which libvirt is asked for its guests; without it they are seen from outside only.
 * `patience`: how long is waited for those that kvmtop connects to itself; `libvirtPatience`: for libvirt.
 */
export const createGuestReader = (root: Root, options: ReaderOptions = {}): GuestReader =>
  new LiveGuestReader(root, options);

class LiveGuestReader implements GuestReader {
  readonly #root: Root;
  readonly #monitors: boolean;
  readonly #libvirt: Libvirt | undefined;
  readonly #patience: Patience;
  readonly #discovery: Discovery;
  readonly #budget = new DescriptorBudget();
  readonly #claims = new Claims();
  readonly #names = { status: new KeyNames(), smaps_rollup: new KeyNames() };
  readonly #guests = new Map<number, Guest>();
  readonly #lookAgain = new Map<number, { readonly at: number; readonly pause: number }>();
  /** The files that processes were started with, being read. `until`: by performance.now(), as long as it is waited for. */
  readonly #reading = new Map<number, { readonly done: Promise<void>; readonly until: number }>();
  readonly #targets = new Map<GuestId, number>();
  readonly #migrated = new Set<GuestId>();
  readonly #bugs = new Bugs();
  readonly #queue = new Queue(atOnce);
  /** Processes that run a VMM's program and have no words to be told by. */
  #wordless: number[] = [];
  #found = false;

  constructor(
    root: Root,
    { monitors = root.isHost, libvirt, patience = defaultPatience, libvirtPatience }: ReaderOptions,
  ) {
    this.#patience = patience;
    this.#root = root;
    this.#monitors = monitors;
    this.#libvirt = libvirt === undefined ? undefined : new Libvirt(libvirt, libvirtPatience);
    this.#discovery = new Discovery(root);
  }

  read(
    wanted: ReadonlySet<Need>,
    time: number,
    note?: (need: Need) => void,
  ): { guests: GuestSample[]; problems: Problem[]; migrated: GuestId[] } {
    this.#find(time, note);
    const shown = this.#shown();
    const guests = shown.map(guest => sampleGuest(guest, wanted, this.#targets.get(guest.id)));
    const problems = shown.flatMap((guest): Problem[] => {
      const message = guest.contested ?? guest.monitor?.problem;
      return message === undefined ? [] : [{ source: `guest ${guest.name}`, message }];
    });
    for (const { monitor, name } of shown) if (monitor?.bug) this.#bugs.note(monitor.bug, name);
    problems.push(...this.#bugs.problems);
    for (const pid of this.#wordless) problems.push({ source: `process ${pid}`, message: wordlessWhy });
    const { problem } = this.#libvirt ?? {};
    if (problem !== undefined) problems.push({ source: 'libvirt', message: problem });
    // Even root is refused a process or two that guard themselves; that is no lack of privilege.
    if (this.#discovery.denied && process.geteuid?.() !== 0) {
      problems.push({
        source: '/proc/PID/exe',
        message: 'may not be read for other users: their guests are told by command line only; run kvmtop as root',
      });
    }
    return { guests, problems, migrated: [...this.#migrated] };
  }

  async poll(now: number, budgetMs: number, watched?: ReadonlySet<GuestId>): Promise<void> {
    if (!this.#found) this.#find(now);
    await this.#textsRead();
    const [interval, resting] = [roundInterval(this.#guests.size), restingInterval(this.#guests.size)];
    const rounds: Promise<void>[] = [];
    for (const guest of this.#guests.values()) {
      const { id, pid, monitor, contested, stat } = guest;
      // A stopped QEMU would only use up the time of the others.
      if (!monitor?.isDue(now) || contested || stat.state === 'T') continue;
      const turn = Math.floor(now / resting + phase(pid));
      if (watched?.has(id) === false && !guest.moving && turn === guest.turn) continue;
      guest.turn = turn;
      const usual = Math.max(interval, monitor.every ?? 0);
      const next = monitor.sample.time === undefined ? usual * phase(pid) : usual;
      rounds.push(this.#queue.add(monitor, () => this.#ask(guest, monitor, now, next)));
    }
    if (rounds.length > 0) await within(budgetMs, rounds);
  }

  async #ask(guest: Guest, monitor: Monitor, now: number, next: number): Promise<void> {
    const before = monitor.sample;
    await monitor.ask(now, next);
    const { sample } = monitor;
    const target = this.#targets.get(guest.id);
    guest.moving = moves(before, sample) || (target !== undefined && target !== sample.balloon?.actual);
  }

  async execute(
    id: GuestId,
    command: string,
    args?: Readonly<Record<string, unknown>>,
    options: { readonly timeoutMs?: number } = {},
  ): Promise<unknown> {
    const guest = this.#named(id, command);
    if (!guest.monitor || guest.contested) throw this.#refusal(guest, command);
    const timeoutMs = options.timeoutMs ?? commandLimit(this.#patience);
    return guest.monitor.execute(command, args, { name: guest.name, timeoutMs, check: this.#check(guest, command) });
  }

  async virsh(id: GuestId, words: readonly string[], purpose?: Purpose): Promise<string> {
    const command = `virsh ${words[0] ?? ''}`;
    const guest = this.#named(id, command);
    const uuid = guest.monitor?.domain;
    if (!this.#libvirt || uuid === undefined || guest.contested) throw this.#refusal(guest, command);
    const check = this.#check(guest, command);
    if (purpose?.kind === 'migrate') {
      await this.#libvirt.migrate(uuid, words, { name: guest.name, check, arrived: () => this.#migrated.add(id) });
      return '';
    }
    const aborts = purpose?.kind === 'migrate-cancel';
    return this.#libvirt.change(uuid, words, { name: guest.name, timeoutMs: virshLimit, check, aborts });
  }

  async call(
    id: GuestId,
    method: 'PUT' | 'PATCH',
    path: string,
    body: Readonly<Record<string, unknown>>,
    options: { readonly timeoutMs?: number } = {},
  ): Promise<void> {
    const command = `${method} ${path}`;
    const guest = this.#named(id, command);
    if (!guest.monitor?.call || guest.contested) throw this.#refusal(guest, command);
    const timeoutMs = options.timeoutMs ?? commandLimit(this.#patience);
    await guest.monitor.call(method, path, body, { name: guest.name, timeoutMs, check: this.#check(guest, command) });
  }

  async run(id: GuestId, words: readonly string[], options: { readonly timeoutMs?: number } = {}): Promise<void> {
    const command = words.slice(0, 2).join(' ');
    const guest = this.#named(id, command);
    if (!guest.monitor?.run || guest.contested) throw this.#refusal(guest, command);
    const timeoutMs = options.timeoutMs ?? commandLimit(this.#patience);
    await guest.monitor.run(words, { name: guest.name, timeoutMs, check: this.#check(guest, command) });
  }

  /** Whom the gate is to change. */
  #named(id: GuestId, command: string): Guest {
    const guest = [...this.#guests.values()].find(candidate => candidate.id === id);
    if (!guest) throw tooLate(command, id);
    // Whoever changes it wants to see what comes of that, wherever its row is.
    guest.moving = true;
    return guest;
  }

  #refusal({ name, contested, idle }: Guest, command: string): Error {
    return new Error(`${command} on ${safe(name)}: ${contested ?? idle.reason ?? 'not possible'}; nothing was sent`);
  }

  /** Throws when the process is no longer the same. */
  #check(guest: Guest, command: string): () => void {
    return () => {
      const stat = guest.reader.stat();
      if (stat?.starttime === guest.stat.starttime) return;
      throw new Error(
        `${command} on ${safe(guest.name)}: process ${guest.pid} is no longer this guest; nothing was sent`,
      );
    };
  }

  noteTarget(id: GuestId, bytes: number | undefined): void {
    if (bytes === undefined) this.#targets.delete(id);
    else this.#targets.set(id, bytes);
  }

  async close(): Promise<void> {
    await Promise.all([...this.#guests.values()].map(guest => this.#forget(guest)));
  }

  /** Brings `#guests` up to date, with each one's `stat`. */
  #find(time: number, note?: (need: Need) => void): void {
    this.#found = true;
    const alive = new Set<number>();
    let changed = false;
    this.#wordless = [];
    const found = this.#discovery.scan(time);
    note?.('guest_stat');
    for (const { pid, vmm } of found) {
      const known = this.#guests.get(pid);
      if (known && !this.#isSame(known, vmm)) this.#discovery.forget(pid);
      else if (known && !this.#isDueAgain(pid, time)) alive.add(pid);
      else if (this.#open(new LiveProcess(this.#root, pid), vmm, time, this.#nextPause(pid))) {
        alive.add(pid);
        changed = true;
      }
      // One that ends has neither words nor a program any more.
      else if (!alive.has(pid) && this.#root.link(`/proc/${pid}/exe`) !== undefined) this.#wordless.push(pid);
    }
    for (const guest of this.#guests.values()) {
      if (alive.has(guest.pid)) continue;
      void this.#forget(guest);
      changed = true;
    }
    if (changed) this.#settleClaims();
  }

  /** Whether the PID is still that process; reads its `stat` for this round. */
  #isSame(guest: Guest, vmm: Vmm): boolean {
    const stat = guest.reader.stat();
    if (!stat || stat.starttime !== guest.stat.starttime || vmm !== guest.vmm) return false;
    guest.stat = stat;
    return true;
  }

  #isDueAgain(pid: number, time: number): boolean {
    return time >= (this.#lookAgain.get(pid)?.at ?? Number.POSITIVE_INFINITY) && !this.#reading.has(pid);
  }

  #nextPause(pid: number): number {
    const { pause } = this.#lookAgain.get(pid) ?? {};
    return pause === undefined ? lookAgain : Math.min(longestPause, 2 * pause);
  }

  /** `pause`: until it is looked at again, if need be; seconds. */
  #open(view: LiveProcess, vmm: Vmm, time: number, pause: number): boolean {
    const { pid } = view;
    const known = this.#guests.get(pid);
    if (known) void this.#forget(known);
    const reader = new ProcessReader(this.#root, pid, this.#budget, this.#names);
    const guest = openGuest(this.#root, view, vmm, reader, {
      monitors: this.#monitors,
      libvirt: this.#libvirt,
      patience: this.#patience,
      claims: this.#claims,
    });
    if (!guest) {
      reader.close();
      return false;
    }
    this.#guests.set(pid, guest);
    if (guest.started.mayOpen) this.#lookAgain.set(pid, { at: time + pause, pause });
    if (view.lacks) this.#readTexts(guest, view, time, pause);
    return true;
  }

  /** Opens the guest once more when all that it was started with is read. */
  #readTexts({ pid, id, vmm }: Guest, view: LiveProcess, time: number, pause: number): void {
    const done = view.readTexts().then(() => {
      this.#reading.delete(pid);
      if (this.#guests.get(pid)?.id !== id) return;
      this.#open(view, vmm, time, pause);
      this.#settleClaims();
    });
    this.#reading.set(pid, { done, until: performance.now() + textsBudget });
  }

  async #textsRead(): Promise<void> {
    const reading = [...this.#reading.values()];
    const patience = Math.max(0, ...reading.map(({ until }) => until - performance.now()));
    if (patience > 0)
      await within(
        patience,
        reading.map(({ done }) => done),
      );
  }

  #forget(guest: Guest): Promise<void> {
    this.#guests.delete(guest.pid);
    this.#lookAgain.delete(guest.pid);
    guest.reader.close();
    return guest.monitor?.close() ?? Promise.resolve();
  }

  #settleClaims(): void {
    const domains = this.#shown().flatMap(({ pid, monitor }) =>
      monitor?.domain === undefined ? [] : [{ pid, uuid: monitor.domain }],
    );
    const refused = contestedDomains(domains);
    for (const guest of this.#guests.values()) guest.contested = refused.get(guest.pid);
  }

  /** With -daemonize the process that was started waits until its child is ready: one guest, seen twice. */
  #shown(): Guest[] {
    const guests = [...this.#guests.values()];
    const parents = new Set(guests.map(({ stat }) => stat.ppid));
    return guests.filter(({ pid, started }) => !(started.forks && parents.has(pid)));
  }
}

/** Waits for all of them, but no longer than that. */
const within = async (milliseconds: number, all: readonly Promise<void>[]): Promise<void> => {
  const { promise: late, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, milliseconds);
  await Promise.race([Promise.all(all), late]);
  clearTimeout(timer);
};
