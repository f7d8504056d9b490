import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import { clockOf, guestIn, kvmtopWith, openDesk } from '../pty/kvmtop.ts';
import type { Terminal } from '../pty/terminal.ts';
import { until } from '../until.ts';
import { describeLab } from './describe.ts';
import { type Guest, type Lab, startLab } from './lab.ts';
import { balloonOf, insideOf, isShown, merged, mib, type Numbers, numbersOf, prefix } from './oracle.ts';

/** What an operator reads of a guest's name. */
const shownName = (guest: Guest): string => guest.name.replaceAll('\x1b', '�');

/** Lists only the guests whose name begins so. */
const filter = async (terminal: Terminal, text: string): Promise<void> => {
  await terminal.waitFor(/^q Quit/m, 20_000);
  terminal.press(`/${text}`);
  await terminal.waitFor(screen => (screen.at(-1) ?? '').startsWith(`filter ${text}_`));
  terminal.press('\r');
  await terminal.waitFor(/^q Quit/m);
};

/** Until the screen has been drawn anew that often: what was to come has come. */
const refreshes = async (terminal: Terminal, count: number): Promise<void> => {
  for (let at = 0; at < count; at++) {
    const clock = clockOf(terminal.screen());
    await terminal.waitFor(screen => clockOf(screen) !== clock);
  }
};

