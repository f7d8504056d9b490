import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Journal, JournalEntry } from '../../actions/gate/journal.ts';
import { watchJournal } from '../../actions/gate/journal-watch.ts';
import { messageOf } from '../../errors.ts';
import type { Need } from '../../fields/field.ts';
import { keptNeeds, recordable } from '../../fields/needs.ts';
import type { Headline } from '../../recording/headline.ts';
import type { MemoryTape, TapeFrame } from '../../recording/memory-tape.ts';
import type { Recorder } from '../../recording/recorder.ts';
import type { TapeEvent } from '../../recording/tape.ts';
import type { Sample } from '../../sample.ts';
import type { Store } from '../../store/store.ts';
import { safe } from '../../text.ts';
import { formatBytes, formatDuration } from '../../units.ts';
import { actionEvent } from '../events/action-event.ts';
import { version } from '../usage.ts';
import { tell } from './terminal.ts';

/** `kvmtop-HOST-20270115-080002.kvmtop`, of that moment (wall clock, seconds). The host's name is untrusted. */
export const recordingName = (hostname: string | undefined, time: number): string => {
  const host = (hostname ?? 'host').replaceAll(/[^\w.-]/g, '_').replace(/^\.+/, '');
  const date = new Date(time * 1000);
  const two = (part: number): string => String(part).padStart(2, '0');
  const day = `${date.getFullYear()}${two(date.getMonth() + 1)}${two(date.getDate())}`;
  const clock = [date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join('');
  return `kvmtop-${host}-${day}-${clock}.kvmtop`;
};

interface Tools {
  readonly store: Store;
  /** What is kept to look back, always. */
  readonly memory: MemoryTape;
  readonly journal: Journal;
}

/** Keeps what the live screen saw and what was done meanwhile, and records it to a file when asked to. */
export const createFlightRecorder = ({ store, memory, journal }: Tools) => {
  const actions = watchJournal(journal.path);
  let recorder: Recorder | undefined;
  let starting = false;
  let path = '';
  /** What was seen while the file was being opened. */
  let missed: TapeFrame[] = [];

  const show = (): void => {
    const recorded = recorder && { path, seconds: recorder.status.seconds, size: recorder.status.bytes };
    store.setState({ recorded });
  };

  const end = async (): Promise<void> => {
    const ending = recorder;
    recorder = undefined;
    show();
    await ending?.close();
    if (!ending || ending.failure) return;
    const { seconds, bytes } = ending.status;
    tell(store, `recorded ${formatDuration(Math.round(seconds))} (${formatBytes(bytes)}) to ${safe(path)}`, 'good');
  };

  const begin = async (): Promise<void> => {
    const { now, setting } = store.getState();
    if (!now.model) return;
    const folder = journal.path === 'none' ? '.' : dirname(journal.path);
    path = join(folder, recordingName(now.model.sample.host.hostname, now.model.time));
    starting = true;
    try {
      // The folder is made where the journal has not been needed yet.
      if (journal.path !== 'none') mkdirSync(folder, { recursive: true, mode: 0o700 });
      const { startRecorder } = await import('../../recording/recorder.ts');
      // What is seen from here on is not among these frames.
      missed = [];
      const started = await startRecorder(path, {
        program: `kvmtop ${version()}`,
        delay: setting.delay,
        frames: memory.frames(),
        onFailure: error => {
          recorder = undefined;
          show();
          tell(store, error.message, 'bad');
        },
      });
      for (const event of memory.events(0, Number.MAX_SAFE_INTEGER)) started.note(event);
      for (const frame of missed) started.follow(frame);
      recorder = started;
      show();
      const { seconds } = started.status;
      tell(store, `recording to ${safe(path)}, with the ${formatDuration(Math.round(seconds))} before`, 'good');
    } catch (error) {
      tell(store, messageOf(error), 'bad');
    } finally {
      starting = false;
      missed = [];
    }
  };

  /** What others did meanwhile: `kvmtop do`, a policy, kvmtop itself. What was done by key is there already. */
  const remember = (entry: JournalEntry): void =>
    store.setState(({ journal: known, journalCursor }) =>
      known.some(one => one.id === entry.id && one.time === entry.time && one.summary === entry.summary)
        ? {}
        : // Who looks at an older one keeps it.
          { journal: [...known, entry], journalCursor: journalCursor > 0 ? journalCursor + 1 : 0 },
    );

  const note = (event: TapeEvent): void => {
    memory.note(event);
    recorder?.note(event);
  };

  return {
    /** What is to be read for it: all that any tab may be asked to show later, while it records. */
    get needs(): ReadonlySet<Need> {
      return recorder ? recordable : keptNeeds;
    },
    note,
    see(sample: Sample, headline: Headline): void {
      const frame = memory.append(sample, headline);
      if (starting) missed.push(frame);
      recorder?.follow(frame);
      for (const action of actions.look()) {
        note(actionEvent(action, sample.time));
        remember(action);
      }
      if (recorder) show();
    },
    toggle(): void {
      if (!starting) void (recorder ? end() : begin());
    },
    async close(): Promise<void> {
      actions.close();
      await recorder?.close();
    },
  };
};
