import { closeSync, existsSync, fstatSync, openSync, readlinkSync, renameSync, statSync } from 'node:fs';
import { openForWriting } from '../../recording/file.ts';
import { type Recorder, type RecorderOptions, startRecorder } from '../../recording/recorder.ts';
import type { Keep } from '../../recording/ring.ts';
import { DamagedRecording } from '../../recording/tape.ts';
import { version } from '../usage.ts';
import { dayFile, removeOutlived } from './rotation.ts';

/** A file that is being written. */
interface OpenFile {
  readonly path: string;
  readonly recorder: Recorder;
  /** Open for reading, so that the file can be found where somebody moved it. */
  readonly descriptor: number;
}

/** Another file is at its path now, or none. */
const isMoved = ({ path, descriptor }: OpenFile): boolean => {
  const now = statSync(path, { throwIfNoEntry: false });
  const own = fstatSync(descriptor);
  return now?.ino !== own.ino || now.dev !== own.dev;
};

/** SQLite has put its log into the file wherever that is, but could not write there that it needs none any more. */
const finishMoved = (descriptor: number): void => {
  if (fstatSync(descriptor).nlink === 0) return;
  try {
    const database = openForWriting(readlinkSync(`/proc/self/fd/${descriptor}`));
    database.exec('PRAGMA journal_mode = DELETE');
    database.close();
  } catch {
    // It can be read all the same, where SQLite may make a log beside it.
  }
};

/** Another name for a damaged file, beside it, that nothing has yet. */
const asideOf = (path: string): string => {
  for (let count = 1; ; count += 1) {
    const aside = `${path}.damaged${count === 1 ? '' : `-${count}`}`;
    if (!existsSync(aside)) return aside;
  }
};

/**
 * Begins to record into a file; where that is a damaged recording it is kept under another name, which `tell` is told, and a
 * new one takes its place: a service that fails at each start records nothing any more.
 */
const startAfresh = async (path: string, options: RecorderOptions, tell: (text: string) => void): Promise<Recorder> => {
  try {
    return await startRecorder(path, options);
  } catch (error) {
    if (!(error instanceof DamagedRecording)) throw error;
    const aside = asideOf(path);
    for (const end of ['-wal', '-shm', '']) if (existsSync(path + end)) renameSync(path + end, aside + end);
    tell(
      `${path} was damaged: it is ${aside} now, and a new recording is begun; replay --recover saves what can be read of it`,
    );
    return startRecorder(path, options);
  }
};

/**
 * The file that is written now: `path`, or that of the day. A new one is begun after midnight, and where it was moved away.
 * `every`: seconds between samples. `tell`: what must be known of the file.
 */
export const openRecordingFiles = (
  path: string,
  every: number,
  keep: Keep,
  daily: boolean,
  tell: (text: string) => void,
) => {
  const broken = new AbortController();
  let open: OpenFile | undefined;
  let latest = path;

  const start = async (file: string, time: number): Promise<OpenFile> => {
    if (daily && keep.seconds !== undefined) removeOutlived(path, time, keep.seconds);
    const recorder = await startAfresh(
      file,
      {
        program: `kvmtop ${version()}`,
        delay: every,
        keep,
        // What fails while it is ended is told there; a new file is begun in place of one that was moved.
        onFailure: () => {
          if (open && !isMoved(open)) broken.abort();
        },
      },
      tell,
    );
    latest = file;
    return { path: file, recorder, descriptor: openSync(file, 'r') };
  };
  /** @throws RecordingError when not all of it could be written */
  const end = async (): Promise<void> => {
    if (!open) return;
    const ended = open;
    open = undefined;
    await ended.recorder.close();
    // Not before: closing any descriptor of a file gives up the locks that SQLite has on it.
    const moved = isMoved(ended);
    if (moved) finishMoved(ended.descriptor);
    closeSync(ended.descriptor);
    if (ended.recorder.failure && !moved) throw ended.recorder.failure;
  };
  return {
    /**
     * The recorder for a sample of that moment (wall clock, seconds); `anew`: of a file that is opened once more.
     * @throws RecordingError
     */
    async at(time: number, anew = false): Promise<Recorder> {
      const file = daily ? dayFile(path, time) : path;
      if (open && (anew || open.path !== file || isMoved(open))) await end();
      open ??= await start(file, time);
      return open.recorder;
    },
    end,
    /** Aborted when nothing can be written any more. */
    broken: broken.signal,
    /** What was written last. */
    get path(): string {
      return latest;
    },
  };
};
