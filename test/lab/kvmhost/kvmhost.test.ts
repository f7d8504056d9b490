import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Root } from '../../../src/root.ts';
import { createLiveSource } from '../../../src/source/live.ts';
import { describeLab } from '../describe.ts';
import { isShown, mib } from '../oracle.ts';
import { type InnerGuest, type KvmHost, type Look, startKvmHost, whyNoKvmHost } from './host.ts';
import { asLibvirt, asProxmox } from './managers.ts';
import { type Counts, debugfsOf, linesOf, meminfoOf, queryStats, statusOf } from './oracle.ts';

const page = 4096;
const sizes = { pages_4k: page, pages_2m: 2 * mib, pages_1g: 1024 * mib };

/** Each guest's numbers by hand, before and after a look of kvmtop. */
interface Seen {
  readonly before: Counts;
  readonly after: Counts;
  readonly told: Look['guests'][number];
}

interface Clock {
  readonly time: number;
  readonly ticks: number;
}

describeLab(
  'a host with KVM',
  () => {
    let host: KvmHost;
    let guests: Record<'web' | 'huge' | 'pve' | 'lv', InnerGuest>;
    let look: Look;
    let clocks: readonly [Clock, Clock];
    let seen: Record<keyof typeof guests, Seen>;

    const numbersOf = async (): Promise<Counts[]> =>
      Promise.all(
        Object.values(guests).map(async guest => ({
          ...(await debugfsOf(host, guest)),
          ...(await statusOf(host, guest)),
        })),
      );

    /** Seconds since the host booted, and those that its kernel has counted of its processors. */
    const clock = async (): Promise<Clock> => {
      const [uptime, stat = ''] = (await host.run('cat /proc/uptime; head -n 1 /proc/stat')).split('\n');
      // What guests take is in user and nice, too.
      const ticks = stat.split(/ +/).slice(1, 9).map(Number);
      return { time: Number.parseFloat(uptime ?? ''), ticks: ticks.reduce((sum, count) => sum + count, 0) / 100 };
    };

    beforeAll(async () => {
      host = await startKvmHost();
      await host.run('echo 64 >/proc/sys/vm/nr_hugepages; mkdir -p /var/run/qemu-server');
      const [web, huge, pve, lv] = await Promise.all([
        host.start({ name: 'web', memory: 192 }),
        host.start({ name: 'huge', memory: 128, backend: 'hugetlb' }),
        host.start(asProxmox(104, 'gitlab', 160, 'host,+kvm_pv_eoi,+kvm_pv_unhalt')),
        host.start(asLibvirt('db', 160, 'qemu64')),
      ]);
      guests = { web, huge, pve, lv } as typeof guests;
      // libvirt starts its guests paused.
      await guests.lv.qmp('cont');
      await Promise.all(Object.values(guests).map(guest => guest.ready()));
      const polling = { path: '/machine/peripheral/balloon0', property: 'guest-stats-polling-interval', value: 1 };
      await guests.web.qmp('qom-set', polling);
      const before = await numbersOf();
      const first = await clock();
      look = await host.look();
      clocks = [first, await clock()];
      const after = await numbersOf();
      seen = Object.fromEntries(
        Object.entries(guests).map(([key, { pid }], index) => {
          const told = look.guests.find(one => one['pid'] === pid);
          return [key, { before: before[index], after: after[index], told }];
        }),
      ) as typeof seen;
    }, 180_000);
    afterAll(() => host?.stop());

    test('runs its guests under KVM with nested paging', async () => {
      expect(await host.run('cat /sys/module/kvm_amd/parameters/npt')).toBe('Y\n');
      expect(await guests.web.qmp('query-kvm')).toEqual({ enabled: true, present: true });
      // Few bytes: each one that a guest's serial console writes is an exit of KVM.
      expect(await guests.web.run('dmesg | grep -o "Hypervisor detected: .*"')).toBe('Hypervisor detected: KVM\n');
    });

    test('QEMU tells the same as debugfs', async () => {
      const [vm, vcpu, debugfs] = await Promise.all([
        queryStats(guests.web, 'vm'),
        queryStats(guests.web, 'vcpu'),
        debugfsOf(host, guests.web),
      ]);
      expect(debugfs).toMatchObject(Object.fromEntries(Object.keys(sizes).map(name => [name, vm[name]])));
      expect(debugfs).toMatchObject({ pf_taken: vcpu['pf_taken'], pf_fixed: vcpu['pf_fixed'] });
    });

    test.each(['web', 'huge', 'pve', 'lv'] as const)('mappings and faults of %s are those of debugfs', key => {
      const { before, after, told } = seen[key];
      const between = (value: unknown, count: (counts: Counts) => number): void => {
        expect(value).toBeGreaterThanOrEqual(Math.min(count(before), count(after)));
        expect(value).toBeLessThanOrEqual(Math.max(count(before), count(after)));
      };
      for (const [name, size] of Object.entries(sizes))
        between(told[`mapped_${name.slice('pages_'.length)}`], counts => (counts[name] ?? Number.NaN) * size);
      between(told['kvm_faults_total'], counts => counts['pf_taken'] ?? Number.NaN);
      between(told['kvm_faults_fixed_total'], counts => counts['pf_fixed'] ?? Number.NaN);
      const entries = (counts: Counts) =>
        Object.keys(sizes).reduce((sum, name) => sum + (counts[name] ?? Number.NaN), 0);
      between(told['mappings'], entries);
      expect(told['mappings']).toBeGreaterThan(0);
    });

    test('what a TLB reaches is what so many entries of it map, largest pages first', async () => {
      const entries = Number(/^TLB size\s*: (\d+) 4K pages$/m.exec(await host.run('cat /proc/cpuinfo'))?.[1]);
      expect(entries).toBeGreaterThan(0);
      for (const { told } of Object.values(seen)) {
        const [large, small] = [Number(told['mapped_2m']) / (2 * mib), Number(told['mapped_4k']) / page];
        const used = Math.min(entries, large);
        expect(told['tlb_reach']).toBe(used * 2 * mib + Math.min(entries - used, small) * page);
      }
    });

    test('the host holds what it maps for a guest, and a hugepage guest is mapped in hugepages', () => {
      for (const { told } of Object.values(seen)) {
        const mapped = Number(told['mapped_4k']) + Number(told['mapped_2m']);
        // The firmware is in RAM of QEMU's own.
        expect(mapped).toBeLessThanOrEqual(Number(told['mem_size']) + 8 * mib);
        expect(mapped).toBeLessThanOrEqual(Number(told['rss']) + Number(told['hugetlb']));
      }
      const { told, after } = seen.huge;
      expect(told).toMatchObject({ backend: 'hugetlb', hugetlb: 128 * mib });
      expect(after['HugetlbPages']).toBe(128 * mib);
      expect(Number(told['mapped_2m'])).toBeGreaterThan(32 * mib);
      expect(Number(told['mapped_2m'])).toBeLessThanOrEqual(128 * mib);
      // Its firmware and the first MiB are not.
      expect(Number(told['mapped_4k'])).toBeLessThan(8 * mib);
    });

    test('what the guest uses is what its own kernel says', async () => {
      const inside = await meminfoOf(guests.web);
      expect(seen.web.told).toMatchObject({ monitor: 'ok', state: 'running', guest_total: inside['MemTotal'] });
      const off = Math.abs(Number(seen.web.told['guest_available']) - (inside['MemAvailable'] ?? Number.NaN));
      expect(off).toBeLessThan(4 * mib);
    });

    test('the processors’ time is told as fully as the kernel counts it', () => {
      // An emulated processor loses ticks while it waits for a real one: then the kernel counts less than two seconds a second.
      const sum = (kind: 'rate' | 'total') =>
        Object.entries(look.host).reduce(
          (total, [name, value]) => total + (name.startsWith('cpu_') && name.endsWith(kind) ? value : 0),
          0,
        );
      const [first, last] = clocks;
      expect(sum('total')).toBeGreaterThanOrEqual(first.ticks - 0.1);
      expect(sum('total')).toBeLessThanOrEqual(last.ticks + 0.1);
      const counted = (last.ticks - first.ticks) / (last.time - first.time);
      expect(Math.abs(sum('rate') - counted), `${sum('rate')} of ${counted}`).toBeLessThan(0.3);
    });

    describe('as Proxmox and libvirt start guests', () => {
      test('they are known with manager, size and number', () => {
        expect(seen.pve.told).toMatchObject({ name: 'gitlab', manager: 'proxmox', mem_size: 160 * mib, monitor: 'ok' });
        expect(seen.lv.told).toMatchObject({ name: 'db', manager: 'libvirt', mem_size: 160 * mib });
      });

      test('the accelerator, and whether the guest can be told of pages that are away', async () => {
        const folder = await host.capture('kvmhost');
        const source = createLiveSource(new Root(folder));
        const { host: of, guests: samples } = await source.look(new Set(['kvm']));
        await source.close();
        expect(of.kvm).toMatchObject({ modules: ['kvm', 'kvm_amd'], statistics: 'read' });
        const launch = ({ pid }: InnerGuest) => samples.find(one => one.pid === pid)?.launch;
        for (const guest of Object.values(guests)) expect(launch(guest)?.accelerator).toBe('kvm');
        // What its processor offers, by the flag that Linux wants since 5.8.
        const offers = async (guest: InnerGuest): Promise<boolean> => {
          const [{ 'qom-path': path }] = await guest.qmp('query-cpus-fast');
          return guest.qmp('qom-get', { path, property: 'kvm-asyncpf-int' });
        };
        for (const [guest, told] of [
          [guests.web, true],
          [guests.pve, true],
          [guests.lv, undefined],
        ] as const) {
          expect([guest.name, launch(guest)?.asyncPageFaults]).toEqual([guest.name, told]);
          expect([guest.name, await offers(guest)]).toEqual([guest.name, told ?? false]);
        }
      });
    });

    test('doctor finds KVM and its statistics there', async () => {
      const { stdout } = await host.shell('kvmtop doctor');
      expect(stdout).toMatch(/^ok +kvm +KVM is there$/m);
      expect(stdout).toMatch(/^ok +debugfs +KVM’s statistics of each guest can be read$/m);
      expect(stdout).toMatch(/^ok +ksm_stat /m);
      expect(stdout).toMatch(/^ok +psi /m);
      expect(stdout).toMatch(/^NO +db .*\n +fix: start libvirtd /m);
      expect(stdout).toMatch(/^NO +libvirt +libvirt does not listen on /m);
      expect(stdout).toMatch(/^ok +guests +4 found; all is well with 1 of them$/m);
      expect(stdout).not.toMatch(/^\S+ +web /m);
      expect(stdout).toMatch(/^NO +huge +its balloon would free nothing on the host: its memory is in hugepages$/m);
    });

    test('the Translation tab says all of it', async () => {
      const terminal = host.open(['--tab', 'translation']);
      try {
        const screen = await terminal.waitFor(/MAP4K(.*\n)+[ !·]*web .*\n(.*\n)*/, 60_000);
        const text = screen.join('\n');
        expect(text).toContain('KVM uses   NPT: the processor walks guest and host page tables');
        expect(text).toMatch(/processor +offers NPT, pages of 1 GiB/);
        expect(text).toMatch(/nested +yes .*TDP MMU yes +splits executable hugepages no/);
        expect(text).toMatch(/TLB +1024 entries/);
        const now = await Promise.all(Object.values(guests).map(guest => debugfsOf(host, guest)));
        const sum = (name: keyof typeof sizes) =>
          now.reduce((total, counts) => total + (counts[name] ?? Number.NaN) * sizes[name], 0);
        const [, small, large, gigantic] = /KVM maps +4K (\S+) \S+ +2M (\S+) \S+ +1G (\S+)/.exec(text) ?? [];
        expect(isShown(small, sum('pages_4k'), sum('pages_4k'), 64 * page)).toBe(true);
        expect(isShown(large, sum('pages_2m'), sum('pages_2m'), 8 * mib)).toBe(true);
        expect(gigantic).toBe('0B');
        const meminfo = linesOf(await host.run('cat /proc/meminfo'));
        const [, direct4k, direct2m] = /host maps +4k (\S+) +2M (\S+)/.exec(text) ?? [];
        expect(isShown(direct4k, meminfo['DirectMap4k'], meminfo['DirectMap4k'], 16 * mib)).toBe(true);
        expect(isShown(direct2m, meminfo['DirectMap2M'], meminfo['DirectMap2M'], 16 * mib)).toBe(true);
        for (const [index, { name }] of Object.values(guests).entries()) {
          const counts = now[index] ?? {};
          const row = screen.map(line => line.slice(2)).find(line => line.startsWith(`${name} `)) ?? '';
          const [, map4k, map2m, map1g, mappings] = /^\S+ +\S+ +(\S+) +(\S+) +(\S+) +(\S+)/.exec(row) ?? [];
          const bytes = (key: keyof typeof sizes) => (counts[key] ?? Number.NaN) * sizes[key];
          expect(isShown(map4k, bytes('pages_4k'), bytes('pages_4k'), 16 * page), row).toBe(true);
          expect(isShown(map2m, bytes('pages_2m'), bytes('pages_2m'), 2 * mib), row).toBe(true);
          expect([map1g, Number(mappings) > 0], row).toEqual(['0B', true]);
        }
      } finally {
        terminal.press('q');
        await terminal.close();
      }
    });
  },
  whyNoKvmHost,
);
