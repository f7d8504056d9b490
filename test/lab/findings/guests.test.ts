import { truncateSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { until } from '../../until.ts';
import { describeLab } from '../describe.ts';
import { borrowHost, type Guest } from '../lab.ts';
import { balloonOf, held, insideOf, isShown, kilobytes, knob, mib, setInterval, sizesIn } from '../oracle.ts';
import { insideScene } from './inside.ts';
import { createStage } from './stage.ts';
import { carryOut, snapshot, type Told, toldIn } from './watch.ts';

/** They wait for each other's guests, too. */
vi.setConfig({ testTimeout: 400_000 });

const driver = '/modules/*virtio_balloon.ko';
const freePages = (): number => knob('/sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages');
const available = (): number => kilobytes('/proc/meminfo').get('MemAvailable') ?? Number.NaN;

const isCritical = ({ severity }: Told): boolean => severity === 'critical';
const isWarning = ({ severity }: Told): boolean => severity === 'warning';

describeLab('findings on guests', () => {
  const stage = createStage();
  const { desk, guest, start, silent } = stage;
  const balloonTo = async (one: Guest, megabytes: number): Promise<void> => {
    await one.qmp('balloon', { value: megabytes * mib });
    await until('the balloon is there', 30_000, async () => (await balloonOf(one)) === megabytes * mib);
  };

  beforeAll(async () => {
    const disk = join(stage.folder, 'swap');
    writeFileSync(disk, '');
    truncateSync(disk, 256 * mib);
    const incoming = join(stage.folder, 'incoming');
    stage.keep(await borrowHost({ hugepages: 64 }));
    const started = await Promise.all([
      start('thrash', {
        memory: 256,
        extra: [
          '-drive',
          `file=${disk},if=none,id=swap,format=raw,cache=unsafe`,
          '-device',
          'nvme,drive=swap,serial=1',
        ],
      }),
      start('forgotten', { memory: 768 }),
      start('vain', { memory: 128, backend: 'hugetlb' }),
      start('reports', { memory: 128 }),
      start('driverless', { memory: 128, balloon: 'nodriver' }),
      start('leaves', { memory: 192, fill: 80 }),
      start('hangs', { memory: 128 }),
    ]);
    await Promise.all(started.map(one => one.ready()));
    await Promise.all(started.filter(({ name }) => !/reports|driverless/.test(name)).map(one => setInterval(one, 1)));
    await start('arrives', { memory: 192, extra: ['-incoming', `unix:${incoming}`] });
    await stage.open();
  });
  afterAll(() => stage.close());

  test.concurrent('balloon-stuck, and with an empty balloon guest-thrashing', async () => {
    const thrash = guest('thrash');
    const inside = async (name: string): Promise<number> =>
      Number(new RegExp(`^${name}:? +(\\d+)`, 'm').exec(await thrash.run('cat /proc/vmstat'))?.[1]);
    await thrash.run('mkswap /dev/nvme0n1 && swapon /dev/nvme0n1');
    await thrash.run('dd if=/dev/urandom of=/mem/a bs=1M count=100');
    await silent('balloon-stuck', thrash.name);
    await balloonTo(thrash, 128);
    // It reads its work again and again, more than it has left.
    await thrash.run('touch /go; while [ -e /go ]; do cat /mem/? >/dev/null; done >/dev/null 2>&1 &');

    const stuck = await stage.watch.tells('balloon-stuck', thrash.name, isCritical);
    expect(stuck.text).toMatch(
      /^Its balloon withholds 128 MiB while it lacks memory: it reads .*\/s from its own swap/,
    );
    expect(stuck.fix).toEqual(['balloon', expect.stringMatching(`^${thrash.pid}\\.`), 'max']);
    const [, rate, ...others] = sizesIn(stuck.text);
    expect(isShown(others.at(-1), stuck.look.host['mem_available'], available(), 512 * mib)).toBe(true);
    const [from, began] = [await inside('pswpin'), Date.now()];
    await until('it has read more', 20_000, async () => (await inside('pswpin')) > from + 2000);
    const measured = ((((await inside('pswpin')) - from) * 4096) / (Date.now() - began)) * 1000;
    expect(isShown(rate, measured / 4, 4 * measured), `${rate} is ${measured / mib} MiB`).toBe(true);

    await carryOut(desk, stuck);
    await stage.watch.ends('balloon-stuck', thrash.name);
    expect(await balloonOf(thrash)).toBe(thrash.size);

    await silent('guest-thrashing', thrash.name);
    await thrash.run('dd if=/dev/urandom of=/mem/b bs=1M count=100');
    const worse = await stage.watch.tells('guest-thrashing', thrash.name, isWarning);
    expect(worse.text).toMatch(/^It lacks memory: it reads .*\/s from its own swap/);
    expect(worse.fix).toBeUndefined();
    await thrash.run('rm /go /mem/?');
    await stage.watch.ends('guest-thrashing', thrash.name);
  });

  test.concurrent('balloon-forgotten', async () => {
    const forgotten = guest('forgotten');
    await silent('balloon-forgotten', forgotten.name);
    await balloonTo(forgotten, 480);
    const told = await stage.watch.tells('balloon-forgotten', forgotten.name);
    expect(told).toMatchObject({ severity: 'notice', text: expect.stringMatching(/^Its balloon withholds 288 MiB,/) });
    const [, has, spare] = sizesIn(told.text);
    expect(isShown(has, available(), available(), 512 * mib)).toBe(true);
    const inside = await insideOf(forgotten);
    expect(isShown(spare, inside?.available, inside?.available, 8 * mib)).toBe(true);
    await carryOut(desk, told);
    await until('it has all of it', 30_000, async () => (await balloonOf(forgotten)) === forgotten.size);
    await silent('balloon-forgotten', forgotten.name);
  });

  test.concurrent('balloon-in-vain', async () => {
    const vain = guest('vain');
    const holds = (): number | undefined => kilobytes(`/proc/${vain.pid}/status`).get('HugetlbPages');
    await silent('balloon-in-vain', vain.name);
    const before = [holds(), freePages()];
    await balloonTo(vain, 96);
    const told = await stage.watch.tells('balloon-in-vain', vain.name);
    expect(told.severity).toBe('warning');
    expect(told.text).toMatch(/^Its balloon withholds 32\.0 MiB, but its memory is in hugepages/);
    // The host really has got nothing.
    expect([holds(), freePages()]).toEqual(before);
    await carryOut(desk, told);
    await stage.watch.ends('balloon-in-vain', vain.name);
    expect(await balloonOf(vain)).toBe(vain.size);
  });

  test.concurrent('statistics-off, and without its driver statistics-frozen', async () => {
    const reports = guest('reports');
    const off = await stage.watch.tells('statistics-off', reports.name);
    expect(off).toMatchObject({ severity: 'notice', fix: ['polling', expect.any(String), '2'] });
    await silent('statistics-frozen', reports.name);
    await carryOut(desk, off);
    await stage.watch.ends('statistics-off', reports.name);

    await reports.run(`rmmod virtio_balloon`);
    const frozen = await stage.watch.tells('statistics-frozen', reports.name);
    expect(frozen).toMatchObject({ severity: 'warning', text: expect.stringMatching(/asked every 2 ?s/) });
    const age = Date.now() / 1000 - ((await insideOf(reports))?.reported ?? Number.NaN);
    const shown = Number(/reported its memory (\d+) ?s ago/.exec(frozen.text)?.[1]);
    expect(Math.abs(shown - age), frozen.text).toBeLessThan(3);
    await silent('statistics-off', reports.name);
    await reports.run(`insmod ${driver}`);
    await stage.watch.ends('statistics-frozen', reports.name);
  });

  test.concurrent('driver-missing', async () => {
    const driverless = guest('driverless');
    await silent('driver-missing', driverless.name);
    await setInterval(driverless, 1);
    const told = await stage.watch.tells('driver-missing', driverless.name);
    expect(told).toMatchObject({ severity: 'notice', text: expect.stringMatching(/its driver has never reported/) });
    expect(await insideOf(driverless)).toBeUndefined();
    await driverless.run(`insmod ${driver}`);
    await until('it reports', 20_000, async () => (await insideOf(driverless)) !== undefined);
    await silent('driver-missing', driverless.name);
  });

  test.concurrent('migrated-holding', async () => {
    const [leaves, arrives] = [guest('leaves'), guest('arrives')];
    await silent('migrated-holding', leaves.name);
    await leaves.qmp('migrate', { uri: `unix:${join(stage.folder, 'incoming')}` });
    await until('it runs there', 30_000, async () => (await arrives.qmp('query-status')).status === 'running');
    const told = await stage.watch.tells('migrated-holding', leaves.name);
    expect(told.severity).toBe('warning');
    expect(isShown(sizesIn(told.text)[0], held(leaves), held(leaves), 2 * mib), told.text).toBe(true);
    expect(held(leaves)).toBeGreaterThan(64 * mib);
    await carryOut(desk, told);
    await stage.watch.ends('migrated-holding', leaves.name);
    expect((await arrives.qmp('query-status')).status).toBe('running');
  });

  test.concurrent('commit-near and pool-unbalanced', () => insideScene(stage));

  test.concurrent('monitors-busy', async () => {
    const hangs = guest('hangs');
    // Not by a snapshot: with several programs at once a monitor may be busy for a moment.
    expect(stage.watch.looks.filter(look => toldIn(look, 'monitors-busy', 'monitors'))).toEqual([]);
    // The socket has one place.
    const socket = connect(hangs.qmpPath);
    try {
      await new Promise(resolve => socket.once('data', resolve));
      const taken = Date.now();
      const told = await stage.watch.tells('monitors-busy', 'monitors', ({ text }) => text.includes(hangs.name));
      expect(told.text).toMatch(/^1 monitor of \d+ does not answer, for 1m\d\d: /);
      const [, minutes = '', seconds = ''] = /for (\d+)m(\d+)/.exec(told.text) ?? [];
      expect(Math.abs(Number(minutes) * 60 + Number(seconds) - (Date.now() - taken) / 1000)).toBeLessThan(5);
      expect(told.severity).toBe('notice');
    } finally {
      socket.destroy();
    }
    expect(await balloonOf(hangs)).toBe(hangs.size);
    const isOver = async () => toldIn(await snapshot(desk), 'monitors-busy', 'monitors') === undefined;
    await until('all monitors answer', 30_000, isOver);
  });

  test('nothing else was told of them', () => {
    const expected: Readonly<Record<string, readonly string[]>> = {
      thrash: ['balloon-stuck', 'guest-thrashing'],
      forgotten: ['balloon-forgotten'],
      vain: ['balloon-in-vain'],
      reports: ['statistics-off', 'statistics-frozen'],
      // Nobody asks it for statistics before the test does.
      driverless: ['statistics-off', 'driver-missing'],
      leaves: ['migrated-holding'],
      // The interval stays with the QEMU that it was set in.
      arrives: ['statistics-off'],
      hangs: [],
      nodes: [],
    };
    const allowed = Object.entries(expected).flatMap(([key, ids]) => ids.map(id => `${id} of ${guest(key).name}`));
    const own = new Set(stage.names());
    const told = stage.watch.looks
      .flatMap(({ findings }) => findings)
      .filter(({ subject }) => own.has(subject))
      .map(({ id, subject }) => `${id} of ${subject}`);
    expect(own.size).toBe(Object.keys(expected).length);
    expect([...new Set(told)].filter(one => !allowed.includes(one))).toEqual([]);
  });
});
