import { copyFileSync, existsSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { derive } from '../../src/model.ts';
import { headlineOf } from '../../src/recording/headline.ts';
import { openWriter, type Writer } from '../../src/recording/write.ts';
import type { Sample } from '../../src/sample.ts';
import { begin, demoSamples } from '../recording/samples.ts';
import { clockOf, openDesk, outside } from './kvmtop.ts';
import type { Terminal } from './terminal.ts';

const desk = openDesk();
const file = join(desk.folder, '..', 'demo.kvmtop');
afterEach(() => desk.tidy());
afterAll(() => desk.close());

const [enter, leave, home, end] = ['\r', '\x1b', '\x1b[H', '\x1b[F'];

/** Appends these samples with their headlines. */
const append = (writer: Writer, samples: readonly Sample[], before?: Sample): void => {
  samples.forEach((sample, index) => {
    writer.append(sample, headlineOf(derive(samples[index - 1] ?? before, sample)));
  });
};

/** Ten minutes from 08:00:00 on, of which 08:03 to 08:06 was not recorded. An action at 08:01, a finding at 08:02. */
beforeAll(async () => {
  const samples = await demoSamples(600);
  const writer = openWriter(file, { program: 'kvmtop test', delay: 1 });
  append(writer, samples.slice(0, 180));
  append(writer, samples.slice(360), samples[179]);
  const request = { action: 'balloon', words: ['web-1', '3G'] };
  const data = { time: new Date((begin + 60) * 1000).toISOString(), user: 'ann', by: 'do', request };
  const entry = { ...data, summary: 'Shrink web-1 to 3 GiB', steps: [], forced: false, outcome: 'done' };
  writer.note({ time: begin + 60, kind: 'action', subject: 'web-1', text: 'Shrink web-1 (done)', data: entry });
  const finding = { id: 'host-short', subject: 'host', severity: 'warning', since: begin + 120 };
  writer.note({ time: begin + 120, kind: 'finding', subject: 'host', text: 'Memory is short.', data: finding });
  writer.close();
});

const openReplay = async (args: readonly string[] = [], options: Parameters<typeof desk.open>[1] = {}) => {
  const terminal = desk.open(['replay', file, ...args], { columns: 120, rows: 42, ...options });
  await terminal.settles(screen => /^kvmtop .*REPLAY/.test(screen[0] ?? ''), 20_000);
  return terminal;
};

const reaches = (terminal: Terminal, clock: string): Promise<string[]> =>
  terminal.settles(screen => clockOf(screen) === clock);

const press = async (terminal: Terminal, keys: string, clock: string): Promise<void> => {
  terminal.press(keys);
  await reaches(terminal, clock);
};

describe('a replay', () => {
  test('steps, jumps, and goes to what is typed, to actions and to findings', async () => {
    const terminal = await openReplay();
    await reaches(terminal, '08:00:00');
    await press(terminal, ']', '08:00:01');
    await press(terminal, ']', '08:00:02');
    await press(terminal, '[', '08:00:01');
    await press(terminal, '}', '08:01:01');
    await press(terminal, '{', '08:00:01');
    await press(terminal, end, '08:09:59');
    await press(terminal, ']', '08:09:59');
    await press(terminal, home, '08:00:00');
    await press(terminal, '[', '08:00:00');
    await press(terminal, 'a', '08:01:00');
    await press(terminal, 'f', '08:02:00');
    await press(terminal, 'A', '08:01:00');
    terminal.press('J');
    await terminal.waitFor('Shrink web-1 to 3 GiB');
    // It had not been done yet.
    terminal.press('[');
    await terminal.waitFor('Nothing was changed by kvmtop');
    terminal.press('t');
    await terminal.waitFor('Go to a moment from 2027-01-15 08:00:00 to 2027-01-15 08:09:59');
    terminal.press('noon');
    await terminal.waitFor('that is no time');
    terminal.press(enter);
    terminal.press('\x7f'.repeat(4) + '-1m');
    await terminal.waitFor('> -1m');
    terminal.press(enter);
    await reaches(terminal, '08:08:59');
    terminal.press('t08:07:30');
    await terminal.waitFor('> 08:07:30');
    terminal.press(leave);
    await terminal.waitFor(screen => !screen.join('\n').includes('Go to a moment'));
    expect(clockOf(terminal.screen())).toBe('08:08:59');
    terminal.press('q');
    expect(await terminal.exit).toEqual({ code: 0, signal: undefined });
  });

  test.each([
    [['--at', '08:02:30'], '08:02:30'],
    [['--at', '08:01'], '08:01:00'],
    [['--at', '-30s'], '08:09:29'],
    [['--at', '2027-01-15T08:07:00Z'], '08:07:00'],
    // In the gap: what was known then is from before it.
    [['--at', '08:04'], '08:02:59'],
    [['--at', '2020-01-01'], '08:00:00'],
  ])('%j begins at %s', async (args, clock) => {
    expect(clockOf(await reaches(await openReplay(args), clock))).toBe(clock);
  });

  test('plays, faster and slower, does not wait out a gap, and holds at the end', async () => {
    const terminal = await openReplay(['--at', '08:02:50']);
    terminal.press(' ');
    await terminal.waitFor(screen => /REPLAY 1x/.test(screen[0] ?? '') && clockOf(screen) > '08:02:51');
    terminal.press('+++');
    await terminal.waitFor(screen => /REPLAY 8x/.test(screen[0] ?? ''));
    terminal.press('-');
    await terminal.waitFor(screen => /REPLAY 4x/.test(screen[0] ?? ''));
    // Three minutes at this speed would be 45 s.
    await terminal.waitFor(screen => clockOf(screen) > '08:06:00', 15_000);
    terminal.press(' ');
    await terminal.waitFor(screen => /^held/.test(screen.at(-1) ?? ''));
    const held = clockOf(terminal.screen());
    terminal.press('++++');
    await terminal.waitFor(/REPLAY *$/m);
    expect(clockOf(terminal.screen())).toBe(held);
    terminal.press(' ');
    await terminal.waitFor(screen => /REPLAY 64x/.test(screen[0] ?? ''));
    await terminal.waitFor(screen => clockOf(screen) === '08:09:59' && /^held/.test(screen.at(-1) ?? ''), 20_000);
  });

  test('shows the gap as a gap', async () => {
    const terminal = await openReplay(['--at', '-1m']);
    const [graph = ''] = terminal.screen().slice(-2);
    const parts = /^2027-01-15 08:00:00 ([▁-█]+)( +)([▁-█]+) 2027-01-15 08:09:59$/.exec(graph);
    expect(parts).not.toBeNull();
    const [, before = '', gap = '', after = ''] = parts ?? [];
    const all = before.length + gap.length + after.length;
    expect(gap.length / all).toBeCloseTo(0.3, 1);
    expect(before.length / all).toBeCloseTo(0.3, 1);
    expect(await outside(terminal.raw(), 120, 42)).toEqual([]);
  });

  test('changes nothing, and does not offer to', async () => {
    const terminal = await openReplay(['--at', '08:01']);
    expect(terminal.screen()[0]).toContain('READ-ONLY');
    // What was found then may come a little later than the moment itself.
    const before = await terminal.settles(/Advisor \d+/);
    terminal.press('bBpRuxHM:k');
    // What comes after them has come.
    await press(terminal, ']', '08:01:01');
    await press(terminal, '[', '08:01:00');
    // The last row of the table gives way to the reason.
    const after = await terminal.settles(/This is a replay: nothing can be changed\./);
    const told = after.findIndex(row => row.startsWith('This is a replay'));
    expect(after.toSpliced(told, 1)).toEqual(before.toSpliced(told, 1));
    terminal.press('q');
    await terminal.exit;
    expect(existsSync(join(desk.folder, 'journal.ndjson'))).toBe(false);
  });

  test.each([
    [80, 24],
    [60, 15],
    [200, 60],
  ])('fits %ix%i', async (columns, rows) => {
    const terminal = await openReplay(['--at', '08:07'], { columns, rows });
    await reaches(terminal, '08:07:00');
    await terminal.waitFor(screen => screen.some(row => /^q Quit/.test(row)));
    expect(await outside(terminal.raw(), columns, rows)).toEqual([]);
    // Where there is no room for both, the timeline gives way to the guests.
    if (rows >= 17) await terminal.waitFor(/^held/m);
    else expect(terminal.screen().join('\n')).not.toMatch(/^held/m);
    terminal.press('2');
    await terminal.waitFor('db-main');
  });

  test('is in ASCII, and without colours, where that is asked for', async () => {
    const env = { LANG: 'C', NO_COLOR: '1' };
    const terminal = await openReplay(['--at', '08:07'], { columns: 80, rows: 24, env });
    await reaches(terminal, '08:07:00');
    await terminal.waitFor(/^held +A/m);
    expect(terminal.screen().join('\n')).toMatch(/^[\n -~]*$/);
    expect(terminal.raw()).not.toMatch(/\x1b\[[0-9;]*3[0-9][;m]/);
  });
});

test('what is written meanwhile comes, and is played', async () => {
  const growing = join(desk.folder, '..', 'growing.kvmtop');
  const samples = await demoSamples(40);
  const writer = openWriter(growing, { program: 'kvmtop test', delay: 1 });
  append(writer, samples.slice(0, 20));
  const terminal = desk.open(['replay', growing, '--at', '-1s'], { columns: 120, rows: 42 });
  await terminal.waitFor(screen => clockOf(screen) === '08:00:18', 20_000);
  terminal.press(`${end} `);
  await terminal.waitFor(screen => clockOf(screen) === '08:00:19' && /REPLAY 1x/.test(screen[0] ?? ''));
  append(writer, samples.slice(20, 23), samples[19]);
  await terminal.waitFor(screen => clockOf(screen) === '08:00:22', 20_000);
  expect(terminal.screen().at(-2)).toMatch(/08:00:22$/);
  append(writer, samples.slice(23), samples[22]);
  writer.close();
  terminal.press('++++++');
  await terminal.waitFor(screen => clockOf(screen) === '08:00:39' && /^held/.test(screen.at(-1) ?? ''), 20_000);
});

describe('what can be done instead is told', () => {
  test('without a terminal', async () => {
    const { code, stdout, stderr } = await desk.run(['replay', file]);
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(/^kvmtop: replay needs a terminal: kvmtop dump .* prints it, kvmtop report .*\n$/);
  });

  test('where the file is none of ours, not there, or --at is no time', async () => {
    const foreign = join(desk.folder, '..', 'foreign');
    writeFileSync(foreign, 'no recording');
    for (const [args, code, why] of [
      [[foreign], 1, /^kvmtop: \S+ is no recording of kvmtop: choose another file$/],
      [[`${foreign}.none`], 1, /^kvmtop: \S+ is not there: check the name/],
      [[file, '--at', 'noon'], 2, /^kvmtop: --at takes .*, not 'noon'$/],
    ] as const) {
      const terminal = desk.open(['replay', ...args], { columns: 200 });
      expect((await terminal.exit).code).toBe(code);
      const rows = terminal.screen().filter(row => row !== '');
      expect(rows).toEqual([expect.stringMatching(why)]);
      expect(terminal.alternate()).toBe(false);
    }
  });

  test('where the file is damaged: --recover shows what is left of it', async () => {
    const damaged = join(desk.folder, '..', 'damaged.kvmtop');
    copyFileSync(file, damaged);
    truncateSync(damaged, Math.floor((statSync(file).size * 0.6) / 8192) * 8192);
    const { code, stderr } = await desk.run(['dump', damaged]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^kvmtop: .* --recover\n$/);
    const terminal = desk.open(['replay', damaged, '--recover'], { columns: 120, rows: 42 });
    await terminal.waitFor(screen => /REPLAY/.test(screen[0] ?? '') && clockOf(screen) === '08:00:00', 20_000);
    terminal.press('q');
    expect((await terminal.exit).code).toBe(0);
    expect(terminal.screen().join('')).toMatch(/saved \d+ samples of .*damaged\.kvmtop\.recovered/);
  });
});
