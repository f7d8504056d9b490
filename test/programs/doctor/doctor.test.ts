import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { defaults } from '../../../src/config/settings.ts';
import { doctor, doctorJson, doctorText } from '../../../src/programs/doctor/doctor.ts';
import type { Finding } from '../../../src/programs/doctor/facts.ts';
import { Failure, type Options, parseCall, withSettings } from '../../../src/programs/options.ts';
import { Root } from '../../../src/root.ts';
import { createDemoSource } from '../../../src/source/demo.ts';
import { createLiveSource } from '../../../src/source/live.ts';
import { printed } from '../sources.ts';

const optionsOf = (...argv: string[]): Options => withSettings(parseCall(['doctor', ...argv]), defaults).options;

const tree = async (name: string, ...argv: string[]): Promise<string> => {
  const dir = join(import.meta.dirname, '../../hosts', name);
  const source = createLiveSource(new Root(dir));
  try {
    return await printed(around => doctor(source, optionsOf('--root', dir, ...argv), around));
  } finally {
    await source.close();
  }
};

const checks = (json: string): readonly Finding[] => JSON.parse(json).checks;

describe('captured hosts', () => {
  it('an old kernel: what it lacks, and since when others have it', async () => {
    const found = checks(await tree('linux-4.18', '--json'));
    const bad = Object.fromEntries(found.filter(({ ok }) => !ok).map(({ id, fix }) => [id, fix]));
    expect(bad).toMatchObject({
      psi: 'on that host: Linux 4.20 or newer',
      ksm_stat: 'on that host: Linux 5.19 or newer',
      changes: 'run kvmtop on that host',
    });
    expect(found.find(({ id }) => id === 'debugfs')?.text).toMatch(/: they were not captured$/);
  });

  it('a busy host: KSM, swap and PSI are there', async () => {
    const found = checks(await tree('debian12-busy', '--json'));
    for (const id of ['psi', 'ksm', 'swap']) expect(found).toContainEqual(expect.objectContaining({ id, ok: true }));
  });

  it('is told in aligned rows, a fix below what it mends', async () => {
    const rows = (await tree('linux-4.18')).split('\n');
    const at = rows.findIndex(row => /^NO {2}psi {3,}memory pressure can’t be seen/.test(row));
    expect(rows[at + 1]).toMatch(/^ +fix: on that host: Linux 4\.20 or newer$/);
    expect(rows.at(-2)).toMatch(/^\d+ of \d+ could be better$/);
    const starts = rows.filter(row => /^(ok|NO) /.test(row)).map(row => /^.. {2}\S+ +/.exec(row)?.[0].length);
    expect(new Set(starts).size).toBe(1);
  });

  it('what is no host at all is a failure that says so', async () => {
    const failed = await tree('none').catch(error => error);
    expect(failed).toBeInstanceOf(Failure);
    expect(failed.message).toMatch(/hosts\/none\/proc\/meminfo can't be read/);
  });
});

it('the demo has a guest for every trouble', async () => {
  const source = createDemoSource({ seed: 7, clock: () => 1_800_000_000 });
  const found = checks(await printed(around => doctor(source, optionsOf('--demo', '--json'), around)));
  const ids = new Set(found.filter(({ ok, subject }) => !ok && subject !== undefined).map(({ id }) => id));
  expect([...ids].sort()).toEqual([
    'guest_balloon',
    'guest_driver',
    'guest_ksm',
    'guest_memory',
    'guest_monitor',
    'guest_statistics',
  ]);
  const subjects = new Set(found.flatMap(({ subject }) => subject ?? []));
  expect(subjects.size).toBe(20);
});

describe('what a guest is called', () => {
  const hostile: Finding = {
    id: 'guest_balloon',
    ok: false,
    subject: 'a\u001b[2J\nb',
    text: 'c\u009bd',
    fix: 'e\u202ef',
  };
  it('never steers a terminal', () => {
    expect(doctorText([hostile])).toMatch(/^NO {2}a\ufffd\[2J\ufffdb {2}c\ufffdd\n {13}fix: e\ufffdf\n\n1 of 1 /);
    expect(doctorJson([hostile])).toMatch(/^[\n -~]+$/);
    expect(checks(doctorJson([hostile]))).toEqual([hostile]);
  });
});

it('guests that are well are only counted', () => {
  const well: Finding = { id: 'guest_balloon', ok: true, subject: 'web-1', text: 'fine' };
  const count: Finding = { id: 'guests', ok: true, text: '1 found' };
  expect(doctorText([count, well])).toBe('ok  guests  1 found\n\nall is well\n');
});
