import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type JournalEntry, openJournal } from '../../../src/actions/gate/journal.ts';
import type { Gate } from '../../../src/actions/gate/perform.ts';
import { auto } from '../../../src/programs/auto/auto.ts';
import { Failure, type Options, parseCall, UsageError } from '../../../src/programs/options.ts';
import { controlOf } from '../../../src/simulator/control.ts';
import { sampleOf } from '../../../src/simulator/sample.ts';
import type { Scenario } from '../../../src/simulator/scenario.ts';
import { World } from '../../../src/simulator/world.ts';
import type { Source } from '../../../src/source/source.ts';
import { GiB } from '../../../src/units.ts';
import { surroundings } from '../surroundings.ts';

let folder: string;
let stop: AbortController;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kvmtop-auto-'));
  stop = new AbortController();
});
afterEach(() => rmSync(folder, { recursive: true }));

/** A name that would steer a terminal, and end a line of the log. */
const hostile = 'web\x1b[31m\nends';

/** Little is left of 16 GiB, and guests hold what they do not use: the policy would have it. */
const tight: Scenario = {
  id: 'tight',
  title: '',
  help: '',
  main: [],
  seconds: 1000,
  host: { memory: 16 * GiB, swap: 0, used: () => 2.5 * GiB },
  guests: ['web-1', hostile, 'web-3'].map(name => ({
    name,
    size: 4 * GiB,
    touched: 4 * GiB,
    demand: () => GiB,
    cache: () => 0,
  })),
};

/** A second passes there with each look; `meanwhile` is called before each, with how many there were. */
const startWorld = (meanwhile: (looks: number) => unknown = () => undefined) => {
  const world = new World(tight);
  for (let second = 0; second < 10; second++) world.step();
  let looks = 0;
  const source: Source = {
    kind: 'demo',
    control: controlOf(world),
    async look() {
      await meanwhile(looks++);
      world.step();
      return sampleOf(world);
    },
    close: async () => undefined,
  };
  const journal = openJournal(join(folder, 'journal.ndjson'));
  const gate: Gate = { control: controlOf(world), journal };
  return { world, source, gate, journal };
};

const options = (...words: string[]): Options => parseCall(['auto', '-d', '0.1', ...words]).options;

/** What it writes, until `enough` is there or it ends. */
const fly = async (
  given: Options,
  { source, gate }: Pick<ReturnType<typeof startWorld>, 'source' | 'gate'>,
  enough: (log: string) => boolean,
): Promise<string> => {
  const log = new PassThrough();
  let told = '';
  log.setEncoding('utf8').on('data', text => {
    told += text;
    if (enough(told)) stop.abort();
  });
  await auto(source, gate, given, surroundings({ stdout: log }), stop.signal);
  return told;
};

const count = (log: string, word: string): number => log.split(` kvmtop ${word}: `).length - 1;
const sizes = ({ guests }: World): number[] => guests.map(({ inside }) => inside.actual / GiB);

