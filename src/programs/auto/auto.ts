import type { Gate } from '../../actions/gate/perform.ts';
import { policySettingsOf } from '../../config/settings.ts';
import { everything } from '../../fields/needs.ts';
import { selectGuests } from '../../guests.ts';
import { derive, type Model } from '../../model.ts';
import { unknownWord } from '../../nearest.ts';
import { own } from '../../own.ts';
import type { PolicyEvent } from '../../policy/pilot.ts';
import { policies, policyOf } from '../../policy/policies.ts';
import type { Policy } from '../../policy/policy.ts';
import { formatMoment } from '../../recording/moment.ts';
import type { Sample } from '../../sample.ts';
import type { Source } from '../../source/source.ts';
import { escapeJson, safe } from '../../text.ts';
import { nextDue } from '../due.ts';
import { Failure, type Options, UsageError } from '../options.ts';
import { openOutput } from '../output.ts';
import { openPolling, tellOn } from '../polling.ts';
import { requireGuests } from '../select.ts';
import type { Surroundings } from '../surroundings.ts';
import { claimActing } from './acting-claim.ts';
import { createAutopilot } from './autopilot.ts';
import { watchManualChanges } from './manual-changes.ts';

/** A line of the log, for people or for programs. */
const lines: Readonly<Record<string, (event: PolicyEvent) => string>> = {
  text: ({ time, policy, outcome, subject, text }) =>
    `${formatMoment(time)} ${policy} ${outcome}: ${safe(subject)}: ${safe(text)}\n`,
  ndjson: ({ time, ...rest }) =>
    `${escapeJson(JSON.stringify({ time: new Date(time * 1000).toISOString(), ...rest }))}\n`,
};

const lineOf = (format: string): ((event: PolicyEvent) => string) => {
  const line = own(lines, format);
  if (!line) throw new UsageError(`--format takes ${Object.keys(lines).join(', ')}, not '${format}'`);
  return line;
};

const chosen = (name: string): Policy => {
  const policy = policyOf(name);
  if (!policy)
    throw new UsageError(
      unknownWord(
        'policy',
        name,
        policies.map(({ id }) => id),
      ),
    );
  return policy;
};

/**
 * `kvmtop auto [--policy NAME] [--act | --shadow] [--format text|ndjson]`: lets a policy run until `stop`, in shadow unless
 * it is to act; with `options.guests` it sees and moves only those. What it decides, and why, is a line each on stdout. At the end the guests that it moved are left with enough.
 * The caller closes the source.
 * @throws UsageError; Failure where nothing can be changed, another process acts already, or a guest of `-p` is not there
 */
export const auto = async (
  source: Source,
  gate: Gate,
  options: Options,
  { stdout, stderr, clock }: Pick<Surroundings, 'stdout' | 'stderr' | 'clock'>,
  stop: AbortSignal,
): Promise<void> => {
  if (options.act && options.shadow) throw new UsageError('auto takes --act or --shadow, not both');
  const line = lineOf(options.format ?? 'text');
  const { settings } = options;
  const policy = chosen(options.policy ?? settings['policy.name']);
  if (options.act && !gate.control)
    throw new Failure('nothing can be changed here (--read-only, or not a live host): leave --act out', 3);
  // A demo is nobody else's.
  const release = options.act && source.kind === 'live' ? await claimActing() : () => undefined;
  const output = openOutput(stdout);
  let written: Promise<boolean> = Promise.resolve(true);
  const tell = (event: PolicyEvent): void => {
    written = written.then(() => output.write(line(event)));
    // What a reader that has gone does not get is no reason to leave guests alone; the journal has it.
    written.catch(() => undefined);
  };
  const pilot = createAutopilot(gate, policySettingsOf(settings), { tell });
  pilot.set(options.act ? 'act' : 'shadow', policy);
  const polling = openPolling(gate, options.act ? settings['statistics.polling_seconds'] : 0, { tell: tellOn(stderr) });
  let previous: Sample | undefined;
  const look = async (): Promise<Model> => {
    const sample = await source.look(everything);
    if (!previous) requireGuests(sample, options.guests);
    const model = derive(previous, sample);
    previous = sample;
    return selectGuests(model, options.guests);
  };
  const manual = watchManualChanges(gate.journal.path);
  const began = clock.now();
  tell({
    time: began,
    policy: policy.id,
    subject: 'host',
    outcome: 'started',
    text: options.act ? 'it acts' : 'in shadow: nothing is changed',
  });
  try {
    while (!stop.aborted) {
      const started = clock.now();
      const model = await look();
      polling.ensure(model);
      for (const guest of manual.look()) pilot.pin(guest, 'changed by hand: left alone');
      pilot.see(model);
      const now = clock.now();
      await clock.wait(nextDue(started, now, options.delay) - now, stop);
    }
  } finally {
    manual.close();
    await pilot.leave(look);
    await polling.putBack(look);
    release();
    tell({
      time: clock.now(),
      policy: policy.id,
      subject: 'host',
      outcome: 'ended',
      text: 'no policy runs any more',
    });
    await written.catch(() => undefined);
  }
};
