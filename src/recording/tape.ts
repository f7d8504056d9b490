import type { GuestId, Sample } from '../sample.ts';
import type { Headline } from './headline.ts';

/**
 * Samples in the order in which they were taken, to be looked at again: what memory keeps of this session, or a file.
 * Ids follow each other without holes and stay what they are: the oldest may go, new ones come.
 */
export interface Tape {
  /** Id of the oldest sample. */
  readonly first: number;
  /** Id of the newest sample; `last < first` when there is none. */
  readonly last: number;
  /** @throws RecordingError when it is broken; RangeError for an id that is not (or no longer) there. */
  sample(id: number): Sample;
  /**
   * The sample before it, when rates between the two mean something: absent for the first, and after a reboot of the
   * host. There may be a gap between them.
   */
  before(id: number): Sample | undefined;
  /** Id of the newest sample that is not after this moment (wall clock, seconds); the oldest one when all are. */
  find(time: number): number;
  /** Headline numbers of the samples `from` to `to`, both included, oldest first. Far cheaper than the samples. */
  headlines(from: number, to: number): readonly Headline[];
  /**
   * The worst of each of `parts` equal stretches of all its time: least available, longest waited for. Where there are so
   * many samples that `headlines` of all of them would take long; absent where there never are.
   */
  worst?(parts: number): readonly (Headline | undefined)[];
  /** What happened between two moments (wall clock, seconds; both included), oldest first. */
  events(from: number, to: number): readonly TapeEvent[];
}

/** One of which a single guest can be read, too. */
export interface GuestTape extends Tape {
  /**
   * The sample with this guest alone, and without what grows with the number of guests: where there are many, far cheaper. Who
   * reads many of them takes no decoded sample away from `sample`.
   */
  sampleOf(id: number, guest: GuestId): Sample;
  /** Ids from `from` to `to` of the samples that can be read without those before them, oldest first. */
  starts(from: number, to: number): readonly number[];
}

/** Something that happened at a moment, beside the numbers. */
export interface TapeEvent {
  /** Wall clock, seconds. */
  readonly time: number;
  /**
   * action: something was changed, `data` is its JournalEntry; outcome: what came of one; finding: the advisor began to
   * tell it (`data` is the Finding) or it ended; policy: what a policy did or would have done, and why.
   */
  readonly kind: 'action' | 'outcome' | 'finding' | 'policy';
  /** `host`, a guest's name, …: untrusted text. */
  readonly subject: string;
  /** One line in plain words: untrusted text. */
  readonly text: string;
  /** JSON-safe. */
  readonly data?: unknown;
}

/** What can be said of a recording (or of its file) that can't be read: what, why, and what to do. One line. */
export class RecordingError extends Error {}

/** It was a recording, and not all of it is there: a new one can take its place, what is left of it can be saved. */
export class DamagedRecording extends RecordingError {}
