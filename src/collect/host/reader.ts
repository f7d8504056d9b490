/** Reads one part of the host again and again. */
export interface Reader<Part> {
  /** The part as it is now; `undefined` when this kernel does not have it or it may not be read. */
  read(): Part | undefined;
  /** Gives back descriptors and forgets what was looked up (lists of pools, nodes, file names): the next read looks anew. */
  close(): void;
}
