import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { clockOf, guestIn, kvmtopWith, openDesk } from '../pty/kvmtop.ts';
import type { Terminal } from '../pty/terminal.ts';
import { until } from '../until.ts';
import { describeLab } from './describe.ts';
import { type Lab, startLab } from './lab.ts';
import { intervalOf, prefix, setInterval } from './oracle.ts';

describeLab('statistics polling', () => {
  let lab: Lab<'id' | 'noid' | 'odd'>;
  const desk = openDesk();
  beforeAll(async () => {
    lab = await startLab(['id', 'noid', 'odd'], prefix);
  });
  beforeEach(async () => {
    await setInterval(lab.guests.id, 0);
    await setInterval(lab.guests.noid, 0);
    // Somebody else's: never ours to change.
    await setInterval(lab.guests.odd, 7);
  });
  afterEach(() => desk.tidy());
  afterAll(async () => {
    await desk.close();
    await lab?.stop();
  });

  const intervals = (): Promise<number[]> =>
    Promise.all([lab.guests.id, lab.guests.noid, lab.guests.odd].map(intervalOf));
  const reach = (wanted: readonly number[]): Promise<void> =>
    until(`the intervals are ${wanted}`, 20_000, async () => (await intervals()).join() === wanted.join());

  /** Until statistics are on, and there is something to see. */
  const start = async (terminal: Terminal): Promise<void> => {
    await reach([2, 2, 7]);
    await terminal.waitFor(screen => /M$/.test(guestIn(screen, lab.guests.id.name)?.get('USED') ?? ''), 20_000);
  };

  describe('is switched on where it was off, and put back', () => {
    test.each([
      ['q', (terminal: Terminal) => terminal.press('q')],
      ['SIGTERM', (terminal: Terminal) => terminal.signal('SIGTERM')],
      ['SIGHUP', (terminal: Terminal) => terminal.signal('SIGHUP')],
      ['the terminal was closed', (terminal: Terminal) => terminal.hangUp()],
      // A shell that is hung up sends its jobs SIGHUP, and the kernel sends it to them again when the shell ends.
      [
        'SIGHUP came twice',
        (terminal: Terminal) => {
          terminal.signal('SIGHUP');
          setTimeout(() => terminal.signal('SIGHUP'), 5);
        },
      ],
    ])('after %s', async (_, end) => {
      const terminal = desk.open(['--tab', 'guests'], { rows: 60 });
      await start(terminal);
      end(terminal);
      await reach([0, 0, 7]);
      expect(await terminal.exit).toEqual({ code: 0, signal: undefined });
    });

    test('after the terminal of its shell was closed', async () => {
      const terminal = desk.open([], { command: 'bash', args: ['--norc', '--noprofile', '-i'], rows: 60 });
      await terminal.waitFor(/\$|#/);
      terminal.press(`${kvmtopWith('--tab', 'guests').join(' ')}\r`);
      await start(terminal);
      terminal.hangUp();
      await reach([0, 0, 7]);
    });
  });

  test('is in the journal, as kvmtop’s own', () => {
    const { id, noid } = lab.guests;
    const entries = desk.journal('polling');
    for (const guest of [id, noid]) {
      const values = entries
        .filter(({ steps }) => steps[0]?.name === guest.name)
        .map(({ by, outcome, steps }) => ({ by, outcome, arguments: steps[0]?.arguments }));
      // On and off in turns.
      expect(values.length).toBeGreaterThanOrEqual(2);
      expect(values).toMatchObject(
        values.map((_, at) => ({ by: 'itself', outcome: 'done', arguments: { value: at % 2 === 0 ? 2 : 0 } })),
      );
    }
    expect(entries.every(({ steps }) => steps[0]?.name !== lab.guests.odd.name)).toBe(true);
  });

  test('--read-only leaves it off', async () => {
    const { id } = lab.guests;
    const terminal = desk.open(['--read-only', '--tab', 'guests'], { rows: 60 });
    // Its monitor has answered, so it could have been switched on.
    await terminal.waitFor(screen => guestIn(screen, id.name)?.get('BALLOON') === '256M', 20_000);
    expect(terminal.screen()[0]).toContain('READ-ONLY');
    for (let at = 0; at < 3; at++) {
      const clock = clockOf(terminal.screen());
      await terminal.waitFor(screen => clockOf(screen) !== clock);
      expect(await intervals()).toEqual([0, 0, 7]);
    }
  });
});
