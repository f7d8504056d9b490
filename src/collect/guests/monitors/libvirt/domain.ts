import { errorOf } from '../../../../errors.ts';
import type { MigrationSample, MonitorSample } from '../../../../sample.ts';
import { safe } from '../../../../text.ts';
import {
  type DomainFacts,
  digestDomain,
  isCurrent,
  isPausedByMigration,
  isPlugging,
  parseDomainXml,
} from '../../../../vmm/libvirt/answers.ts';
import { failedMigration, isIdle, migrationOf } from '../../../../vmm/libvirt/job.ts';
import { afterBug, early, heardAt, type Monitor } from '../contract.ts';
import type { Asker } from './asker.ts';
import { LibvirtError } from './errors.ts';

/** Seconds between two looks at what hardly changes. */
const factsEvery = 30;
/** Seconds between two looks for a migration that somebody else may have begun: no event tells of that. */
const jobEvery = 5;
/** Seconds; doubled with each failure in a row. */
const longestPause = 30;
/** Seconds: libvirt tells when a report came in whole ones. */
const reportDelay = 1;

/** The libvirt that knows the domain. */
interface Link {
  readonly uri: string;
  asker(): Promise<Asker>;
  release(monitor: DomainMonitor): Promise<void>;
}

/** The monitor of one domain: what libvirt says of it. */
export class DomainMonitor implements Monitor {
  readonly domain: string;
  readonly #libvirt: Link;
  readonly #size: number | undefined;
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

  /** `size`: what it booted with, bytes. */
  constructor(libvirt: Link, uuid: string, size: number | undefined) {
    this.#libvirt = libvirt;
    this.domain = uuid;
    this.#size = size;
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

  /** What it says changes by the moment: it is asked again soon. */
  hurry(): void {
    this.#dueAt = Number.NEGATIVE_INFINITY;
  }

  /** Something was changed: all is asked anew, and soon. */
  refresh(): void {
    this.hurry();
    this.#factsAt = Number.NEGATIVE_INFINITY;
    this.#jobAt = Number.NEGATIVE_INFINITY;
  }

  /** One that kvmtop begins. */
  noteMigration(): void {
    this.#aborted = false;
    this.#migration = undefined;
  }

  /** How that failed. */
  async noteFailure(failure: LibvirtError): Promise<void> {
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
      const asker = await this.#libvirt.asker();
      // Together, and the facts first: they never wait for the domain's QEMU.
      const [, values] = await Promise.all([this.#askFacts(asker, now), asker.domainStats(this.domain)]);
      if (isCurrent(values)) {
        // Not of a QEMU that does not answer: libvirt would wait for it.
        await this.#askJob(asker, now, isPausedByMigration(values));
        this.#take(values, now, heardAt(now, started), this.#pace(asker, values, now, interval));
      } else {
        this.#fail('busy', 'its QEMU does not answer libvirt, or libvirt is at work on it', now);
        // libvirt says so at once and without asking QEMU, so there is nothing to spare anybody.
        this.#dueAt = now + interval - early;
      }
    } catch (error) {
      if (error instanceof LibvirtError) this.#failFor(error, now);
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
    return this.#libvirt.release(this);
  }

  async #askFacts(asker: Asker, now: number): Promise<void> {
    const moves = this.#facts !== undefined && isPlugging(this.#facts);
    if (!moves && now < this.#factsAt + factsEvery && now >= this.#factsAt) return;
    const text = await unlessRefused(asker.domainXml(this.domain));
    if (text === undefined) return;
    this.#facts = parseDomainXml(text);
    this.#factsAt = now;
  }

  get #isMigrating(): boolean {
    return this.#migration?.status === 'active' || this.#migration?.status === 'setup';
  }

  /** `surely`: what libvirt does with the domain must be known of this moment. */
  async #askJob(asker: Asker, now: number, surely: boolean): Promise<void> {
    this.#idle = false;
    if (!surely && !this.#isMigrating && now < this.#jobAt + jobEvery && now >= this.#jobAt) return;
    // It is refused where the domain is just coming in.
    const stats = await unlessRefused(asker.jobStats(this.domain));
    this.#jobAt = now;
    if (!stats) return;
    this.#idle = isIdle(stats);
    const job = migrationOf(stats);
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

  #take(values: ReadonlyMap<string, number>, now: number, time: number, pace: number): void {
    this.#sample = {
      ...digestDomain(this.#sample, values, this.#facts, { time, size: this.#size, idle: this.#idle }),
      ...(this.#migration ? { migration: this.#migration } : {}),
    };
    this.#problem = undefined;
    this.#bug = undefined;
    this.#failures = 0;
    this.#dueAt = now + pace - early;
  }

  /**
   * Seconds until it has something new to say. Where libvirt tells what happens, that is when its next report is due; a report
   * that is late is looked for as often as one may ask.
   */
  #pace({ tellsEvents, every = 0 }: Asker, values: ReadonlyMap<string, number>, now: number, interval: number): number {
    const least = Math.max(interval, every);
    if (!tellsEvents || !this.#facts || this.#isMigrating || isPlugging(this.#facts)) return least;
    const period = this.#facts.balloon ? this.#facts.pollingInterval : 0;
    if (period === 0) return Math.max(least, jobEvery);
    const next = (values.get('balloon.last-update') ?? 0) + period + reportDelay - now;
    return Math.max(least, Math.min(next, period, jobEvery));
  }

  #failFor({ trouble, message }: LibvirtError, now: number): void {
    const where = safe(this.#libvirt.uri);
    if (trouble === 'late') this.#fail('busy', message, now);
    else if (trouble === 'refused') this.#fail('busy', `libvirt refused: ${message}`, now);
    else if (trouble === 'unknown')
      this.#fail('libvirt', `libvirt at ${where} does not know it: give the right one with -c URI`, now);
    else this.#fail('libvirt', message, now);
    // What is wrong with libvirt is told once, and not of each.
    if (trouble === 'unknown') this.#problem = this.#sample.reason;
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

/** What libvirt does not tell of this domain is no reason not to ask for the rest. */
const unlessRefused = <Answer>(answer: Promise<Answer>): Promise<Answer | undefined> =>
  answer.catch((error: unknown) => {
    if (error instanceof LibvirtError && (error.trouble === 'refused' || error.trouble === 'unknown')) return undefined;
    throw error;
  });
