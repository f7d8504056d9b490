import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { defaults } from '../../src/config/settings.ts';
import { derive } from '../../src/model.ts';
import { parseCall, UsageError } from '../../src/programs/options.ts';
import { simulatePolicies } from '../../src/programs/simulate.ts';
import type { Surroundings } from '../../src/programs/surroundings.ts';
import { usage } from '../../src/programs/usage.ts';
import { headlineOf } from '../../src/recording/headline.ts';
import { RecordingError } from '../../src/recording/tape.ts';
import { openWriter } from '../../src/recording/write.ts';
import { sampleOf } from '../../src/simulator/sample.ts';
import { scenarios } from '../../src/simulator/scenarios.ts';
import { World } from '../../src/simulator/world.ts';
import { printed } from './sources.ts';

const simulatedIn = (env: Surroundings['env'], ...words: readonly string[]): Promise<string> =>
  printed(around => simulatePolicies({ ...parseCall(['simulate', ...words]).options, settings: defaults }, around), {
    env,
  });
const simulated = (...words: readonly string[]): Promise<string> => simulatedIn({ LC_ALL: 'C.UTF-8' }, ...words);

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kvmtop-simulate-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

/** A recording of a scenario in which nobody is in charge. */
const record = (seconds: number): string => {
  const path = join(folder, 'night.kvmtop');
  const writer = openWriter(path, { program: 'kvmtop test', delay: 5 });
  const scenario = scenarios.get('forgotten-balloon');
  if (!scenario) throw new Error('the scenario is gone');
  const world = new World(scenario);
  while (world.time < seconds) {
    world.step();
    if (world.time % 5 > 0) continue;
    const sample = sampleOf(world);
    writer.append(sample, headlineOf(derive(undefined, sample)));
  }
  writer.close();
  return path;
};

describe('kvmtop simulate', () => {
  it('prints what happens with nobody in charge', async () => {
    const text = await simulated('forgotten-balloon', '--policy', 'none');
    await expect(text).toMatchFileSnapshot('../../snapshots/simulate-forgotten-balloon.txt');
    for (const line of text.split('\n')) expect(line.length).toBeLessThanOrEqual(110);
  });

  it('draws with ASCII alone where the terminal can no more', async () => {
    const text = await simulatedIn({ LC_ALL: 'C' }, 'forgotten-balloon', '--policy', 'none');
    const graphs = text.slice(text.indexOf('Available on the host'));
    expect(graphs).toContain('Balloons together');
    expect(graphs).toMatch(/^[\x00-\x7f]*$/);
    // In a terminal of 80 columns no row breaks.
    for (const line of text.split('\n').slice(1)) expect(line.length).toBeLessThanOrEqual(80);
  });

  it('gives a script figures and traces, each policy once and in the order that was asked for', async () => {
    const json = JSON.parse(await simulated('forgotten-balloon', '--policy', 'mom,none,mom', '--json'));
    expect(json.version).toBe(1);
    expect(json.scenario).toMatchObject({ id: 'forgotten-balloon', guests: 6, seconds: 1800 });
    expect(json.runs.map(({ policy }: { policy: string }) => policy)).toEqual(['mom', 'none']);
    expect(json.runs[0].figures.stalled).toBeLessThan(json.runs[1].figures.stalled);
    expect(json.runs[0].trace).toHaveLength(180);
  });

  it('writes a page that only its owner can read, or prints it', async () => {
    const path = join(folder, 'out.html');
    expect(await simulated('forgotten-balloon', '--policy', 'none,mom', '-o', path)).toBe('');
    const page = readFileSync(path, 'utf8');
    expect(page).toMatch(/^<!doctype html>/);
    expect(page).toContain('<h1>A forgotten balloon</h1>');
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(await simulated('forgotten-balloon', '--policy', 'none', '-o', '-')).toContain('<script>run()</script>');
    await expect(simulated('forgotten-balloon', '--policy', 'none', '--json', '-o', path)).rejects.toThrow(UsageError);
    await expect(simulated('forgotten-balloon', '--policy', 'none', '-o', '')).rejects.toThrow('-o takes OUT.html');
  });

  it('simulates a recording, or a part of it', async () => {
    const path = record(400);
    const whole = JSON.parse(await simulated(path, '--policy', 'none', '--json'));
    expect(whole.scenario).toMatchObject({ id: 'recording', title: path, guests: 6, seconds: 395 });
    const part = JSON.parse(await simulated(path, '--policy', 'none', '--json', '--from', '-100s'));
    expect(part.scenario.seconds).toBe(100);
  });

  it('names what there is when it is asked for what there is not', async () => {
    const wrong = async (...words: readonly string[]): Promise<Error> =>
      simulated(...words).then(
        () => new Error('it did not fail'),
        error => error,
      );
    const scenario = await wrong('boot');
    expect(scenario).toBeInstanceOf(UsageError);
    expect(scenario.message).toContain("'boot'; use one of boot-storm, hungry-guest, all-max, forgotten-balloon");
    const policy = await wrong('boot-storm', '--policy', 'best');
    expect(policy).toBeInstanceOf(UsageError);
    expect(policy.message).toContain("'best'; use one of none, kvmtop, mom, proxmox, ksmtuned");
    expect((await wrong('boot-storm', '--from', '-1m')).message).toContain('a part of a recording');
    expect(await wrong(import.meta.filename)).toBeInstanceOf(RecordingError);
    expect(() => parseCall(['simulate'])).toThrow('simulate takes a SCENARIO or a FILE');
    expect(() => parseCall(['dump', 'x', '--policy', 'mom'])).toThrow('--policy does not go with dump');
  });

  it('is explained: every scenario is named', () => {
    for (const { id, title } of scenarios.values())
      expect(usage('simulate')).toMatch(new RegExp(`  ${id} +${title}\n`));
  });
});
