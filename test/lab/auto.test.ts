import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { kvmtopWith, openDesk } from '../pty/kvmtop.ts';
import { until } from '../until.ts';
import { describeLab } from './describe.ts';
import { borrowHost, type Cell, type Guest, holdMemory, openCell, startGuest } from './lab.ts';
import { balloonOf, countOf, insideOf, kilobytes, knob, mib, prefix, setInterval } from './oracle.ts';

const GiB = 1024 * mib;
/** Around the host's line on either side: others work on this machine, too. Bytes. */
const leeway = 1.25 * GiB;
/** Of the guests, MiB; and of what they used once and do not use any more, so that the host holds it. */
const size = 384;
const usedOnce = 200;
/** The guard rails' margin, for guests this small. Bytes. */
const margin = 32 * mib;

const available = (): number => kilobytes('/proc/meminfo').get('MemAvailable') ?? 0;
const total = kilobytes('/proc/meminfo').get('MemTotal') ?? 0;

/** Room is needed for a ballast that makes the host tight, and is not really in anybody's way. */
const whyTooSmall = (): string | undefined =>
  available() < 10 * GiB ? 'less than 10 GiB are available: no room for a ballast' : undefined;

/** With the privileges that packaging/kvmtop-auto.service leaves it. */
const confined = ['--bounding-set', '-all,+sys_ptrace,+dac_read_search,+dac_override', '--no-new-privs'];

/** `kvmtop auto`, as systemd starts it. */
interface Pilot {
  readonly told: () => string;
  /** Resolves once a line of it matches. */
  readonly tells: (line: RegExp, limit?: number) => Promise<void>;
  /** Its status after SIGTERM. */
  readonly end: () => Promise<number | null>;
}

