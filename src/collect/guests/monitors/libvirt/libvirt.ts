import { setTimeout as delay } from 'node:timers/promises';
import { errorOf } from '../../../../errors.ts';
import type { MigrationSample, MonitorSample } from '../../../../sample.ts';
import { safe } from '../../../../text.ts';
import {
  type DomainFacts,
  type DomainStats,
  digestDomain,
  errorIn,
  isPausedByMigration,
  isPlugging,
  parseDomainXml,
  parseDomstats,
} from '../../../../vmm/libvirt/answers.ts';
import { failedMigration, isIdle, parseJob } from '../../../../vmm/libvirt/job.ts';
import { afterBug, heardAt, type Monitor } from '../contract.ts';
import { VirshError } from './errors.ts';
import type { VirshShell } from './shell.ts';

/** How long is waited for libvirt. Seconds. */
export interface LibvirtPatience {
  /** That one domain may hold up those behind it. */
  readonly domain: number;
  /** Until a migration is called begun. */
  readonly migration: number;
}

/** libvirt and a healthy QEMU need three milliseconds for an answer; a migration that can't be done mostly fails within two seconds. */
const libvirtPatience: LibvirtPatience = { domain: 1, migration: 2 };

/** Seconds between two looks at what hardly changes. */
const factsEvery = 30;
/** Seconds between two looks for a migration that somebody else may have begun. */
const jobEvery = 5;
/** Seconds; doubled with each failure in a row. */
const longestPause = 30;
/** Seconds. Polls come about as often as rounds are due, so one that comes a little early is not put off to the next. */
const early = 0.1;

/** The only form in which a domain is named to virsh: its name could be taken for an option, a number, or a command. */
export const isDomainUuid = (text: string): boolean => /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(text);

/**
 * libvirt at one URI, through virsh: libvirtd holds the guests' monitors, and no second client may have them. No virsh
 * runs while there is no guest of libvirt's.
 */
export class Libvirt {
  readonly uri: string;
  readonly #patience: LibvirtPatience;
  readonly #monitors = new Set<LibvirtMonitor>();
  #shell: Promise<VirshShell> | undefined;
  #problem: string | undefined;

  constructor(uri: string, patience = libvirtPatience) {
    this.uri = uri;
    this.#patience = patience;
  }

  /** Why nothing can be learnt of any of its guests, and what to do; `undefined` when nothing is wrong. */
  get problem(): string | undefined {
    return this.#problem;
  }

