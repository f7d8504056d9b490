import { expect } from 'vitest';
import { openRecording } from '../../src/recording/read.ts';

/** How many samples the recording has; each is read. */
export const readAll = (path: string): number => {
  const recording = openRecording(path);
  try {
    for (let id = recording.first; id <= recording.last; id++)
      expect(recording.sample(id).time).toBe(recording.headlines(id, id)[0]!.time);
    return recording.last - recording.first + 1;
  } finally {
    recording.close();
  }
};