describeLab(
  'a policy on real guests',
  () => {
    const desk = openDesk();
    const folder = mkdtempSync(join(tmpdir(), 'kvmtop-auto-'));
    const config = join(folder, 'config.toml');
    const tape = join(folder, 'host.kvmtop');
    const env = { ...process.env, XDG_STATE_HOME: dirname(desk.folder), TZ: 'UTC', LC_ALL: 'C.UTF-8' };
    const children: ChildProcess[] = [];
    const started: Guest[] = [];
    const loans: (() => Promise<void>)[] = [];
    let idle: readonly [Guest, Guest];
    let busy: Guest;
    let driverless: Guest;
    /** All guests are in it. */
    let cell: Cell;
    /** Bytes. */
    let ballast: number;
    let leastAvailable = Number.POSITIVE_INFINITY;

    const start = (by: readonly string[], ...args: string[]): ChildProcess => {
      // Whatever becomes of this test, no policy goes on acting.
      const words = ['--pdeathsig', 'KILL', ...by, ...kvmtopWith(...args, '--config', config, '-d', '1')];
      const child = spawn('setpriv', words, { env, stdio: ['ignore', 'pipe', 'pipe'] });
      children.push(child);
      return child;
    };
    const fly = (...args: string[]): Pilot => {
      const child = start(confined, 'auto', '-p', started.map(({ pid }) => pid).join(','), ...args);
      const exit = once(child, 'exit') as Promise<[number | null]>;
      let told = '';
      for (const stream of [child.stdout, child.stderr])
        stream?.setEncoding('utf8').on('data', text => {
          told += text;
        });
      return {
        told: () => told,
        tells: (line, limit = 60_000) =>
          until(`it tells ${line}`, limit, () => {
            leastAvailable = Math.min(leastAvailable, available());
            if (child.exitCode !== null) throw new Error(`kvmtop auto ended: ${told}`);
            return line.test(told);
          }).catch(error => {
            throw new Error(`${error}; it told:\n${told}`);
          }),
        async end() {
          child.kill('SIGTERM');
          return (await exit)[0];
        },
      };
    };

    const sizes = (): Promise<number[]> => Promise.all([...idle, busy].map(balloonOf));
    const inGuest = async (guest: Guest, name: string): Promise<number> =>
      Number(new RegExp(`^${name}:? +(\\d+)`, 'm').exec(await guest.run('cat /proc/meminfo /proc/vmstat'))?.[1]);
    const fill = (guest: Guest, file: string, megabytes: number): Promise<string> =>
      guest.run(`dd if=/dev/zero of=/mem/${file} bs=1M count=${megabytes}`);
    const pswpout = (): number => countOf('/proc/vmstat', 'pswpout');
    /** Bytes of all guests. */
    const ofGuests = (name: string): number =>
      started.reduce((sum, { pid }) => sum + (kilobytes(`/proc/${pid}/status`).get(name) ?? Number.NaN), 0);

    /** Bytes beyond what it uses that a guest is left with where nobody watches it; the report's noise taken off. */
    const isSafe = async (guest: Guest): Promise<boolean> => {
      const used = (await insideOf(guest))?.used ?? Number.NaN;
      return (await balloonOf(guest)) >= Math.min(guest.size, 1.25 * used + 2 * margin) - 8 * mib;
    };

    beforeAll(async () => {
      const room = available();
      // Once the ballast is gone there must be 1.5 reserves and some; with it, less than one.
      const percent = Math.floor(((room - leeway) / 1.5 / total) * 100);
      const reserve = (percent / 100) * total;
      ballast = room - reserve + leeway;
      writeFileSync(
        config,
        `[policy]\nreserve_percent = ${percent}\n[balloon]\nfloor_margin = '${margin / mib}M'\n[statistics]\npolling_seconds = 1\n`,
      );
      // KSM is fast already, and earns something, so that the policy leaves it to whoever has it.
      // And it has a swap file: that nobody is swapped out is no wonder without one.
      loans.push(await borrowHost({ ksm: true, swap: 512 }));
      cell = await openCell(4096, { swap: true });
      loans.push(cell.close);
      const options = [
        { name: `${prefix}idle-1`, memory: size },
        { name: `${prefix}idle-2`, memory: size },
        { name: `${prefix}busy`, memory: size },
        { name: `${prefix}nodriver`, memory: 128, balloon: 'nodriver', merge: true },
      ] as const;
      started.push(...(await Promise.all(options.map(option => startGuest({ ...option, cell: cell.folder })))));
      await Promise.all(started.map(guest => guest.ready()));
      const [one, two, three, four] = started as [Guest, Guest, Guest, Guest];
      idle = [one, two];
      busy = three;
      driverless = four;
      await Promise.all(started.slice(0, 3).map(guest => setInterval(guest, 1)));
      await until('KSM has merged something', 60_000, () => knob('/sys/kernel/mm/ksm/pages_sharing') > 2000);
      await Promise.all(
        idle.map(async guest => {
          await fill(guest, 'a', usedOnce);
          await guest.run('rm /mem/a');
        }),
      );
    });
    afterAll(async () => {
      for (const child of children) child.kill('SIGKILL');
      await Promise.all(started.map(guest => guest.stop()));
      for (const giveBack of loans.reverse()) await giveBack();
      await desk.close();
      rmSync(folder, { recursive: true });
      console.info(`least MemAvailable of the host: ${Math.round(leastAvailable / mib)} MiB`);
    });

    test('in act a guest in need gets memory at once, and a second pilot is refused', async () => {
      start([], 'record', tape);
      // It has little left: what it uses, and a few MiB.
      await busy.qmp('balloon', { value: 224 * mib });
      await until('the balloon is there', 30_000, async () => (await balloonOf(busy)) === 224 * mib);
      await fill(busy, 'work', Math.floor((await inGuest(busy, 'MemAvailable')) / 1024) - 14);

      const pilot = fly('--act');
      await pilot.tells(new RegExp(`kvmtop asked: ${busy.name}: Grow .* and is in need of memory; `));
      const second = await desk.run(['auto', '--act']);
      expect(second).toMatchObject({
        code: 3,
        stderr: expect.stringMatching(/another kvmtop \(process \d+\) lets a policy act/),
      });
      await until('it has more', 30_000, async () => (await balloonOf(busy)) >= 320 * mib);
      // What it got is there for it.
      await fill(busy, 'more', 40);
      expect(await pilot.end()).toBe(0);
      expect(await inGuest(busy, 'oom_kill')).toBe(0);
    });

    test('in shadow it says what it would do, and does nothing', async () => {
      loans.push(await holdMemory(ballast));
      const before = await sizes();
      const asked = desk.journal('balloon').length;
      const pilot = fly('--shadow');
      for (const { name } of idle)
        await pilot.tells(new RegExp(`kvmtop would: ${name}: Shrink ${name} from .* it uses `));
      await pilot.tells(new RegExp(`kvmtop skipped: ${driverless.name}: nobody asks for its statistics`));
      expect(await pilot.end()).toBe(0);
      expect(pilot.told()).toMatch(/kvmtop started: host: in shadow: nothing is changed\n/);
      expect(pilot.told()).toMatch(/kvmtop ended: host: [^\n]*\n$/);
      expect(pilot.told()).not.toContain('asked');
      expect(await sizes()).toEqual(before);
      expect(desk.journal('balloon')).toHaveLength(asked);
    });

    test('on a tight host idle guests give, the busy one keeps, one that hangs is left out, and the end is safe', async () => {
      const [swapped, held] = [pswpout(), ofGuests('RssAnon')];
      const pilot = fly('--act');
      for (const { name } of idle) await pilot.tells(new RegExp(`kvmtop asked: ${name}: Shrink ${name} from `));
      await until('the idle have given', 60_000, async () => {
        leastAvailable = Math.min(leastAvailable, available());
        return (await sizes()).slice(0, 2).every(bytes => bytes <= (size - 120) * mib);
      });
      // Less than they had before: but for the balloons the kernel would have to swap them out now.
      cell.resize(Math.floor(held / mib) - 120);
      const [hung] = idle;
      hung.signal('SIGSTOP');
      try {
        await pilot.tells(new RegExp(`kvmtop skipped: ${hung.name}: `));
      } finally {
        hung.signal('SIGCONT');
      }
      await until('it answers again', 30_000, async () => (await balloonOf(hung)) > 0);
      expect(await pilot.end()).toBe(0);
      // It gave what was idle, no more; and nobody watches it now.
      await until('all are safe', 30_000, async () =>
        (await Promise.all([...idle, busy].map(isSafe))).every(safe => safe),
      );
      console.info(`balloons at the end, MiB: ${(await sizes()).map(bytes => Math.round(bytes / mib)).join(', ')}`);
      for (const guest of [...idle, busy]) {
        expect(await inGuest(guest, 'oom_kill'), guest.name).toBe(0);
        expect(await balloonOf(guest), guest.name).toBeGreaterThanOrEqual((size / 4) * mib);
      }
      expect(await inGuest(busy, 'MemAvailable')).toBeGreaterThan(24 * 1024);
      expect(pswpout() - swapped).toBeLessThan(1024);
      expect(ofGuests('VmSwap')).toBe(0);
      cell.resize(4096);
      expect(await balloonOf(driverless)).toBe(128 * mib);
      expect(desk.journal('balloon').every(({ by, outcome }) => by === 'policy' && outcome === 'done')).toBe(true);
    });

    test('when there is room again, all go back to their full size', async () => {
      const pilot = fly('--act');
      await pilot.tells(/kvmtop started: host: it acts/);
      await loans.pop()?.();
      await until('all have their full size', 150_000, async () =>
        (await sizes()).every(bytes => bytes === size * mib),
      ).catch(error => {
        throw new Error(`${error}; it told:\n${pilot.told()}`);
      });
      expect(await pilot.end()).toBe(0);
      expect(pilot.told()).toMatch(/it gets back what it had/);
      expect(await inGuest(busy, 'oom_kill')).toBe(0);
    }, 240_000);

    test('a recording tells what it did, and why', async () => {
      const recorder = children.find(({ spawnargs }) => spawnargs.includes('record'))!;
      const exit = once(recorder, 'exit');
      recorder.kill('SIGTERM');
      await exit;
      const terminal = desk.open(['replay', tape, '--tab', 'advisor'], { columns: 200, rows: 60 });
      await terminal.waitFor(/^q Quit/m, 20_000);
      expect(terminal.screen().join('\n')).not.toMatch(/asked .* Grow /);
      terminal.press('\x1b[F');
      await terminal.waitFor(/asked .* Grow .* it gets back what it had/, 20_000);
      terminal.press('J');
      await terminal.waitFor(/policy {2}done .* Grow /, 20_000);
      await terminal.waitFor(/^why {3}.* of the host are available/m);
      const html = join(folder, 'report.html');
      expect(await desk.run(['report', tape, '-o', html])).toMatchObject({ code: 0 });
      expect(/is in need of memory/.test(readFileSync(html, 'utf8'))).toBe(true);
      // KSM was left to whoever runs it.
      expect(desk.journal('ksm')).toEqual([]);
    });
  },
  whyTooSmall,
);
