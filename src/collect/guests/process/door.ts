import { closeSync } from 'node:fs';
import type { Root } from '../../../root.ts';
import { safe } from '../../../text.ts';
import type { Address, Located, Place } from '../../../vmm/launch.ts';
import { MonitorError } from '../../../vmm/trouble.ts';
import type { Reached, Target, Way } from '../monitors/contract.ts';
import { connectError } from '../monitors/qmp/qmp.ts';
import { ForeignError, type Pinned, pin } from './foreign.ts';
import { heldSockets, nameListeners, portListeners } from './sockets.ts';
import type { LiveProcess } from './view.ts';

/** Which sockets guests were seen to listen on, so that no two have the same. */
export class Claims {
  readonly #doors = new Map<string, Set<Door>>();

  put(claim: string, door: Door): void {
    const doors = this.#doors.get(claim);
    if (doors) doors.add(door);
    else this.#doors.set(claim, new Set([door]));
  }

  remove(claim: string, door: Door): void {
    const doors = this.#doors.get(claim);
    doors?.delete(door);
    if (doors?.size === 0) this.#doors.delete(claim);
  }

  /** The other processes that listen there. */
  others(claim: string, pid: number): number[] {
    return [...new Set([...(this.#doors.get(claim) ?? [])].map(door => door.pid))].filter(other => other !== pid);
  }
}

/** A monitor that was found to be the guest's own. */
interface Found {
  readonly target: Target;
  /** What tells that two processes listen on the same socket. */
  readonly claim: string;
  /** Where the guest's process holds its sockets: descriptors by inode; `undefined` where those can't be seen. */
  readonly held: ReadonlyMap<string, string> | undefined;
  /** The socket's file. It is held, so that it stays the same whatever its name leads to later. */
  readonly descriptor?: number;
  /** Connections that are made through it. */
  uses: number;
  stale: boolean;
}

/**
 * The way to the place where a guest says that its monitor is. Anybody may say what he likes, and a link may lead to another
 * guest's socket: so it is a way only to one on which that very process listens. The kernel tells by which name each socket was
 * bound, and which process holds it. That this name leads to the same socket today is believed only where nobody but root, or
 * who owns the socket's file anyway, could have bent it. (Who is at the other end of a connection, SO_PEERCRED, Node does not
 * tell; and it would tell who listened first, not who does now.)
 */
export class Door implements Way {
  readonly label: string;
  readonly pid: number;
  readonly #root: Root;
  readonly #address: Address;
  readonly #view: LiveProcess;
  readonly #claims: Claims;
  readonly #what: string;
  #found: Found | undefined;
  #finding: Promise<void> | undefined;
  #claim: string | undefined;
  #closed = false;

  /** `what` is there, in words. */
  constructor(root: Root, view: LiveProcess, { address, label }: Place, claims: Claims, what: string) {
    this.label = label;
    this.pid = view.pid;
    this.#root = root;
    this.#address = address;
    this.#view = view;
    this.#claims = claims;
    this.#what = what;
  }

  async reach(withinMs: number): Promise<Reached> {
    if (!this.#found) {
      this.#finding ??= this.#find().finally(() => {
        this.#finding = undefined;
      });
      await inTime(this.#finding, withinMs);
    }
    const found = this.#found;
    if (!found) throw new MonitorError('closed', 'kvmtop has left it');
    this.#check(found);
    found.uses += 1;
    return {
      target: found.target,
      check: () => this.#check(found),
      release: () => {
        found.uses -= 1;
        letGo(found);
      },
    };
  }

  forget(): void {
    const found = this.#found;
    this.#found = undefined;
    if (!found) return;
    found.stale = true;
    letGo(found);
  }

  close(): void {
    this.#closed = true;
    this.forget();
    this.#claimed(undefined);
  }

  async #find(): Promise<void> {
    let found: Found | undefined;
    try {
      found = this.#address.kind === 'tcp' ? this.#ofPort(this.#address) : await this.#ofFile(this.#address.file);
    } catch (error) {
      throw error instanceof MonitorError ? error : connectError(error as NodeJS.ErrnoException, this.#what);
    } finally {
      this.#claimed(this.#closed ? undefined : found?.claim);
    }
    if (!this.#closed) this.#found = found;
    else {
      found.stale = true;
      letGo(found);
    }
  }

  #ofPort({ host, port }: { readonly host: string; readonly port: number }): Found {
    const sockets = portListeners(this.#root, this.pid, host, port);
    if (sockets.length === 0) throw new MonitorError('absent', `nobody listens on its ${this.#what} socket`);
    const inodes = new Set(sockets.map(({ inode }) => inode));
    const held = heldSockets(this.#root, this.pid, inodes);
    // Whoever may not look at its descriptors sees at least whose the socket is.
    const own = held ? held.size === inodes.size : sockets.every(({ user }) => this.#view.users.has(user));
    if (!own) throw this.#foreign();
    return { target: { host, port }, claim: `tcp ${[...inodes].join()}`, held, uses: 0, stale: false };
  }

  async #ofFile(located: Located): Promise<Found> {
    const file = await this.#pinned(located);
    try {
      if (!file.stats.isSocket()) throw new MonitorError('absent', `nobody listens on its ${this.#what} socket`);
      const named = nameListeners(this.#root, this.pid, this.label);
      const held = heldSockets(this.#root, this.pid, new Set(named.map(({ inode }) => inode)));
      if (held?.size === 0) throw this.#foreign();
      if (!this.#isStraight(located, file) && !this.#view.users.has(Number(file.stats.uid)))
        throw new MonitorError(
          'identity',
          `it is not certain that its ${this.#what} socket ${safe(this.label)} is its own: another user’s socket is there`,
        );
      return {
        // Not /proc/self: a VMM's own client may go there, too.
        target: { path: `/proc/${process.pid}/fd/${file.descriptor}` },
        claim: `file ${file.stats.dev}:${file.stats.ino}`,
        held,
        descriptor: file.descriptor,
        uses: 0,
        stale: false,
      };
    } catch (error) {
      closeSync(file.descriptor);
      throw error;
    }
  }

  /**
   * Whether only root, or kvmtop's own user, could have made the process's name for it lead anywhere else than when it was
   * bound: by a link, a second name, a mount of its own, or another folder to start from.
   */
  #isStraight({ relative }: Located, { linkers, stats }: Pinned): boolean {
    const trusted = [0, process.geteuid?.()];
    return (
      !relative && stats.nlink === 1n && this.#view.sameUsers && [...linkers].every(linker => trusted.includes(linker))
    );
  }

  async #pinned(located: Located): Promise<Pinned> {
    try {
      return await pin(located, this.#view.mounts(located));
    } catch (error) {
      if (!(error instanceof ForeignError)) throw error;
      throw new MonitorError(
        'identity',
        `its ${this.#what} socket ${safe(this.label)} is left alone: ${error.message}`,
      );
    }
  }

  #foreign(): MonitorError {
    const label = safe(this.label);
    return new MonitorError('identity', `it does not listen on ${label} itself, though its command line says so`);
  }

  #check(found: Found): void {
    this.#refuseContested(found);
    for (const [inode, descriptor] of found.held ?? [])
      if (this.#root.link(`/proc/${this.pid}/fd/${descriptor}`) !== `socket:[${inode}]`)
        throw new MonitorError('identity', `it no longer listens on its ${this.#what} socket ${safe(this.label)}`);
  }

  /** A command would reach whichever of them takes the connection. */
  #refuseContested({ claim }: Found): void {
    const others = this.#claims.others(claim, this.pid);
    if (others.length > 0)
      throw new MonitorError(
        'identity',
        `process ${others.join(', ')} listens on its ${this.#what} socket ${safe(this.label)} too: start each guest with a socket of its own`,
      );
  }

  #claimed(claim: string | undefined): void {
    if (claim === this.#claim) return;
    if (this.#claim !== undefined) this.#claims.remove(this.#claim, this);
    this.#claim = claim;
    if (claim !== undefined) this.#claims.put(claim, this);
  }
}

const letGo = (found: Found): void => {
  if (found.stale && found.uses === 0 && found.descriptor !== undefined) closeSync(found.descriptor);
};

const inTime = async (finding: Promise<void>, milliseconds: number): Promise<void> => {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const why = 'its monitor’s socket was not reached in time: its file system does not answer, or this host is too busy';
  const silent = () => reject(new MonitorError('busy', why));
  const timer = setTimeout(silent, Math.max(0, milliseconds));
  try {
    await Promise.race([finding, late]);
  } finally {
    clearTimeout(timer);
  }
};
