import { basename } from 'node:path';
import type { Root } from '../../../root.ts';
import type { Vmm } from '../../../sample.ts';
import { vmmNamed, vmms } from '../../../vmm/kinds.ts';

interface Seen {
  vmm: Vmm | undefined;
  readonly since: number;
  /** When `exe` was last looked at. */
  checked: number;
  /** Whether its descriptors were looked through in this sweep. */
  swept: boolean;
  /** False for kernel threads, and for what may not be looked at. */
  hasExe: boolean;
  round: number;
}

/** Seconds. A process forks first and becomes a QEMU a little later, so young ones are looked at in every round. */
const young = 4;
/** Seconds between two looks at the same older process; spread over the rounds by PID. */
const recheck = 4;
/** Seconds between two sweeps through the descriptors of all processes. */
const sweepEvery = 60;
/** Links read per round in a sweep; one takes about 4 µs. */
const linksPerRound = 500;
/** Links read per process: a VMM opens its VM early. */
const linksPerProcess = 256;
/** What the descriptor of a virtual machine of KVM's links to. */
export const machineLink = 'anon_inode:kvm-vm';

/** The name of a program from its `exe` link: an update deletes the file under a running guest. */
export const programName = (exe: string): string => basename(exe.replace(/ \(deleted\)$/, ''));

/**
 * Finds the processes that run guests. What a PID was is remembered; a steady round only lists /proc and looks again
 * at a slice of the rest: neither an exec() nor a reused PID shows in the listing, and the times of /proc/PID do not
 * tell either (an exec() keeps them, and dropping a cached inode renews them), while `exe` costs no more than they do.
 */
export class Discovery {
  readonly #root: Root;
  readonly #seen = new Map<number, Seen>();
  #round = 0;
  #sweepStarted = Number.NEGATIVE_INFINITY;
  #denied = false;

  constructor(root: Root) {
    this.#root = root;
  }

  /** Whether programs of other users had to be told by their command lines, because their `exe` may not be read. */
  get denied(): boolean {
    return this.#denied;
  }

  /** The processes that run guests now. `time` in seconds. */
  scan(time: number): { readonly pid: number; readonly vmm: Vmm }[] {
    this.#round += 1;
    const found: { pid: number; vmm: Vmm }[] = [];
    let links = linksPerRound;
    let unswept = 0;
    for (const name of this.#root.list('/proc')) {
      const pid = toPid(name);
      if (pid === undefined) continue;
      const seen = this.#look(pid, time);
      if (!seen.vmm && !seen.swept && seen.hasExe && time - seen.since >= 1) {
        if (links > 0) links -= this.#sweep(pid, seen);
        else unswept += 1;
      }
      if (seen.vmm) found.push({ pid, vmm: seen.vmm });
    }
    for (const [pid, seen] of this.#seen) if (seen.round !== this.#round) this.#seen.delete(pid);
    if (unswept === 0 && Math.abs(time - this.#sweepStarted) >= sweepEvery) {
      this.#sweepStarted = time;
      for (const seen of this.#seen.values()) seen.swept = false;
    }
    return found;
  }

  /** Another process has taken this PID: what was known of it is void. */
  forget(pid: number): void {
    this.#seen.delete(pid);
  }

  #look(pid: number, time: number): Seen {
    let seen = this.#seen.get(pid);
    if (!seen) {
      // What is there at the start is not young, but its first second look is spread as those of the rest are.
      const first = this.#round === 1;
      const since = first ? time - young - 1 : time;
      const checked = first ? time - (pid % 4) : time;
      seen = { vmm: undefined, since, checked, swept: false, hasExe: false, round: this.#round };
      this.#seen.set(pid, seen);
      this.#judge(pid, seen);
    } else if (Math.abs(time - seen.checked) >= recheck || Math.abs(time - seen.since) < young) {
      seen.checked = time;
      this.#judge(pid, seen);
    }
    seen.round = this.#round;
    return seen;
  }

  #judge(pid: number, seen: Seen): void {
    const exe = this.#program(pid);
    seen.hasExe = exe !== undefined;
    const vmm = exe === undefined ? undefined : vmmNamed(exe);
    if (vmm && vmms[vmm].program.alone) seen.vmm = vmm;
    else if (seen.vmm && vmms[seen.vmm].program.alone) seen.vmm = undefined;
    // Well known VMMs are looked at once they are seen; unknown ones wait for the sweep.
    else if (vmm && !seen.vmm) this.#sweep(pid, seen);
  }

  /** Who may not read `exe` may still read the command line, if the program did not change it. */
  #program(pid: number): string | undefined {
    const path = `/proc/${pid}/exe`;
    const exe = this.#root.link(path);
    if (exe !== undefined) return programName(exe);
    if (!this.#root.denied.delete(path)) return undefined;
    this.#denied = true;
    const words = this.#root.read(`/proc/${pid}/cmdline`);
    return words ? basename(words.split('\0', 1)[0] ?? '') : undefined;
  }

  /** Looks for a virtual machine among a process's descriptors; gives the number of links read. */
  #sweep(pid: number, seen: Seen): number {
    seen.swept = true;
    const folder = `/proc/${pid}/fd`;
    const names = this.#root.list(folder).slice(0, linksPerProcess);
    this.#root.denied.delete(folder);
    for (const [index, name] of names.entries()) {
      if (this.#root.link(`${folder}/${name}`) === machineLink) {
        seen.vmm = vmmNamed(this.#program(pid) ?? '') ?? 'other';
        return index + 1;
      }
    }
    return names.length + 1;
  }
}

const toPid = (name: string): number | undefined => {
  const first = name.charCodeAt(0);
  if (first < 49 || first > 57) return undefined;
  const pid = Number(name);
  return Number.isInteger(pid) ? pid : undefined;
};
