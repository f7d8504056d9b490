import { readFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { Libvirt } from '../../src/collect/guests/monitors/libvirt/libvirt.ts';
import { Connection } from '../../src/collect/guests/monitors/libvirt/rpc/connection.ts';
import { XdrWriter } from '../../src/collect/guests/monitors/libvirt/rpc/xdr.ts';
import { clockOf, guestIn, openDesk } from '../pty/kvmtop.ts';
import { until } from '../until.ts';
import { describeLab } from './describe.ts';
import { type Guest, startGuest } from './lab.ts';
import { type Domain, type LabLibvirt, startLibvirt, whyNoLibvirt } from './libvirt.ts';
import { mib, prefix } from './oracle.ts';

describeLab(
  'guests of a real libvirtd',
  () => {
    const desk = openDesk();
    let libvirt: LabLibvirt;
    let plain: Guest;
    const domains = {} as Record<'a' | 'b' | 'bare' | 'silent', Domain>;
    beforeAll(async () => {
      libvirt = await startLibvirt();
      const create = async (key: keyof typeof domains, memory: number, more: object) => {
        domains[key] = await libvirt.create({ name: `${prefix}lv-${key}`, memory, ...more });
      };
      await Promise.all([
        create('a', 256, { period: 1 }),
        create('b', 192, {}),
        create('bare', 128, { balloon: 'none' }),
        create('silent', 128, { balloon: 'nodriver', period: 1 }),
        startGuest({ name: `${prefix}plain`, memory: 128 }).then(guest => {
          plain = guest;
        }),
      ]);
    });
    afterEach(() => desk.tidy());
    afterAll(async () => {
      await desk.close();
      await plain?.stop();
      await libvirt?.stop();
    });

    const kvmtop = (...words: string[]) => desk.run([...words, '-c', libvirt.uri]);
    const currentOf = async (domain: Domain): Promise<number> => ((await domain.stats()).get('current') ?? 0) * 1024;

    interface Row {
      /** Of the snapshot, seconds since 1970. */
      readonly time: number;
      readonly name: string;
      readonly monitor: string;
      readonly state: string;
      readonly manager?: string;
      readonly [field: string]: unknown;
    }
    const snapshot = async (...words: string[]): Promise<ReadonlyMap<string, Row>> => {
      const { stdout } = await kvmtop('snapshot', '--json', ...words);
      const { time, guests }: { time: string; guests: Row[] } = JSON.parse(stdout);
      return new Map(guests.map(guest => [guest.name, { ...guest, time: Date.parse(time) / 1000 }]));
    };

    test('are shown with what libvirt says of them, beside a plain QEMU', async () => {
      const { a, b, bare, silent } = domains;
      const before = await a.stats();
      const rows = await snapshot();
      const after = await a.stats();
      const row = rows.get(a.name);
      expect(row).toMatchObject({
        monitor: 'ok',
        state: 'running',
        mem_size: 256 * mib,
        balloon_actual: 256 * mib,
        guest_total: (before.get('available') ?? 0) * 1024,
        stats_interval: 1,
      });
      const free = [before, after].map(stats => (stats.get('unused') ?? 0) * 1024);
      expect(row?.['guest_free']).toBeGreaterThanOrEqual(Math.min(...free) - 2 * mib);
      expect(row?.['guest_free']).toBeLessThanOrEqual(Math.max(...free) + 2 * mib);
      // However seldom a slow guest reports: it is as old as libvirt has it, which tells whole seconds.
      const reported = (row?.time ?? Number.NaN) - Number(row?.['stats_age']);
      expect(reported).toBeGreaterThanOrEqual((before.get('last-update') ?? Number.NaN) - 1);
      expect(reported).toBeLessThanOrEqual((after.get('last-update') ?? Number.NaN) + 1);
      expect(rows.get(b.name)).toMatchObject({ monitor: 'ok', balloon_actual: 192 * mib, stats_interval: 0 });
      // Unknown is not 0, though libvirt gives a size for a guest that has no balloon.
      expect(rows.get(bare.name)).toMatchObject({ monitor: 'ok', mem_size: 128 * mib });
      expect(rows.get(bare.name)).not.toHaveProperty('balloon_actual');
      expect(rows.get(silent.name)).toMatchObject({ balloon_actual: 128 * mib });
      expect(rows.get(silent.name)).not.toHaveProperty('guest_total');
      expect(rows.get(plain.name)).toMatchObject({ monitor: 'ok', balloon_actual: 128 * mib });
    });

    test('of a libvirt that is not asked are seen from outside, with the reason and what to do', async () => {
      const { stdout } = await desk.run(['snapshot', '--json', '-c', 'qemu+unix:///system?socket=/nowhere']);
      const { guests, problems } = JSON.parse(stdout);
      const row = guests.find(({ name }: Row) => name === domains.a.name);
      expect(row).toMatchObject({ monitor: 'libvirt', mem_size: 256 * mib });
      expect(row.rss).toBeGreaterThan(mib);
      expect(problems).toContainEqual({ source: 'libvirt', message: expect.stringMatching(/start libvirtd.*-c URI/) });
    });

    test('do balloon moves them, refuses what is unsafe, and changes nothing on a dry run', async () => {
      const { a, silent } = domains;
      const dry = await kvmtop('do', 'balloon', a.name, '208M', '--dry-run');
      expect(dry.stdout).toContain(`virsh setmem ${a.uuid} ${208 * 1024} --live`);
      expect(dry.code).toBe(0);
      expect((await kvmtop('do', 'balloon', a.name, '20M', '--yes')).code).toBe(3);
      expect((await kvmtop('do', 'balloon', silent.name, '100M', '--yes')).stderr).toMatch(/never reported/);
      expect(await currentOf(a)).toBe(256 * mib);
      const done = await kvmtop('do', 'balloon', a.name, '208M', '--yes');
      expect([done.stderr, done.code]).toEqual(['', 0]);
      expect(await currentOf(a)).toBe(208 * mib);
      expect((await kvmtop('do', 'balloon', a.name, 'max', '--yes')).code).toBe(0);
      expect(await currentOf(a)).toBe(256 * mib);
    });

    test('b and u move them by key, and the journal tells the virsh commands', async () => {
      const { a } = domains;
      const before = desk.journal('balloon').length;
      const terminal = desk.open(['-c', libvirt.uri, '--tab', 'guests', '-p', a.name]);
      await terminal.waitFor(screen => guestIn(screen, a.name)?.get('USED')?.endsWith('M') ?? false, 20_000);
      terminal.press('b');
      await terminal.waitFor(`Balloon ${a.name}: now 256 MiB, safe down to`);
      terminal.press('216M');
      await terminal.waitFor(`Shrink ${a.name} from 256 MiB to 216 MiB`);
      terminal.press('\r');
      await terminal.waitFor('Do it?');
      terminal.press('y');
      await terminal.waitFor('balloon arrived at 216 MiB', 30_000);
      expect(await currentOf(a)).toBe(216 * mib);
      terminal.press('u');
      await terminal.waitFor(`Grow ${a.name} from 216 MiB to 256 MiB`);
      terminal.press('y');
      await terminal.waitFor('balloon arrived at 256 MiB', 30_000);
      expect(await currentOf(a)).toBe(256 * mib);
      const step = (size: number) => [
        { kind: 'virsh', name: a.name, words: ['setmem', a.uuid, String(size * 1024), '--live'] },
      ];
      expect(desk.journal('balloon').slice(before)).toMatchObject([
        { by: 'key', outcome: 'done', steps: step(216) },
        { by: 'key', outcome: 'done', steps: step(256) },
      ]);
    });

    test('statistics that were off are on while kvmtop looks, and off again when it leaves', async () => {
      const { a, b } = domains;
      await b.setPeriod(0);
      const terminal = desk.open(['-c', libvirt.uri]);
      await until('libvirt asks for statistics', 30_000, async () => (await b.period()) === 2);
      // Where somebody had set it, it stays.
      expect(await a.period()).toBe(1);
      terminal.press('q');
      await terminal.exit;
      expect(await b.period()).toBe(0);
    });

    test('one whose QEMU is stopped leaves the others fresh and the screen at work', async () => {
      const { a, b } = domains;
      const columns = { columns: 200, rows: 60 };
      const terminal = desk.open(['-c', libvirt.uri, '--tab', 'guests'], columns);
      const age = (screen: readonly string[], domain: Domain) =>
        Number(/^(\d+(?:\.\d+)?)s$/.exec(guestIn(screen, domain.name)?.get('AGE') ?? '')?.[1] ?? Number.NaN);
      await terminal.waitFor(screen => age(screen, a) >= 0 && age(screen, b) >= 0, 30_000);
      b.signal('SIGSTOP');
      try {
        await terminal.waitFor(screen => guestIn(screen, b.name)?.get('STATE') === 'stopped', 10_000);
        const clocks = new Set<string>();
        // Its last report ages for as long as it is stopped; the other's is followed by fresh ones, on a slow host later.
        // A report that is younger than that came since then.
        const stopped = Date.now();
        await terminal.waitFor(screen => {
          clocks.add(clockOf(screen));
          const isRenewed = age(screen, a) + 1 < (Date.now() - stopped) / 1000;
          return age(screen, b) >= 6 && isRenewed && age(screen, a) < age(screen, b);
        }, 40_000);
        expect(clocks.size).toBeGreaterThanOrEqual(4);
      } finally {
        b.signal('SIGCONT');
      }
      await terminal.waitFor(
        screen => guestIn(screen, b.name)?.get('STATE') === 'running' && age(screen, b) <= 4,
        30_000,
      );
    });

    test('costs kvmtop no process beside the watchdog of its terminal', async () => {
      const terminal = desk.open(['-c', libvirt.uri, '--tab', 'guests', '-p', domains.a.name]);
      await terminal.waitFor(screen => guestIn(screen, domains.a.name)?.get('USED')?.endsWith('M') ?? false, 20_000);
      const children = readFileSync(`/proc/${terminal.pid}/task/${terminal.pid}/children`, 'utf8').trim().split(' ');
      expect(children).toHaveLength(1);
      expect(readFileSync(`/proc/${children[0]}/cmdline`, 'utf8')).toContain('kvmtop-watchdog');
      terminal.press('q');
      await terminal.exit;
    });

    describe('asked without a look at their processes', () => {
      test('one wedged QEMU holds up nobody, is busy, and recovers', async () => {
        const { a, b } = domains;
        const link = new Libvirt(libvirt.uri);
        const monitors = [a, b].map(({ uuid }) => link.open(uuid, undefined));
        const [wedged, other] = monitors;
        const ask = async (time: number): Promise<(string | undefined)[]> => {
          await Promise.all(monitors.map(monitor => monitor.ask(time, 1)));
          return monitors.map(({ sample }) => sample.state);
        };
        try {
          expect(await ask(1000)).toEqual(['ok', 'ok']);
          a.signal('SIGSTOP');
          const started = performance.now();
          expect(await ask(1010)).toEqual(['busy', 'ok']);
          expect(performance.now() - started).toBeLessThan(4000);
          expect(wedged?.sample.time).toBeLessThan(1010);
          expect(other?.sample.time).toBeGreaterThanOrEqual(1010);
          // libvirt itself waits for it now: it says so at once.
          const again = performance.now();
          expect(await ask(1020)).toEqual(['busy', 'ok']);
          expect(link.problem).toBeUndefined();
          expect(performance.now() - again).toBeLessThan(1000);
          a.signal('SIGCONT');
          await until('it is asked again', 20_000, async () => (await ask(1030 + performance.now()))[0] === 'ok');
        } finally {
          a.signal('SIGCONT');
          await Promise.all(monitors.map(monitor => monitor.close()));
        }
      });

      test('the connection that looks can change nothing', async () => {
        const { a } = domains;
        const { promise: opened, resolve } = Promise.withResolvers<void>();
        const nobody = { heard: () => undefined, event: () => undefined, ended: () => undefined };
        const address = { path: libvirt.readOnlySocket, name: 'qemu:///system' };
        const connection = new Connection(libvirt.uri, address, { ...nobody, opened: () => resolve() });
        try {
          await opened;
          // DOMAIN_SET_MEMORY, to 200,000 KiB.
          const id = Buffer.from(a.uuid.replaceAll('-', ''), 'hex');
          const body = new XdrWriter().string(a.name).fixed(id).int(-1).hyper(200_000n).bytes();
          await expect(connection.call(31, body, () => undefined)).rejects.toThrow(/read only access/);
          expect(await currentOf(a)).toBe(256 * mib);
        } finally {
          connection.close();
        }
      });

      test('a libvirtd that hangs, ends and starts is told within two seconds each, and asked again by itself', async () => {
        const { a, b } = domains;
        const link = new Libvirt(libvirt.uri);
        const monitors = [a, b].map(({ uuid }) => link.open(uuid, undefined));
        const states = () => monitors.map(({ sample }) => sample.state);
        // As the screen does.
        const look = () => {
          const now = Date.now() / 1000;
          for (const monitor of monitors) if (monitor.isDue(now)) void monitor.ask(now, 1);
        };
        const told = async (what: RegExp): Promise<number> => {
          const started = performance.now();
          await until(`it is told: ${what}`, 20_000, () => {
            look();
            return what.test(link.problem ?? '');
          });
          return performance.now() - started;
        };
        const well = () =>
          until('all is well', 90_000, () => {
            look();
            return link.problem === undefined && states().every(state => state === 'ok');
          });
        try {
          await well();
          const daemon = libvirt.pid();
          process.kill(daemon, 'SIGSTOP');
          try {
            expect(await told(/^libvirtd does not answer \(socket /)).toBeLessThan(2000);
            await until('its guests are not called busy', 20_000, () => {
              look();
              return states().every(state => state === 'libvirt');
            });
          } finally {
            process.kill(daemon, 'SIGCONT');
          }
          await well();
          const ended = libvirt.endDaemon();
          expect(await told(/^libvirtd is gone \(socket /)).toBeLessThan(2000);
          await ended;
          expect(monitors.map(({ sample }) => sample.balloon?.actual)).toEqual([256 * mib, 192 * mib]);
          libvirt.startDaemon();
          await well();
        } finally {
          await Promise.all(monitors.map(monitor => monitor.close()));
        }
      });
    });
  },
  whyNoLibvirt,
);