  /** The monitor of one domain. `size`: what it booted with, bytes. */
  open(uuid: string, size: number | undefined): Monitor {
    const monitor = new LibvirtMonitor(this, uuid, size, () => this.#monitors.delete(monitor));
    this.#monitors.add(monitor);
    return monitor;
  }

  /** Ends the shared virsh when nobody needs it any more. */
  async release(): Promise<void> {
    if (this.#monitors.size > 0) return;
    const shell = this.#shell;
    this.#shell = undefined;
    this.#problem = undefined;
    await (await shell)?.close();
  }

  /** What virsh prints for a command; fails with a VirshError. */
  async ask(command: string): Promise<string> {
    try {
      this.#shell ??= import('./shell.ts').then(({ VirshShell }) => new VirshShell(this.uri));
      const text = await (await this.#shell).ask(command, this.#patience.domain * 1000);
      this.#problem = undefined;
      return text;
    } catch (error) {
      if (error instanceof VirshError && error.trouble !== 'late' && error.trouble !== 'closed')
        this.#problem = error.message;
      throw error;
    }
  }

  /**
   * One change of a domain by a virsh of its own, for the gate only; gives what it printed, once the domain was looked at
   * again. `check` throws when the process is no longer the same guest. Fails with an Error for the operator.
   */
  async change(
    uuid: string,
    words: readonly string[],
    options: {
      readonly name: string;
      readonly timeoutMs: number;
      readonly check: () => void;
      /** It ends a migration. */
      readonly aborts?: boolean;
    },
  ): Promise<string> {
    const what = `virsh ${words[0] ?? ''} on ${safe(options.name)}`;
    if (!words.includes(uuid)) throw new Error(`${what}: it is not about that guest; nothing was done`);
    const { runVirsh } = await import('./change.ts');
    options.check();
    const changed = this.#of(uuid);
    try {
      if (options.aborts) for (const monitor of changed) monitor.noteAbort();
      const printed = await runVirsh(this.uri, words, what, options.timeoutMs);
      await Promise.all(changed.map(monitor => monitor.look()));
      return printed;
    } finally {
      for (const monitor of changed) monitor.refresh();
    }
  }

  /**
   * Begins a migration by a virsh of its own, for the gate only, and gives it a moment to fail; it then goes on by itself.
   * How it fails later is in the sample of the domain's monitor; `arrived` is called when it does not.
   */
  async migrate(
    uuid: string,
    words: readonly string[],
    options: { readonly name: string; readonly check: () => void; readonly arrived: () => void },
  ): Promise<void> {
    const what = `virsh migrate on ${safe(options.name)}`;
    if (!words.includes(uuid)) throw new Error(`${what}: it is not about that guest; nothing was done`);
    const { runMigration } = await import('./migrate.ts');
    options.check();
    for (const monitor of this.#of(uuid)) monitor.noteMigration();
    const end = runMigration(this.uri, words, what).then(async error => {
      if (!error) options.arrived();
      else await Promise.all(this.#of(uuid).map(monitor => monitor.noteFailure(error)));
      return error;
    });
    const over = new AbortController();
    const moment = delay(this.#patience.migration * 1000, undefined, { signal: over.signal }).catch(() => undefined);
    const error = await Promise.race([end, moment]);
    over.abort();
    if (error) throw error;
    for (const monitor of this.#of(uuid)) monitor.refresh();
  }

  #of(uuid: string): LibvirtMonitor[] {
    return [...this.#monitors].filter(monitor => monitor.domain === uuid);
  }
}

class LibvirtMonitor implements Monitor {
  readonly domain: string;
  readonly #libvirt: Libvirt;
  readonly #size: number | undefined;
  readonly #forget: () => void;
  #sample: MonitorSample = { state: 'unasked' };
  #problem: string | undefined;
  #bug: Error | undefined;
  #facts: DomainFacts | undefined;
  #factsAt = Number.NEGATIVE_INFINITY;
  #migration: MigrationSample | undefined;
  #aborted = false;
  #jobAt = Number.NEGATIVE_INFINITY;
  /** libvirt said in this look that it is at no work on the domain. */
  #idle = false;
  #failures = 0;
  #askedAt = Number.NEGATIVE_INFINITY;
  #dueAt = Number.NEGATIVE_INFINITY;
  #asking = false;

  constructor(libvirt: Libvirt, uuid: string, size: number | undefined, forget: () => void) {
    this.#libvirt = libvirt;
    this.domain = uuid;
    this.#size = size;
    this.#forget = forget;
  }

  get sample(): MonitorSample {
    return this.#sample;
  }

  get problem(): string | undefined {
    return this.#problem;
  }

  get bug(): Error | undefined {
    return this.#bug;
  }

  isDue(now: number): boolean {
    return !this.#asking && (now >= this.#dueAt || now < this.#askedAt);
  }

  /** Something was changed: all is asked anew, and soon. */
  refresh(): void {
    this.#dueAt = Number.NEGATIVE_INFINITY;
    this.#factsAt = Number.NEGATIVE_INFINITY;
    this.#jobAt = Number.NEGATIVE_INFINITY;
  }

  /** One that kvmtop begins. */
  noteMigration(): void {
    this.#aborted = false;
    this.#migration = undefined;
  }

  /** How that failed. */
  async noteFailure(failure: VirshError): Promise<void> {
    this.#aborted = false;
    this.#migration = failedMigration(failure, this.#migration);
    await this.look();
  }

  /** What is under way is to end. */
  noteAbort(): void {
    this.#aborted = true;
  }

  /** Asks all anew, at once. */
  look(): Promise<void> {
    this.refresh();
    return this.ask(Date.now() / 1000, 0);
  }

  async ask(now: number, interval: number): Promise<void> {
    this.#asking = true;
    this.#askedAt = now;
    const started = performance.now();
    try {
      // Together, and the facts first: they never wait for the domain's QEMU.
      const [, text] = await Promise.all([
        this.#askFacts(now),
        this.#libvirt.ask(`domstats --balloon --state --raw --nowait ${this.domain}`),
      ]);
      const stats = parseDomstats(text);
      // Not of a QEMU that does not answer: libvirt would wait for it.
      if (stats.kind === 'stats') await this.#askJob(now, isPausedByMigration(stats.values));
      this.#take(stats, now, heardAt(now, started), interval);
    } catch (error) {
      if (error instanceof VirshError) this.#fail(error.trouble === 'late' ? 'busy' : 'libvirt', error.message, now);
      else {
        this.#later(now);
        this.#sample = afterBug(this.#sample);
        this.#bug = errorOf(error);
      }
    } finally {
      this.#asking = false;
    }
  }

  async execute(command: string, _args: unknown, { name }: { readonly name: string }): Promise<never> {
    throw new Error(`${command} on ${safe(name)}: its monitor belongs to libvirt; nothing was sent`);
  }

  close(): Promise<void> {
    this.#forget();
    return this.#libvirt.release();
  }

  async #askFacts(now: number): Promise<void> {
    const moves = this.#facts !== undefined && isPlugging(this.#facts);
    if (!moves && now < this.#factsAt + factsEvery && now >= this.#factsAt) return;
    const text = await this.#libvirt.ask(`dumpxml ${this.domain}`);
    if (errorIn(text) !== undefined) return;
    this.#facts = parseDomainXml(text);
    this.#factsAt = now;
  }

  get #isMigrating(): boolean {
    return this.#migration?.status === 'active' || this.#migration?.status === 'setup';
  }

  /** `surely`: what libvirt does with the domain must be known of this moment. */
  async #askJob(now: number, surely: boolean): Promise<void> {
    this.#idle = false;
    if (!surely && !this.#isMigrating && now < this.#jobAt + jobEvery && now >= this.#jobAt) return;
    const text = await this.#libvirt.ask(`domjobinfo --rawstats ${this.domain}`);
    const job = parseJob(text);
    this.#jobAt = now;
    this.#idle = isIdle(text);
    if (job === undefined) return;
    if (job !== 'none') {
      this.#migration = job;
      return;
    }
    // libvirt keeps nothing of one that came to nothing.
    if (this.#migration && this.#isMigrating)
      this.#migration = this.#aborted ? { ...this.#migration, status: 'cancelled' } : undefined;
    this.#aborted = false;
  }

  #take(stats: DomainStats, now: number, time: number, interval: number): void {
    switch (stats.kind) {
      case 'stats':
        this.#sample = {
          ...digestDomain(this.#sample, stats.values, this.#facts, { time, size: this.#size, idle: this.#idle }),
          ...(this.#migration ? { migration: this.#migration } : {}),
        };
        this.#problem = undefined;
        this.#bug = undefined;
        this.#failures = 0;
        this.#dueAt = now + interval - early;
        return;
      case 'withheld':
        this.#fail('busy', 'its QEMU does not answer libvirt, or libvirt is at work on it', now);
        // libvirt says so at once and without asking QEMU, so there is nothing to spare anybody.
        this.#dueAt = now + interval - early;
        return;
      case 'unknown':
        this.#fail(
          'libvirt',
          `libvirt at ${safe(this.#libvirt.uri)} does not know it: give the right one with -c URI`,
          now,
        );
        this.#problem = this.#sample.reason;
        return;
      case 'disconnected':
        this.#fail('libvirt', `libvirtd went away: ${safe(stats.message)}`, now);
        return;
      case 'refused':
        this.#fail('busy', `libvirt refused: ${safe(stats.message)}`, now);
        return;
    }
  }

  #fail(state: 'busy' | 'libvirt', reason: string, now: number): void {
    this.#later(now);
    this.#sample = { ...this.#sample, state, reason };
    this.#bug = undefined;
  }

  /** What follows from every failure. */
  #later(now: number): void {
    this.#problem = undefined;
    this.#dueAt = now + Math.min(longestPause, 2 ** this.#failures) - early;
    this.#failures += 1;
    this.#factsAt = Number.NEGATIVE_INFINITY;
  }
}
