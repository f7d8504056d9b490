import type { FigureId } from './figures.ts';

/** What happens on a host, to try policies on: how big the host is, which guests it has, and what they want over time. */
export interface Scenario {
  readonly id: string;
  readonly title: string;
  /** One or two sentences: what happens, and what a good policy does about it. */
  readonly help: string;
  /** What it is about, the weightiest first: by these figures policies are compared. */
  readonly main: readonly FigureId[];
  /** Simulated seconds, after `warmup` of which figures are counted. */
  readonly seconds: number;
  readonly host: {
    /** Bytes. */
    readonly memory: number;
    readonly swap: number;
    /** What the host itself uses, bytes at a moment (seconds from the start). */
    readonly used: (second: number) => number;
  };
  readonly guests: readonly SimulatedGuest[];
}

export interface SimulatedGuest {
  readonly name: string;
  /** Bytes. */
  readonly size: number;
  /** What its balloon leaves it at the start; its size when absent. */
  readonly balloon?: number;
  /** What the host has given it by the start, bytes; what it uses and most of the rest when absent. */
  readonly touched?: number;
  /** What its programs have in use (working set, bytes) at a moment. */
  readonly demand: (second: number) => number;
  /** Page cache it would fill if it had the room, bytes. */
  readonly cache: (second: number) => number;
  /** Share of its memory that is equal to that of its twins, 0 to 1, for KSM to merge. */
  readonly alike?: number;
  /** Seconds from the start at which it boots; there from the start when absent. */
  readonly boots?: number;
  /** Seconds from the start at which it ends; there to the end when absent. */
  readonly ends?: number;
  /** It reports no statistics. */
  readonly silent?: true;
}