describeLab('the live screen on real guests', () => {
  let lab: Lab;
  const desk = openDesk();
  beforeAll(async () => {
    lab = await startLab(undefined, prefix);
  });
  afterEach(() => desk.tidy());
  afterAll(async () => {
    await desk.close();
    await lab?.stop();
  });

  /** What is shown of a guest and not true; tolerances in bytes. */
  const untrue = (terminal: Terminal, guest: Guest, before: Numbers, after: Numbers): string[] => {
    const row = guestIn(terminal.screen(), shownName(guest));
    const check = (title: string, key: keyof Numbers, slack: number): string[] =>
      isShown(row?.get(title), before[key], after[key], slack)
        ? []
        : [`${guest.name} ${title}: ${row?.get(title)} is not ${before[key]} or ${after[key]}`];
    return [
      ...check('SIZE', 'size', 0),
      ...check('BALLOON', 'balloon', 0),
      // Shown is the report before: they come every two seconds, and a guest at rest moves by a page or two.
      ...check('USED', 'used', 512 * 1024),
      // An emulator at work allocates; KSM goes on merging.
      ...check('HELD', 'held', 2 * mib),
      ...(row?.has('KSM') ? check('KSM', 'ksm', 2 * mib) : []),
    ];
  };

  test.each([
    [80, 24, 'guests'],
    [200, 60, 'overview'],
    // What KSM merged has its column where it is about that.
    [120, 40, 'sharing'],
  ])('every number at %ix%i is what QEMU and /proc say at the same moment', async (columns, rows, tab) => {
    const guests = Object.values(lab.guests);
    const { twinA } = lab.guests;
    await until('the twins share pages', 60_000, () => merged(twinA) > 40 * mib);
    const terminal = desk.open(['--tab', tab], { columns, rows });
    await filter(terminal, prefix);
    for (const guest of guests) await terminal.waitFor(screen => guestIn(screen, shownName(guest)) !== undefined);
    expect(terminal.screen()[1]).toMatch(new RegExp(`(^|\\D)${guests.length}( of \\d+)?( guests|$)`));

    await vi.waitFor(
      async () => {
        const before = await Promise.all(guests.map(numbersOf));
        await refreshes(terminal, 1);
        const after = await Promise.all(guests.map(numbersOf));
        const wrong = guests.flatMap((guest, at) => untrue(terminal, guest, before[at]!, after[at]!));
        expect(wrong).toEqual([]);
      },
      { timeout: 30_000 },
    );

    expect(guestIn(terminal.screen(), shownName(twinA))?.has('KSM')).toBe(tab === 'sharing');
    const cell = (guest: Guest, title: string) => guestIn(terminal.screen(), shownName(guest))?.get(title);
    const { bare, nodriver, paused, hugetlb, id, odd } = lab.guests;
    // Unknown is not 0 …
    expect([cell(bare, 'BALLOON'), cell(bare, 'USED'), cell(bare, 'AGE')]).toEqual(['–', '–', '–']);
    expect([cell(nodriver, 'BALLOON'), cell(nodriver, 'USED')]).toEqual(['128M', '–']);
    // … and known is known: 0 would be a number too.
    expect(cell(id, 'USED')).toMatch(/^\d+(\.\d+)?M$/);
    expect([cell(id, 'STATE'), cell(paused, 'STATE')]).toEqual(['running', 'paused']);
    expect(isShown(cell(hugetlb, 'HELD'), 128 * mib, 300 * mib)).toBe(true);
    expect(cell(odd, 'SIZE')).toBe('128M');
    // The name's own sequence would have turned the rest red.
    expect(terminal.raw()).not.toContain('\x1b[31m');
  });

  test('b shrinks the guest, u gives it back, what is unsafe is not done, and the journal tells it', async () => {
    const { id } = lab.guests;
    const before = desk.journal('balloon').length;
    const terminal = desk.open(['--tab', 'guests']);
    await filter(terminal, id.name);
    await terminal.waitFor(screen => guestIn(screen, id.name)?.get('USED')?.endsWith('M') ?? false, 20_000);
    const arrives = async (size: number) => {
      await until(`the balloon is at ${size / mib} MiB`, 30_000, async () => (await balloonOf(id)) === size);
      await terminal.waitFor(`balloon arrived at ${size / mib} MiB`, 20_000);
      await terminal.waitFor(screen => guestIn(screen, id.name)?.get('BALLOON') === `${size / mib}M`);
    };

    terminal.press('b');
    await terminal.waitFor(`Balloon ${id.name}: now 256 MiB, safe down to`);
    terminal.press('208M');
    await terminal.waitFor(`Shrink ${id.name} from 256 MiB to 208 MiB`);
    expect(await balloonOf(id)).toBe(256 * mib);
    terminal.press('\r');
    await terminal.waitFor('Do it?');
    terminal.press('y');
    await arrives(208 * mib);

    terminal.press('u');
    await terminal.waitFor(`Grow ${id.name} from 208 MiB to 256 MiB`);
    terminal.press('y');
    await arrives(256 * mib);
    const step = (bytes: number) => [{ name: id.name, command: 'balloon', arguments: { value: bytes } }];
    expect(desk.journal('balloon').slice(before)).toMatchObject([
      { by: 'key', forced: false, outcome: 'done', steps: step(208 * mib) },
      { by: 'key', forced: false, outcome: 'done', steps: step(256 * mib) },
    ]);

    terminal.press('b');
    await terminal.waitFor('safe down to');
    terminal.press('20M');
    await terminal.waitFor(/Refused: unsafe: leaves 0 B of \d+ MiB available inside: minimum \d+ MiB/);
    terminal.press('\r');
    await terminal.waitFor(`type ${id.name} and press Enter`);
    terminal.press('y\r');
    await refreshes(terminal, 2);
    terminal.press('\x1b');
    await terminal.waitFor(/^q Quit/m);
    expect(await balloonOf(id)).toBe(256 * mib);
    expect(desk.journal('balloon').length).toBe(before + 2);

    // A little below the floor, which is the larger of a quarter and what it uses and 128 MiB more: it survives that.
    const { used } = (await insideOf(id)) ?? { used: Number.NaN };
    const below = Math.floor(Math.max(64 * mib, used + 128 * mib) / mib) - 4;
    terminal.press('b');
    await terminal.waitFor('safe down to');
    terminal.press(`${below}M\r`);
    await terminal.waitFor(`type ${id.name} and press Enter`);
    terminal.press(`${id.name}\r`);
    await arrives(below * mib);
    expect(desk.journal('balloon').at(-1)).toMatchObject({ forced: true, outcome: 'done', steps: step(below * mib) });
    expect(await id.run('echo alive')).toContain('alive');
    terminal.press('u');
    await terminal.waitFor('Do it?');
    terminal.press('y');
    await arrives(256 * mib);
  });

  test('a host without guests says so, and what to do', async () => {
    // A process namespace of its own has no QEMU in it.
    const terminal = desk.open([], {
      command: 'unshare',
      args: ['--pid', '--fork', '--mount-proc', ...kvmtopWith()],
    });
    await terminal.waitFor('No guests are running', 20_000);
    expect(terminal.screen().join('\n')).toContain('kvmtop --demo');
  });
});
