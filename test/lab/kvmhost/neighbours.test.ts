import { afterAll, beforeAll, expect, test } from 'vitest';
import { until } from '../../until.ts';
import { describeLab } from '../describe.ts';
import { isShown, mib } from '../oracle.ts';
import { processorsCounted, startClock } from './clock.ts';
import { type InnerGuest, type KvmHost, type Look, startKvmHost, whyNoKvmHost } from './host.ts';
import { type Counts, debugfsOf, linesOf, queryStats, statusOf } from './oracle.ts';

const page = 4096;
/** MiB of the twins: little to boot, to scan and to send. */
const size = 128;
const cell = '/sys/fs/cgroup/cell';
const incoming = '/tmp/incoming';

/** Fills its memory, tells so, and reads it again and again when it is told to; in user mode, where it can be told of pages that are away. */
const hog = `awk 'BEGIN { s = "0123456789abcdef"; while (length(s) < 32000000) s = s s
  system("touch /mem/filled; until [ -e /mem/go ]; do sleep 1; done"); while (1) n += length(s) }'`.replace('\n', ';');

describeLab(
  'guests of a host with KVM, side by side',
  () => {
    let host: KvmHost;
    let twins: readonly [InnerGuest, InnerGuest];
    let swapped: InnerGuest;

    const ksm = async (): Promise<Counts> =>
      linesOf((await host.run('cd /sys/kernel/mm/ksm && grep "" run full_scans pages_*')).replaceAll(':', ' '));
    const merging = async ({ pid }: InnerGuest): Promise<number> =>
      Number(await host.run(`cat /proc/${pid}/ksm_merging_pages`));

    /** What KSM has done, and what all processes of guests have. */
    const numbersOfKsm = async () => ({
      ksm: await ksm(),
      merging: await Promise.all(twins.map(merging)),
      status: await Promise.all([...twins, swapped].map(guest => statusOf(host, guest))),
    });
    const sum = (all: readonly Counts[], ...names: string[]): number =>
      all.reduce((bytes, own) => bytes + names.reduce((whole, name) => whole + (own[name] ?? Number.NaN), 0), 0);

    /** What a look says must be what was so before it, or after it, or between. */
    const between = (told: unknown, before: number | undefined, after: number | undefined, slack = 0): void => {
      const ends = [before ?? Number.NaN, after ?? Number.NaN];
      expect(told).toBeGreaterThanOrEqual(Math.min(...ends) - slack);
      expect(told).toBeLessThanOrEqual(Math.max(...ends) + slack);
    };
    const rowOf = ({ guests }: Look, { pid }: InnerGuest) => {
      const found = guests.find(one => one['pid'] === pid);
      if (!found) throw new Error(`no guest ${pid}`);
      return found;
    };

    beforeAll(async () => {
      host = await startKvmHost();
      await host.run(`fallocate -l 256M /swap && mkswap /swap && swapon /swap && mkdir ${cell}`);
      const [a, b, c] = await Promise.all([
        host.start({ name: 'twin-a', memory: size, fill: 24, merge: true }),
        host.start({ name: 'twin-b', memory: size, fill: 24, merge: true }),
        host.start({ name: 'swapped', memory: 160, cell }),
      ]);
      [twins, swapped] = [[a, b], c];
      await Promise.all([a, b, c].map(guest => guest.ready()));
      await host.run('cd /sys/kernel/mm/ksm && echo 5000 >pages_to_scan && echo 1 >sleep_millisecs && echo 1 >run');
      await swapped.run(`${hog} >/dev/null 2>&1 </dev/null &`);
      for (const guest of [a, b, c]) {
        const property = 'guest-stats-polling-interval';
        await guest.qmp('qom-set', { path: '/machine/peripheral/balloon0', property, value: 1 });
      }
    }, 600_000);
    afterAll(() => host?.stop());

    test('KSM merges two guests: what of each, and what is saved', async () => {
      // A page is merged in the second scan that finds it unchanged.
      let last = await ksm();
      await until('KSM has merged what there is', 180_000, async () => {
        const now = await ksm();
        if (now['full_scans'] === last['full_scans']) return false;
        const grown = Number(now['pages_shared']) - Number(last['pages_shared']);
        last = now;
        return Number(now['full_scans']) > 3 && grown < 10;
      });
      await host.run('echo 0 >/sys/kernel/mm/ksm/run');

      const before = await numbersOfKsm();
      const look = await host.look();
      const after = await numbersOfKsm();

      expect(before.ksm['pages_shared']).toBeGreaterThan((24 * mib) / page);
      for (const name of ['pages_shared', 'pages_sharing'])
        between(look.host[`ksm_${name}`], before.ksm[name], after.ksm[name]);
      between(
        look.host['ksm_saved'],
        Number(before.ksm['pages_sharing']) * page,
        Number(after.ksm['pages_sharing']) * page,
      );
      for (const [index, twin] of twins.entries())
        between(
          rowOf(look, twin)['ksm_merging'],
          Number(before.merging[index]) * page,
          Number(after.merging[index]) * page,
        );
      expect(rowOf(look, swapped)).toMatchObject({ ksm_merging: 0 });
      // Of a large page nothing can be merged: what KVM maps in those is what is left of the guest and its firmware.
      for (const twin of twins) {
        const { ksm_merging: merged, mapped_2m: large } = rowOf(look, twin);
        expect(Number(merged) + Number(large)).toBeLessThanOrEqual(twin.size + 8 * mib);
      }

      // What the host holds for all of them is in RAM and swap once.
      const holds = ({ status, ksm: { pages_sharing: sharing } }: typeof before): number =>
        sum(status, 'RssAnon', 'RssShmem', 'HugetlbPages', 'VmPTE', 'VmSwap') - Number(sharing) * page;
      const held = look.guests.reduce((bytes, guest) => bytes + Number(guest['held']), 0);
      between(held, holds(before), holds(after), mib);
    }, 400_000);

    test('a guest that is offered asynchronous page faults, while the host swaps it', async () => {
      await until('its memory is filled', 120_000, async () => (await swapped.run('ls /mem')).includes('filled'));
      // Its own kernel counts how often it was told that a page is there: by the interrupt of its hypervisor.
      const wakings = async (): Promise<number> =>
        Number(/HYP: +(\d+)/.exec(await swapped.run('grep HYP /proc/interrupts'))?.[1]);
      const first = await wakings();
      // Less than the 32 MiB that it reads again and again, so that the host never has all of it.
      await host.run(`echo 28M >${cell}/memory.max`);
      await swapped.run('touch /mem/go');
      await until('it was told of pages that are there again', 180_000, async () => (await wakings()) > first + 20);

      const numbers = async () => {
        const [status, debugfs, stats, text] = [
          await statusOf(host, swapped),
          await debugfsOf(host, swapped),
          await queryStats(swapped, 'vcpu'),
          await host.run(`grep pswp /proc/vmstat; cut -d ' ' -f 12 /proc/${swapped.pid}/stat`),
        ];
        return { status, debugfs, stats, vmstat: linesOf(text), faults: Number(text.trim().split('\n').at(-1)) };
      };
      const before = await numbers();
      const look = await host.look();
      const after = await numbers();

      const guest = rowOf(look, swapped);
      between(guest['host_major_faults_total'], before.faults, after.faults);
      expect(guest['host_major_faults_rate']).toBeGreaterThan(1);
      between(guest['swap'], before.status['VmSwap'], after.status['VmSwap'], 24 * mib);
      expect(guest['swap']).toBeGreaterThan(32 * mib);
      between(guest['kvm_faults_total'], before.debugfs['pf_taken'], after.debugfs['pf_taken']);
      between(guest['kvm_faults_total'], before.stats['pf_taken'], after.stats['pf_taken']);
      between(guest['kvm_faults_fixed_total'], before.stats['pf_fixed'], after.stats['pf_fixed']);
      const pages = (name: string) => [before, after].map(({ vmstat }) => Number(vmstat[name]) * page);
      between(look.host['swap_in_total'], ...(pages('pswpin') as [number, number]));
      between(look.host['swap_out_total'], ...(pages('pswpout') as [number, number]));
      expect(guest).toMatchObject({ monitor: 'ok', guest_swap_in_total: 0 });
      for (const twin of twins) expect(rowOf(look, twin)).toMatchObject({ swap: 0 });
    }, 500_000);

    test('its screens say so at 80x24', async () => {
      const terminal = host.open(['--tab', 'stall'], { columns: 80, rows: 24 });
      try {
        // Trouble is told by a sign before the name, too.
        const stall = (
          await terminal.waitFor(/^[ !·]*swapped +swapped by the host +\S+ +\S+ +0 +0 +\d+ +yes$/m, 180_000)
        ).join('\n');
        expect(stall).toMatch(/^Waiting for memory ─+ 1 of 3 guests$/m);
        for (const { name } of twins) expect(stall).toMatch(new RegExp(`^[ !·]*${name} +-.* 0 +0B .* yes$`, 'm'));

        terminal.press('9');
        const translation = (await terminal.waitFor(/^[ !·]*swapped +anon +\S+ .*$/m, 60_000)).join('\n');
        const { pages_4k: small } = await debugfsOf(host, swapped);
        const map4k = /^[ !·]*swapped +anon +(\S+)/m.exec(translation)?.[1];
        expect(isShown(map4k, Number(small) * page, Number(small) * page, 24 * mib), translation).toBe(true);

        terminal.press('2');
        // SIZE, BALLOON, USED, HELD, GIVES, SWAP.
        const swapOf = (name: string, screen: readonly string[]) => {
          const row = new RegExp(`^[ !·]*${name} +\\S+ +\\d+M +\\d+M(?: +\\S+){3} +(\\S+) `);
          return screen.flatMap(line => row.exec(line)?.[1] ?? [])[0];
        };
        const names = [...twins, swapped].map(({ name }) => name);
        // A screen is seen while it is drawn, too.
        const guests = await terminal.waitFor(screen => names.every(name => swapOf(name, screen)), 60_000);
        const { VmSwap: swap } = await statusOf(host, swapped);
        expect(isShown(swapOf('swapped', guests), swap, swap, 24 * mib), guests.join('\n')).toBe(true);
        for (const { name } of twins) expect(swapOf(name, guests), guests.join('\n')).toBe('0B');

        // The ledger has each merged page once, and in no guest’s.
        terminal.press('3');
        const before = await numbersOfKsm();
        const whole = /Guests, private memory(.*\n)+.*Pages shared by KSM(.*\n)+.*Total: MemTotal/;
        const memory = (await terminal.waitFor(whole, 60_000)).join('\n');
        const after = await numbersOfKsm();
        const once = ({ ksm: { pages_shared: pages } }: typeof before) => Number(pages) * page;
        const own = ({ status, merging: pages }: typeof before) =>
          sum(status, 'RssAnon') - pages.reduce((all, count) => all + count, 0) * page;
        const shown = (part: string) => new RegExp(`${part} +.*? ([\\d.]+[KMG])\\b`).exec(memory)?.[1];
        expect(isShown(shown('Pages shared by KSM, each once'), once(before), once(after), mib), memory).toBe(true);
        expect(isShown(shown('Guests, private memory'), own(before), own(after), 24 * mib), memory).toBe(true);
      } finally {
        terminal.press('q');
        await terminal.close();
      }
    }, 400_000);

    test('the processors’ time in snapshot, in the first line of a stream, and in a recording', async () => {
      const endClock = await startClock(host);
      const tape = '/root/tape.kvmtop';
      // All at once, and a guest thrashes: the first looks are slow.
      const recorder = await host.run(`kvmtop record ${tape} -d 1 >/dev/null 2>&1 </dev/null & echo $!`);
      const [snapshot, stream] = await Promise.all([
        host.run('kvmtop snapshot --json -d 2'),
        host.run('kvmtop stream -n 1 -d 2 --format ndjson'),
      ]);
      let recorded: readonly string[] = [];
      await until('three looks are recorded', 120_000, async () => {
        recorded = (await host.run(`kvmtop dump ${tape} --format ndjson`)).trim().split('\n');
        return recorded.length > 2;
      });
      await host.run(`kill ${recorder.trim()}`);
      const ticks = await endClock();
      const looks: readonly (Look & { readonly interval?: number })[] = [snapshot, stream, ...recorded].map(line =>
        JSON.parse(line),
      );
      const sum = (look: Look, kind: 'rate' | 'total'): number =>
        Object.entries(look.host).reduce(
          (all, [name, value]) => all + (name.startsWith('cpu_') && name.endsWith(kind) ? value : 0),
          0,
        );
      const rated = looks.filter(look => look.host['cpu_user_rate'] !== undefined);
      expect(rated).toContain(looks[0]);
      expect(rated).toContain(looks[1]);
      expect(rated.length, recorded.join('\n')).toBeGreaterThan(2);
      for (const look of rated) {
        const [least, most] = processorsCounted(ticks, sum(look, 'total'), look.interval ?? 2);
        expect(sum(look, 'rate')).toBeGreaterThan(least - 0.1);
        expect(sum(look, 'rate')).toBeLessThan(most + 0.1);
      }
    }, 400_000);

    test('a guest that migrates within the host, by kvmtop', async () => {
      await swapped.stop();
      const [, from] = twins;
      await from.qmp('balloon', { value: 112 * mib });
      const to = await host.start({
        name: 'twin-b',
        memory: size,
        merge: true,
        extra: ['-incoming', `unix:${incoming}`],
      });
      await until('its balloon is there', 60_000, async () => (await from.qmp('query-balloon')).actual === 112 * mib);
      const said = await host.run(`kvmtop do migrate ${from.pid} unix:${incoming} --yes`);
      expect(said).toMatch(/^twin-b: migrated, .* sent; it stands still here and holds its RAM until quit$/m);

      const before = await debugfsOf(host, to);
      const look = await host.look();
      const after = await debugfsOf(host, to);
      expect(rowOf(look, from)).toMatchObject({ state: 'postmigrate', balloon_actual: 112 * mib });
      const arrived = rowOf(look, to);
      expect(arrived).toMatchObject({ name: 'twin-b', monitor: 'ok', state: 'running' });
      expect(arrived).toMatchObject({ mem_size: size * mib, balloon_actual: 112 * mib });
      // Only a guest under KVM has these.
      between(arrived['mapped_4k'], Number(before['pages_4k']) * page, Number(after['pages_4k']) * page);
      expect(Number(arrived['mapped_4k']) + Number(arrived['mapped_2m'])).toBeGreaterThan(0);
      expect(await to.run('grep -c . /proc/uptime')).toBe('1\n');
    }, 400_000);
  },
  whyNoKvmHost,
);
