import type { GuestId } from '../sample.ts';

/** What happened in one second. Bytes; `stalled` is seconds, summed over guests. */
export interface Second {
  /** MemAvailable. */
  readonly available: number;
  readonly swappedIn: number;
  readonly swappedOut: number;
  /** Inside the guests, in and out. */
  readonly guestSwapped: number;
  readonly stalled: number;
  /** What balloons moved, either way. */
  readonly moved: number;
  /** What the balloons leave the guests, summed. */
  readonly actual: number;
  readonly saved: number;
  /** Guests that the kernel killed for lack of memory, since the start. */
  readonly killed: number;
}

/** Seconds at the beginning that are not counted: a world that was just made up settles. */
export const warmup = 60;
/** Two moves of a guest's balloon in opposite directions within so many seconds are an oscillation. */
const oscillation = 120;

/** What came of a simulation, after its warm-up. Bytes and seconds. */
export interface Figures {
  /** Simulated, without the warm-up. */
  readonly seconds: number;
  /** MemAvailable of the host. */
  readonly availableLeast: number;
  readonly availableMean: number;
  /** For how long less than the reserve was available. */
  readonly short: number;
  /** By the host. */
  readonly swappedIn: number;
  readonly swappedOut: number;
  /** Inside the guests, in and out. */
  readonly guestSwapped: number;
  /** For how long guests stood still, for their own swap or the host's, summed over guests. */
  readonly stalled: number;
  /** Guests that the host's kernel killed for lack of memory. */
  readonly killed: number;
  /** Balloons that were set. */
  readonly moves: number;
  /** What they moved. */
  readonly movedBytes: number;
  /** How often one went back within two minutes. */
  readonly reversals: number;
  /** Other changes: KSM's settings. */
  readonly settings: number;
  /** Decisions that the guard rails refused, or that could not be carried out. */
  readonly refused: number;
  /** What the balloons left the guests: mean. */
  readonly actualMean: number;
  /** What merging saved: mean. */
  readonly savedMean: number;
}

/** What is told of a run. */
export type FigureId = Exclude<keyof Figures, 'seconds'>;

/** Adds up a simulation as it goes. */
export class Tally {
  #seconds = 0;
  #least = Number.POSITIVE_INFINITY;
  readonly #sums = { available: 0, short: 0, in: 0, out: 0, inside: 0, stalled: 0, moved: 0, actual: 0, saved: 0 };
  readonly #counts = { moves: 0, reversals: 0, settings: 0, refused: 0, killed: 0 };
  readonly #last = new Map<GuestId, { readonly up: boolean; readonly at: number }>();
  readonly #reserve: number;

  /** `reserve`: bytes that should be available. */
  constructor(reserve: number) {
    this.#reserve = reserve;
  }

  second(one: Second): void {
    const sums = this.#sums;
    this.#seconds += 1;
    this.#least = Math.min(this.#least, one.available);
    this.#counts.killed = one.killed;
    sums.available += one.available;
    sums.short += one.available < this.#reserve ? 1 : 0;
    sums.in += one.swappedIn;
    sums.out += one.swappedOut;
    sums.inside += one.guestSwapped;
    sums.stalled += one.stalled;
    sums.moved += one.moved;
    sums.actual += one.actual;
    sums.saved += one.saved;
  }

  /** A balloon was set at a moment (seconds), up or down. */
  move(guest: GuestId, up: boolean, at: number): void {
    const last = this.#last.get(guest);
    this.#counts.moves += 1;
    if (last && last.up !== up && at - last.at <= oscillation) this.#counts.reversals += 1;
    this.#last.set(guest, { up, at });
  }

  setting(): void {
    this.#counts.settings += 1;
  }

  refuse(): void {
    this.#counts.refused += 1;
  }

  get figures(): Figures {
    const { available, short, in: swappedIn, out, inside, stalled, moved, actual, saved } = this.#sums;
    const seconds = this.#seconds;
    const mean = (sum: number): number => (seconds === 0 ? 0 : sum / seconds);
    return {
      seconds,
      availableLeast: seconds === 0 ? 0 : this.#least,
      availableMean: mean(available),
      short,
      swappedIn,
      swappedOut: out,
      guestSwapped: inside,
      stalled,
      ...this.#counts,
      movedBytes: moved,
      actualMean: mean(actual),
      savedMean: mean(saved),
    };
  }
}
