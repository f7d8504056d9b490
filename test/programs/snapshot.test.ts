import { createWriteStream } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { defaults } from '../../src/config/settings.ts';
import { Failure, UsageError } from '../../src/programs/options.ts';
import { snapshot } from '../../src/programs/snapshot.ts';
import { printed, watchedSource } from './sources.ts';
import { hastyClock, surroundings } from './surroundings.ts';

const options = { delay: 0.01, guests: [], json: false, text: false, settings: defaults };
const json = async (guests: readonly string[] = []) =>
  JSON.parse(await printed(around => snapshot(watchedSource(), { ...options, guests, json: true }, around)));

test('two looks, one delay apart, so that there are rates', async () => {
  const source = watchedSource();
  const out = await printed(around => snapshot(source, { ...options, delay: 0.05, json: true }, around));
  expect(source.looks).toHaveLength(2);
  // A timer may be a millisecond early by this clock.
  expect(source.looks[1]! - source.looks[0]!).toBeGreaterThanOrEqual(49);
  expect(JSON.parse(out)).toMatchObject({ version: 1, interval: 2, host: { swap_in_rate: 5 * 4096 } });
  expect(out.endsWith('}\n')).toBe(true);
});

test('a monitor that is slow to answer is waited for, as long as the settings let it', async () => {
  const asked = async (seconds: number): Promise<readonly [unknown, number]> => {
    const clock = hastyClock();
    const silent = watchedSource();
    const source = {
      ...silent,
      async look(needs: Parameters<typeof silent.look>[0]) {
        const seen = await silent.look(needs);
        const guests = seen.guests.map(one => ({ ...one, monitor: { ...one.monitor, state: 'unasked' as const } }));
        return clock.steady() < seconds ? { ...seen, guests } : seen;
      },
    };
    const out = await printed(around => snapshot(source, { ...options, delay: 1, json: true }, around), { clock });
    return [JSON.parse(out).guests[0].monitor, Math.round(clock.steady())];
  };
  expect(await asked(1)).toEqual(['ok', 1]);
  expect(await asked(3)).toEqual(['ok', 3]);
  expect(await asked(60)).toEqual(['unasked', 4]);
});

test('all that is not costly is read', async () => {
  const source = watchedSource();
  await printed(around => snapshot(source, options, around));
  for (const wanted of source.wanted) {
    expect([...wanted]).toEqual(expect.arrayContaining(['vmstat', 'ksm', 'pools', 'nodes', 'guest_ksm_stat']));
    expect([...wanted].filter(need => need.startsWith('guest_smaps'))).toEqual([]);
  }
});

test('text unless JSON is asked for', async () => {
  const asked = await printed(around => snapshot(watchedSource(), { ...options, text: true }, around));
  expect(asked).toMatch(/^kvmtop .*two-nodes/);
  expect(await printed(around => snapshot(watchedSource(), options, around))).toBe(asked);
});

describe('findings', () => {
  const ids = async (guests: readonly string[] = []): Promise<string[]> =>
    (await json(guests)).findings.map((finding: { id: string; subject: string }) => `${finding.id} ${finding.subject}`);

  test('are told at once, in JSON and in text', async () => {
    const told = await ids();
    expect(told).toContain('balloon-forgotten web-1');
    const text = await printed(around => snapshot(watchedSource(), options, around));
    expect(text).toMatch(/^Findings\n(critical|warning|notice): /m);
  });

  test('go by the operator’s thresholds', async () => {
    const settings = { ...defaults, 'thresholds.available_low_percent': 99 };
    const out = await printed(around => snapshot(watchedSource(), { ...options, json: true, settings }, around));
    expect(JSON.parse(out).findings.map(({ id }: { id: string }) => id)).toContain('host-short');
    expect(await ids()).not.toContain('host-short host');
  });

  test('of guests that -p leaves out are left out, those on the host stay', async () => {
    const all = await ids();
    const some = await ids(['200']);
    expect(some.some(told => told.endsWith(' web-1'))).toBe(false);
    expect(some.length).toBeGreaterThan(0);
    expect(all).toEqual(expect.arrayContaining(some));
  });
});

test('LANG=C gets ASCII', async () => {
  const env = { LANG: 'C' };
  expect(await printed(around => snapshot(watchedSource(), options, around), { env })).toMatch(/^[\n -~]+$/);
});

test('text and JSON at once is wrong usage', async () => {
  const both = printed(around => snapshot(watchedSource(), { ...options, json: true, text: true }, around));
  await expect(both).rejects.toThrow(UsageError);
});

describe('-p', () => {
  test.each([['web-1'], ['100'], ['100.5000']])('finds a guest by %s, and leaves the host whole', async word => {
    const { guests, host } = await json([word]);
    expect(guests.map((guest: { name: string }) => guest.name)).toEqual(['web-1']);
    expect(host).toMatchObject({ guests: 2, guests_mem_max: 5 * 1024 ** 3 });
  });

  test('takes several, in the host’s order', async () => {
    const { guests } = await json(['200', 'web-1']);
    expect(guests.map((guest: { pid: number }) => guest.pid)).toEqual([100, 200]);
  });

  test('takes a name as the screen shows it', async () => {
    const { guests } = await json(['=HYPERLINK("見る\ufffd]0;x\ufffd\ufffd2J\ufffd",1)']);
    expect(guests.map((guest: { pid: number }) => guest.pid)).toEqual([200]);
  });

  test('an unknown guest fails at the first look, harmlessly, and prints nothing', async () => {
    const source = watchedSource();
    let out = '';
    const failed = await printed(async around => {
      around.stdout.on('data', chunk => {
        out += String(chunk);
      });
      await snapshot(source, { ...options, guests: ['web-1', 'web-2\u001b[2J'] }, around);
    }).catch(error => error);
    expect(failed).toBeInstanceOf(Failure);
    expect(failed.status).toBe(1);
    expect(failed.message).toBe(
      `no guest 'web-2\ufffd[2J' here: there are web-1, =HYPERLINK("見る\ufffd]0;x\ufffd\ufffd2J\ufffd",1); -p takes names, ids or PIDs`,
    );
    expect(source.looks).toHaveLength(1);
    expect(out).toBe('');
  });
});

test('a full disk is a failure that says so', async () => {
  const failed = await snapshot(
    watchedSource(),
    options,
    surroundings({ stdout: createWriteStream('/dev/full') }),
  ).catch(error => error);
  expect(failed).toBeInstanceOf(Failure);
  expect(failed.status).toBe(1);
  expect(failed.message).toContain('ENOSPC');
});