describe('kvmtop auto', () => {
  it('is in shadow unless it is told to act: a line for each decision, and nothing is changed', async () => {
    const started = startWorld();
    const log = await fly(options(), started, told => count(told, 'would') >= 3);
    const lines = log.trimEnd().split('\n');
    expect(lines[0]).toMatch(/ kvmtop started: host: in shadow: nothing is changed$/);
    expect(lines.at(-1)).toMatch(/ kvmtop ended: host: no policy runs any more$/);
    expect(log).toMatch(/^\d{4}-\d\d-\d\d.* kvmtop would: web-1: Shrink web-1 from 4\.00 GiB to \d.*: it uses .*$/m);
    expect(sizes(started.world)).toEqual([4, 4, 4]);
    expect(started.journal.read()).toEqual([]);
  });

  it('acts with --act through the gate, and leaves guests with enough when it is stopped', async () => {
    const started = startWorld();
    const log = await fly(options('--act'), started, told => count(told, 'arrived') >= 3);
    expect(log).toMatch(/ kvmtop started: host: it acts\n/);
    expect(log).toMatch(/ kvmtop asked: web-1: Shrink web-1 from 4\.00 GiB/);
    const entries = started.journal.read();
    expect(entries.length).toBeGreaterThanOrEqual(3);
    for (const entry of entries)
      expect(entry).toMatchObject({ by: 'policy', outcome: 'done', why: expect.any(String) });
    for (const guest of started.world.guests) expect(guest.inside.target / GiB).toBeGreaterThan(1.25);
  });

  it('moves only the guests of -p, and says so of one that is not there', async () => {
    const started = startWorld();
    await fly(options('--act', '-p', 'web-3'), started, told => count(told, 'asked') >= 1);
    const moved = started.journal
      .read()
      .flatMap(({ steps }) => steps.flatMap(step => ('name' in step ? [step.name] : [])));
    expect(new Set(moved)).toEqual(new Set(['web-3']));
    stop = new AbortController();
    await expect(fly(options('-p', 'web-9'), startWorld(), () => false)).rejects.toThrow(/^no guest 'web-9' here/);
  });

  it('leaves alone what was moved by hand meanwhile, in another process', async () => {
    const byHand = (guest: string): JournalEntry => ({
      time: new Date().toISOString(),
      user: 'ann',
      by: 'do',
      request: { action: 'balloon', words: ['web-1', '4G'] },
      summary: 'Grow web-1',
      steps: [{ kind: 'qmp', guest, name: 'web-1', command: 'balloon', arguments: { value: 4 * GiB } }],
      forced: false,
      outcome: 'done',
    });
    const started = startWorld(async looks => {
      if (looks === 1) await started.journal.append(byHand(sampleOf(started.world).guests[0]!.id));
    });
    const log = await fly(options('--act'), started, told => count(told, 'asked') >= 2);
    expect(log).toMatch(/ kvmtop skipped: web-1: changed by hand: left alone\n/);
    expect(log).not.toMatch(/ asked: web-1: /);
    expect(started.world.guests[0]!.inside.target).toBe(4 * GiB);
  });

  it.each(['text', 'ndjson'])('lets no name of a guest steer who reads its %s', async format => {
    const log = await fly(options('--format', format), startWorld(), told => told.split('Shrink').length > 3);
    expect(log).toMatch(/web[^\n]*ends/);
    expect(log.replaceAll('\n', '')).not.toMatch(/\p{Cc}/u);
    if (format === 'text') for (const line of log.trimEnd().split('\n')) expect(line).toMatch(/^\d{4}-\d\d-\d\d/);
  });

  it('is a JSON object a line for programs', async () => {
    const log = await fly(options('--format', 'ndjson'), startWorld(), told => told.includes('"would"'));
    const lines = log
      .trimEnd()
      .split('\n')
      .map(line => JSON.parse(line));
    expect(lines[0]).toEqual({
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      policy: 'kvmtop',
      subject: 'host',
      outcome: 'started',
      text: 'in shadow: nothing is changed',
    });
    const would = lines.find(({ outcome }) => outcome === 'would');
    expect(would).toMatchObject({ policy: 'kvmtop', guest: expect.stringMatching(/^\d+\.\d+$/) });
  });

  it('goes on for guests where nobody reads its log any more', async () => {
    const started = startWorld(looks => {
      if (looks === 20) stop.abort();
    });
    const log = new PassThrough();
    log.destroy();
    await auto(started.source, started.gate, options('--act'), surroundings({ stdout: log }), stop.signal);
    expect(started.journal.read().length).toBeGreaterThan(0);
  });

  it.each([
    [['--act', '--shadow'], /not both/],
    [['--format', 'xml'], /text, ndjson, not 'xml'/],
    [['--format', 'constructor'], /not 'constructor'/],
    [['--policy', 'best'], /unknown policy 'best'; use one of /],
  ])('does not understand %j', async (words, why) => {
    const failure = await fly(options(...words), startWorld(), () => true).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(UsageError);
    expect(String(failure)).toMatch(why);
  });

  it('refuses to act where nothing can be changed, with status 3, before it has looked', async () => {
    const { source, gate } = startWorld(() => {
      throw new Error('it has looked');
    });
    const failure = await fly(options('--act'), { source, gate: { ...gate, control: undefined } }, () => true).catch(
      (error: unknown) => error,
    );
    expect(failure).toBeInstanceOf(Failure);
    expect(failure).toMatchObject({ status: 3, message: expect.stringMatching(/leave --act out$/) });
  });
});
