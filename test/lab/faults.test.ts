import { connect, type Socket } from 'node:net';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { clockOf, guestIn, openDesk, tableOf } from '../pty/kvmtop.ts';
import type { Terminal } from '../pty/terminal.ts';
import { describeLab } from './describe.ts';
import { type Guest, startGuest } from './lab.ts';
import { prefix } from './oracle.ts';

/** `4s`, `1m05` in seconds; NaN when it is unknown. */
const seconds = (shown: string | undefined): number => {
  const match = /^(?:(\d+)m)?(\d+)s?$/.exec(shown ?? '');
  return match ? Number(match[1] ?? 0) * 60 + Number(match[2]) : Number.NaN;
};

/** What is shown of a process that was stopped by a signal. */
const silent = /^(stopped|busy \d+s)$/;

describeLab('a guest in trouble', () => {
  const desk = openDesk();
  const guests = new Map<string, Guest>();
  const nameOf = (key: string): string => `${prefix}${key}`;
  beforeAll(async () => {
    const started = await Promise.all(
      ['well', 'stop', 'kill', 'hold'].map(
        async key => [key, await startGuest({ name: nameOf(key), memory: 128 })] as const,
      ),
    );
    for (const [key, guest] of started) guests.set(key, guest);
    await Promise.all(started.map(([, guest]) => guest.ready()));
  });
  const held: Socket[] = [];
  const release = (): void => {
    for (const socket of held.splice(0)) socket.destroy();
  };
  /** Takes the one place that the guest's QMP socket has, until `release`; resolves when QEMU has greeted us. */
  const occupy = (guest: Guest): Promise<void> =>
    new Promise((resolve, reject) => {
      const socket = connect(guest.qmpPath);
      held.push(socket);
      socket.once('error', reject);
      socket.once('data', () => resolve());
    });
  afterEach(async () => {
    release();
    guests.get('stop')?.signal('SIGCONT');
    await desk.tidy();
  });
  afterAll(async () => {
    await desk.close();
    await Promise.all([...guests.values()].map(guest => guest.stop()));
  });

  const guest = (key: string): Guest => guests.get(key) as Guest;
  const cell = (screen: readonly string[], key: string, title: string) => guestIn(screen, nameOf(key))?.get(title);
  const selected = (terminal: Terminal): (string | undefined)[] =>
    tableOf(terminal.screen())
      .map((row, at) => ({
        name: row.get('NAME'),
        y: at + 1 + terminal.screen().findIndex(one => one.startsWith('NAME')),
      }))
      .filter(({ y }) => terminal.cell(0, y).inverse)
      .map(({ name }) => name);

  /** For so many refreshes: each within 3 s of the last, the healthy guest fresh in all of them. */
  const expectLive = async (terminal: Terminal, count: number): Promise<void> => {
    for (let at = 0; at < count; at++) {
      const clock = clockOf(terminal.screen());
      const screen = await terminal.waitFor(
        now => clockOf(now) !== clock && now.some(row => row.startsWith('NAME')),
        3000,
      );
      expect({ state: cell(screen, 'well', 'STATE'), fresh: seconds(cell(screen, 'well', 'AGE')) <= 4 }).toEqual({
        state: 'running',
        fresh: true,
      });
    }
  };

  test('leaves the others live, its age is told, and it comes back', async () => {
    const terminal = desk.open(['--tab', 'guests']);
    await terminal.waitFor(/^q Quit/m, 20_000);
    terminal.press(`/${prefix}`);
    await terminal.waitFor(screen => (screen.at(-1) ?? '').startsWith(`filter ${prefix}_`));
    // By name, so that no row moves by itself: hold, kill, stop, well.
    terminal.press(`\r${'<'.repeat(9)}`);
    await terminal.waitFor(
      screen => ['well', 'stop', 'kill', 'hold'].every(key => seconds(cell(screen, key, 'AGE')) <= 3),
      30_000,
    );
    // To the first, then down to the third.
    terminal.press('\x1b[H');
    await terminal.waitFor(() => selected(terminal).join() === nameOf('hold'));
    terminal.press('jj');
    await terminal.waitFor(() => selected(terminal).join() === nameOf('stop'));

    await occupy(guest('hold'));
    guest('stop').signal('SIGSTOP');
    guest('kill').signal('SIGKILL');

    await terminal.waitFor(screen => cell(screen, 'kill', 'NAME') === undefined);
    await terminal.waitFor(screen => silent.test(cell(screen, 'stop', 'STATE') ?? ''));
    await terminal.waitFor(screen => /^busy/.test(cell(screen, 'hold', 'STATE') ?? ''));
    expect(selected(terminal)).toEqual([nameOf('stop')]);
    const ages = (): number[] => ['stop', 'hold'].map(key => seconds(cell(terminal.screen(), key, 'AGE')));
    const early = ages();
    await expectLive(terminal, 8);
    for (const [at, age] of ages().entries()) expect(age).toBeGreaterThanOrEqual((early[at] ?? Number.NaN) + 5);
    // The last that was known is still there, and how long nobody has answered.
    expect(cell(terminal.screen(), 'hold', 'BALLOON')).toBe('128M');
    expect(cell(terminal.screen(), 'hold', 'STATE')).toMatch(/^busy \d+s$/);
    expect(cell(terminal.screen(), 'stop', 'STATE')).toMatch(silent);
    expect(selected(terminal)).toEqual([nameOf('stop')]);

    release();
    guest('stop').signal('SIGCONT');
    // A busy monitor is asked less and less often, so it takes about as long to return as it was gone.
    for (const key of ['stop', 'hold'])
      await terminal.waitFor(
        screen => cell(screen, key, 'STATE') === 'running' && seconds(cell(screen, key, 'AGE')) <= 4,
        15_000,
      );
    await expectLive(terminal, 1);
    expect(selected(terminal)).toEqual([nameOf('stop')]);
  });

  test('does not hold up leaving: what can’t be put back is left, soon', async () => {
    const terminal = desk.open(['--tab', 'guests']);
    await terminal.waitFor(screen => cell(screen, 'well', 'STATE') === 'running', 20_000);
    await occupy(guest('hold'));
    await terminal.waitFor(screen => /^busy/.test(cell(screen, 'hold', 'STATE') ?? ''));
    const started = Date.now();
    terminal.press('q');
    expect(await terminal.exit).toEqual({ code: 0, signal: undefined });
    expect(Date.now() - started).toBeLessThan(8000);
  });
});
