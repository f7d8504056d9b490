import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { tabs, tabTable } from '../../src/store/tabs.ts';
import { clockOf, guestIn, openDesk } from '../pty/kvmtop.ts';
import type { Terminal } from '../pty/terminal.ts';
import { until } from '../until.ts';
import { describeLab } from './describe.ts';
import { borrowHost, type Guest, startGuest } from './lab.ts';
import { balloonOf, merged, mib, prefix } from './oracle.ts';

const [columns, rows] = [120, 40];
const tabKeys = tabs.map(tab => tabTable[tab].key);

/** What an operator saw: a tab, and the whole screen with the clock in its header. */
interface Frame {
  readonly tab: string;
  readonly clock: string;
  readonly screen: readonly string[];
}

/**
 * A row but for what tells how the program runs: clock and badges at the right of the header; which policy runs, or which
 * key begins one, and which guests are not for it, since in a replay none runs.
 */
const within = (text = '', row: number): string =>
  text.replace(row === 0 ? / +(\d{4}-\d\d-\d\d )?\d\d:\d\d:\d\d.*/ : /^Policy ─+ .*$/, '').replace(/\b\* /, '  ');

/** Whether nothing is told in the row above the footer. */
const isPlain = (screen: readonly string[], footer: number): boolean =>
  /^q Quit/.test(screen[footer] ?? '') && !/recording to|recorded|balloon|Balloon|asked/.test(screen[footer - 1] ?? '');

describeLab('what was seen live', () => {
  const guests: Guest[] = [];
  const desk = openDesk();
  const settings = join(desk.folder, '..', 'config.toml');
  let giveBack: (() => Promise<void>) | undefined;
  beforeAll(async () => {
    // Messages take a row from what is compared.
    // No host has all of its memory available: so there is something to find.
    writeFileSync(settings, 'message_seconds = 1\n[thresholds]\navailable_low_percent = 100\n');
    const options = [
      { name: 'web', memory: 256 },
      { name: 'twin-a', fill: 32, merge: true },
      { name: 'twin-b', fill: 32, merge: true },
      { name: 'gone', memory: 96, load: 4 },
      { name: 'we b\x1b[31mX', memory: 96 },
    ];
    guests.push(...(await Promise.all(options.map(one => startGuest({ ...one, name: prefix + one.name })))));
    await Promise.all(guests.map(guest => guest.ready()));
  });
  afterAll(async () => {
    await desk.close();
    await Promise.all(guests.map(guest => guest.stop()));
    await giveBack?.();
  });

  const seen = async (live: Terminal, tab: string): Promise<Frame> => {
    live.press(tab);
    // What was on its way may still show the tab before.
    let before = clockOf(live.screen());
    await live.waitFor(screen => clockOf(screen) !== before);
    before = clockOf(live.screen());
    const screen = await live.settles(now => clockOf(now) !== before && isPlain(now, rows - 1), 20_000);
    return { tab, clock: clockOf(screen), screen };
  };

  test('is what a replay shows of the same moments', async () => {
    const [web, twin, , gone] = guests as [Guest, Guest, Guest, Guest];
    const live = desk.open(['--config', settings], { columns, rows });
    await live.waitFor(screen => guestIn(screen, web.name) !== undefined, 20_000);
    const frames: Frame[] = [];
    // So that there is something before the key.
    for (const tab of ['1', '6', '1']) frames.push(await seen(live, tab));
    live.press('R');
    await live.waitFor('REC ', 20_000);
    for (const tab of tabKeys) frames.push(await seen(live, tab));

    const size = 208 * mib;
    expect((await desk.run(['do', 'balloon', web.name, '208M', '--yes'])).code).toBe(0);
    giveBack = await borrowHost({ ksm: true });
    for (const tab of ['2', 'J', '4', '6']) frames.push(await seen(live, tab));
    await until('the balloon has moved', 30_000, async () => (await balloonOf(web)) === size);
    await until('pages are merged', 60_000, () => merged(twin) > 16 * mib);
    await gone.stop();
    await live.waitFor(screen => guestIn(screen, gone.name) === undefined, 20_000);
    for (const tab of tabKeys) frames.push(await seen(live, tab));
    live.press('R');
    await live.waitFor(screen => !/REC /.test(screen[0] ?? ''), 20_000);
    live.press('q');
    await live.exit;
    // There was something to see.
    const all = frames.map(({ screen }) => screen.join('\n'));
    for (const what of [`Shrink ${web.name} from 256 MiB to 208 MiB`, /VAdvisor \d/, /pages shared [1-9]/])
      expect(all.some(text => (typeof what === 'string' ? text.includes(what) : what.test(text)))).toBe(true);

    const file = readdirSync(desk.folder).find(name => name.endsWith('.kvmtop')) ?? 'none';
    const replay = desk.open(['replay', join(desk.folder, file), '--config', settings], { columns, rows: rows + 2 });
    await replay.waitFor(/REPLAY/, 20_000);
    const wrong: string[] = [];
    for (const { tab, clock, screen } of frames) {
      replay.press(`${tab}t`);
      await replay.waitFor('Go to');
      replay.press(clock);
      await replay.waitFor(clock);
      replay.press('\r');
      await replay.settles(now => clockOf(now) === clock && isPlain(now, rows - 1));
      const now = replay.screen();
      for (let row = 0; row < rows - 1; row++)
        if (within(now[row], row) !== within(screen[row], row))
          wrong.push(`${tab} ${clock} ${row}:\n${screen[row]}\n${now[row]}`);
    }
    expect(wrong).toEqual([]);
  });
});
