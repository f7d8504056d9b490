import { limitsOf, policySettingsOf, tablesOf, thresholdsOf } from '../../config/settings.ts';
import { messageOf } from '../../errors.ts';
import { momentForms, parseMoment } from '../../recording/moment.ts';
import { openRecording, type Recording } from '../../recording/read.ts';
import { followGuest } from '../../store/follow-guest.ts';
import { openStore, type Store } from '../../store/store.ts';
import { showTab } from '../../store/tables.ts';
import type { Destination } from '../../store/time.ts';
import { createTraveller, type Traveller } from '../../store/travel.ts';
import { safe } from '../../text.ts';
import type { App } from '../../ui/keys/key.ts';
import type { Clock } from '../clock.ts';
import { Failure, type Options, UsageError } from '../options.ts';
import { canDraw, type Surroundings } from '../surroundings.ts';
import { createReplayPilot } from './replay-pilot.ts';
import { showScreen, tabOf, tell } from './terminal.ts';

/** Seconds between two frames of a replay that plays. */
const frameSeconds = 0.1;
/** Seconds between two looks for what was added to the file. */
const refreshSeconds = 1;
/** Speeds, as many times that of the recording. */
const fastest = 64;
/** Seconds that a replay stands before a gap, however long the gap is. */
const gapPause = 1;

/** Where a replay begins: at the moment of `--at`, else with the first sample. */
const startOf = (recording: Recording, at: string | undefined): Destination => {
  if (at === undefined) return { kind: 'first' };
  const span = { from: recording.sample(recording.first).time, to: recording.sample(recording.last).time };
  const time = parseMoment(at, span);
  if (time === undefined) throw new UsageError(`--at takes ${momentForms}, not '${safe(at)}'`);
  return { kind: 'time', time };
};

/** It is still being written; or its recorder was killed. */
const isGrowing = ({ sessions }: Recording): boolean => sessions.at(-1)?.ended === undefined;

/** Moves the screen along the recording while it plays. */
const createPlayer = (store: Store, recording: Recording, traveller: Traveller, { steady }: Clock) => {
  /** The moment that it has come to, wall clock seconds of the recording; between two samples, most often. */
  let clock = 0;
  let last = steady();
  const advance = (): void => {
    const now = steady();
    const passed = now - last;
    last = now;
    const { playing, at, model } = store.getState();
    if (playing === undefined || at === undefined || !model) return;
    // Somebody went elsewhere meanwhile.
    const next = at < recording.last ? recording.headlines(at + 1, at + 1)[0] : undefined;
    if (clock < model.time || (next && clock > next.time)) clock = model.time;
    clock += passed * playing;
    if (!next) {
      clock = model.time;
      // What is still being written is waited for.
      if (!isGrowing(recording)) store.setState({ playing: undefined });
      return;
    }
    clock = Math.max(clock, next.time - gapPause * playing);
    const to = recording.find(clock);
    if (to > at) traveller.go({ kind: 'samples', by: to - at });
  };
  const timer = setInterval(advance, frameSeconds * 1000);
  return {
    play(how: Parameters<App['play']>[0]): void {
      last = steady();
      store.setState(({ playing, speed, model, at }) => {
        if (how === 'toggle') {
          clock = model?.time ?? 0;
          if (playing === undefined && at === recording.last && !isGrowing(recording)) traveller.go({ kind: 'first' });
          return { playing: playing === undefined ? speed : undefined };
        }
        const faster = how === 'faster' ? speed * 2 : speed / 2;
        const chosen = Math.min(fastest, Math.max(1, faster));
        return { speed: chosen, ...(playing === undefined ? {} : { playing: chosen }) };
      });
    },
    close: () => clearInterval(timer),
  };
};

/** A recording can't be changed: keys that would are not there, and do nothing. */
const nothing = { act() {}, record() {}, halt() {}, pin() {} };

/** `kvmtop replay FILE [--at TIME]`: the live screen over a recording. It has no control: nothing can be changed. */
export const replay = async (options: Options, around: Surroundings): Promise<void> => {
  const [path] = options.words;
  if (path === undefined) throw new UsageError('replay takes the file of a recording: kvmtop replay FILE');
  if (!canDraw(around))
    throw new Failure(
      `replay needs a terminal: kvmtop dump ${safe(path)} prints it, kvmtop report ${safe(path)} -o OUT.html makes a page of it`,
    );
  const recording = openRecording(path);
  try {
    if (recording.last < recording.first) throw new Failure(`${path} has no samples yet: nothing to replay`);
    const { settings } = options;
    const store = openStore({
      source: 'recording',
      readOnly: true,
      root: '/',
      privileged: around.uid === 0,
      delay: recording.delay,
      limits: limitsOf(settings),
      thresholds: thresholdsOf(settings),
      policy: settings['policy.name'],
      messageSeconds: settings.message_seconds,
      only: options.guests,
    });
    store.setState(showTab(tablesOf(settings), tabOf(options.tab)));
    const traveller = createTraveller(store, recording, false);
    traveller.go(startOf(recording, options.at));
    const guest = followGuest(store, recording);
    const player = createPlayer(store, recording, traveller, around.clock);
    const pilot = createReplayPilot(store, recording, policySettingsOf(settings));
    const screen = showScreen(store, options, around, {
      ...nothing,
      fly: (mode, policy) => pilot.fly(mode, policy),
      travel: to => traveller.go(to),
      play: how => player.play(how),
    });
    let timer: NodeJS.Timeout | undefined;
    const refresh = (): void => {
      const started = around.clock.steady();
      try {
        if (isGrowing(recording) && recording.refresh()) {
          traveller.refresh();
          guest.refresh();
        }
      } catch (error) {
        tell(store, messageOf(error), 'bad');
      }
      // The timeline of a long recording takes its time: most of it is left to the screen.
      timer = setTimeout(refresh, 1000 * Math.max(refreshSeconds, 20 * (around.clock.steady() - started)));
    };
    refresh();
    await screen.left;
    clearTimeout(timer);
    player.close();
    screen.close();
  } finally {
    recording.close();
  }
};
