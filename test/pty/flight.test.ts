import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import { openRecording } from '../../src/recording/read.ts';
import { noMount, testUnless } from '../lacks.ts';
import { clockOf, openDesk } from './kvmtop.ts';
import type { Terminal } from './terminal.ts';

const desk = openDesk();
afterEach(() => desk.tidy());
afterAll(() => desk.close());

const [home, end] = ['\x1b[H', '\x1b[F'];

/** The demo has no journal: what it records goes to where it is started. */
const openDemo = async (args: readonly string[] = [], cwd = join(desk.folder, '..')) => {
  const terminal = desk.open(['--demo', ...args], { columns: 120, rows: 40, cwd });
  await terminal.waitFor(/^q Quit/m, 20_000);
  return terminal;
};

const secondsOf = (clock: string): number => clock.split(':').reduce((sum, part) => sum * 60 + Number(part), 0);

/** Until the clock has gone on that often. */
const ticks = async (terminal: Terminal, count: number): Promise<void> => {
  for (let at = 0; at < count; at++) {
    const clock = clockOf(terminal.screen());
    await terminal.waitFor(screen => clockOf(screen) !== clock);
  }
};

/** Seconds that the header says the screen is back. */
const ago = (screen: readonly string[]): number => Number(/PAUSED (\d+)s AGO/.exec(screen[0] ?? '')?.[1] ?? Number.NaN);

const recordings = (folder: string): string[] =>
  readdirSync(folder)
    .filter(name => name.endsWith('.kvmtop'))
    .map(name => join(folder, name));

describe('looking back while live', () => {
  test('goes back by looks while collecting goes on, and comes back', async () => {
    const terminal = await openDemo(['-d', '0.5']);
    await ticks(terminal, 4);
    const before = clockOf(terminal.screen());
    terminal.press('[[[[');
    await terminal.waitFor(screen => ago(screen) >= 1 && /^\d\d:\d\d:\d\d|^\d{4}-/.test(screen.at(-2) ?? ''));
    const back = clockOf(terminal.screen());
    expect(secondsOf(back)).toBeLessThanOrEqual(secondsOf(before));
    // The newest moves away, what is shown does not.
    const first = ago(terminal.screen());
    await terminal.waitFor(screen => ago(screen) >= first + 3);
    expect(clockOf(terminal.screen())).toBe(back);
    terminal.press(' ');
    await terminal.waitFor(screen => /DEMO/.test(screen[0] ?? '') && secondsOf(clockOf(screen)) >= secondsOf(back) + 3);
    terminal.press(`[${home}`);
    await terminal.waitFor(screen => ago(screen) >= 4);
    expect(secondsOf(clockOf(terminal.screen()))).toBeLessThan(secondsOf(back));
    terminal.press(end);
    await terminal.waitFor(screen => /DEMO/.test(screen[0] ?? ''));
    // Step by step it comes back, too.
    terminal.press('[');
    await terminal.waitFor(/PAUSED/);
    terminal.press(']]]]]]]]]]]]');
    await terminal.waitFor(screen => /DEMO/.test(screen[0] ?? ''));
    // There is nothing after now.
    terminal.press(']');
    await ticks(terminal, 1);
    expect(terminal.screen()[0]).toContain('DEMO');
  });

  test('says why nothing can be changed from there', async () => {
    const terminal = await openDemo();
    await ticks(terminal, 2);
    terminal.press('[');
    await terminal.waitFor(/PAUSED/);
    terminal.press('b');
    await terminal.waitFor(screen => /now|past|back/i.test(screen.at(-4) ?? ''));
    expect(terminal.screen().at(-4)).toContain('Space');
    expect(desk.journal('balloon')).toEqual([]);
  });

  test('keeps no more than it was told to', async () => {
    const settings = join(desk.folder, '..', 'config.toml');
    writeFileSync(settings, '[flight]\nseconds = 10\nsize = "1M"\n');
    const terminal = await openDemo(['-d', '0.1', '--config', settings]);
    // Whole chains of samples go: some are older than ten seconds, none is much older.
    await ticks(terminal, 32);
    terminal.press(`[${home}`);
    await terminal.waitFor(screen => ago(screen) > 5);
    expect(ago(terminal.screen())).toBeLessThan(28);
  });
});

describe('R', () => {
  test('records with what was before it, tells how much, and ends', async () => {
    const terminal = await openDemo(['-d', '0.5']);
    await ticks(terminal, 4);
    terminal.press('R');
    await terminal.waitFor(/recording to .*\.kvmtop, with the \d+s before/);
    const [, seconds] = /REC (\d+)s \d+K/.exec((await terminal.waitFor(/REC \d+s \d+K/))[0] ?? '') ?? [];
    expect(Number(seconds)).toBeGreaterThanOrEqual(3);
    await ticks(terminal, 2);
    terminal.press('R');
    await terminal.waitFor(/recorded \d+s \(\d+[\d.]*K\) to/);
    expect(terminal.screen()[0]).not.toContain('REC');
    const [path] = recordings(join(desk.folder, '..'));
    const recording = openRecording(path ?? '');
    const { first, last } = recording;
    expect(recording.sample(last).time - recording.sample(first).time).toBeGreaterThan(5);
    expect(recording.sessions[0]?.ended).toBeGreaterThan(0);
    recording.close();
    rmSync(path ?? '');
  });

  test('leaves a file that can be read when the screen is killed', async () => {
    const terminal = await openDemo(['-d', '0.2']);
    await ticks(terminal, 2);
    terminal.press('R');
    await terminal.waitFor(/REC \d+s/);
    await ticks(terminal, 3);
    terminal.signal('SIGKILL');
    await terminal.exit;
    const [path] = recordings(join(desk.folder, '..'));
    const { code, stdout } = await desk.run(['dump', path ?? '', '--format', 'ndjson']);
    expect(code).toBe(0);
    const times = stdout
      .trimEnd()
      .split('\n')
      .map(line => Date.parse(JSON.parse(line).time));
    expect((times.at(-1) ?? 0) - (times[0] ?? 0)).toBeGreaterThan(3000);
  });

  testUnless(noMount, 'ends where the disk is full, says so, and the screen lives on', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'kvmtop-full-'));
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', folder]);
    // Full in some seconds.
    writeFileSync(join(folder, 'others'), Buffer.alloc(560 * 1024));
    try {
      const terminal = await openDemo(['-d', '0.1'], folder);
      await ticks(terminal, 1);
      terminal.press('R');
      await terminal.waitFor(/is full: the recording ends at .* free space and record again/, 40_000);
      expect(terminal.screen()[0]).not.toContain('REC');
      await ticks(terminal, 2);
      const [path] = recordings(folder);
      const recording = openRecording(path ?? '');
      expect(recording.last - recording.first).toBeGreaterThan(5);
      recording.close();
      // The way back is as always.
      terminal.press(`[${end}q`);
      expect(await terminal.exit).toEqual({ code: 0, signal: undefined });
    } finally {
      await desk.tidy();
      execFileSync('umount', [folder]);
      rmSync(folder, { recursive: true });
    }
  });
});
