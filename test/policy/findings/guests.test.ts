import { describe, expect, it } from 'vitest';
import { balloonForgotten } from '../../../src/policy/findings/balloon-forgotten.ts';
import { balloonInVain } from '../../../src/policy/findings/balloon-in-vain.ts';
import { guestSwapped } from '../../../src/policy/findings/guest-swapped.ts';
import { balloonStuck, guestThrashing } from '../../../src/policy/findings/guest-thrashing.ts';
import { migratedHolding } from '../../../src/policy/findings/migrated.ts';
import type { GuestSample, HostSample, Numbers } from '../../../src/sample.ts';
import { GiB, MiB } from '../../../src/units.ts';
import { hostWith, idleHost, later, line, raised, remark, remarks, start, thrashes, well } from './looks.ts';

describe('a balloon that is stuck', () => {
  it('is given back in full where the host has room', () => {
    const said = remark(balloonStuck, [idleHost([well(thrashes)])]);
    expect(said).toMatchObject({ subject: 'web-1', guest: '100.5000', severity: 'critical' });
    expect(said.text).toBe(
      'Its balloon withholds 1.00 GiB while it lacks memory: it reads 2.00 MiB/s from its own swap, has 200 MiB of 3.00 GiB available. The host has 23.1 GiB available.',
    );
    expect(line(said)).toBe('balloon 100.5000 max');
  });

  it('is given back as far as the host has room', () => {
    // 12 % of 23.5 GiB stay: 0.68 GiB are left of 3.5 GiB.
    const said = remark(balloonStuck, [hostWith({ MemAvailable: 3.5 * GiB }, [well(thrashes)])]);
    expect(said.text).toMatch(/enough to give 69\d MiB back\.$/);
    expect(line(said)).toMatch(/^balloon 100\.5000 \d+B$/);
  });

  it('is told of a guest that is about to thrash, and of one that fell silent with little left', () => {
    const low = remark(balloonStuck, [idleHost([well({ stats: { 'stat-available-memory': 150 * MiB } })])]);
    expect(low).toMatchObject({
      severity: 'warning',
      text: expect.stringMatching(/has 150 MiB of 3\.00 GiB available/),
    });
    const silent = remark(balloonStuck, [idleHost([well({ age: 90, stats: { 'stat-available-memory': 400 * MiB } })])]);
    expect(silent.text).toMatch(
      /it last reported 1m30 ago, as a guest does that thrashes, and then it had 400 MiB of 3\.00 GiB available\./,
    );
  });

  it('is not told of a guest that does well, has major faults of a start alone, is paused, or has everything', () => {
    const starting = well({ stats: { 'stat-major-faults': 5000 } });
    const paused = well({ ...thrashes, monitor: { status: 'paused' } });
    const full = well({ ...thrashes, balloon: { actual: 4 * GiB } });
    for (const one of [well(), starting, paused, full, well({ age: 90 })])
      expect(remarks(balloonStuck, [idleHost([one])])).toEqual([]);
  });

  it('is another finding where the host has no room, or the guest has everything', () => {
    const poor = hostWith({ MemAvailable: GiB }, [well(thrashes)]);
    expect(remarks(balloonStuck, [poor])).toEqual([]);
    expect(remark(guestThrashing, [poor])).toMatchObject({
      severity: 'warning',
      advice: expect.stringMatching(/no room to deflate its balloon/),
    });
    const full = idleHost([well({ ...thrashes, balloon: { actual: 4 * GiB } })]);
    expect(remark(guestThrashing, [full]).advice).toMatch(/has all of its memory/);
    expect(remarks(guestThrashing, [idleHost([well(thrashes)])])).toEqual([]);
    expect(
      remarks(
        guestThrashing,
        [poor].map(() => hostWith({ MemAvailable: GiB }, [well()])),
      ),
    ).toEqual([]);
  });
});

describe('a guest in the host’s swap', () => {
  const swapped = well({ status: { VmSwap: 512 * MiB } });

  it('is worth knowing while it does not wait, and a warning while it does', () => {
    const first = idleHost([swapped]);
    expect(remark(guestSwapped, [first])).toMatchObject({
      severity: 'notice',
      text: 'The host has swapped out 512 MiB of its 4.00 GiB. Whether the guest waits for that is not known.',
    });
    expect(remark(guestSwapped, [first, later(first, 10)]).text).toMatch(/touches next to nothing of that now/);
    const waiting = later(first, 10, () => ({
      guests: [well({ status: { VmSwap: 512 * MiB }, stat: { majflt: 310 } })],
    }));
    expect(remark(guestSwapped, [first, waiting])).toMatchObject({
      severity: 'warning',
      text: expect.stringMatching(/waits for the host’s disk 30 times a second/),
      numbers: { swap: 512 * MiB, host_major_faults: 30 },
    });
  });

  /** A guest under this accelerator while the host has so many more counts within ten seconds. */
  const seen = (accelerator: string, counts: Numbers, change: Parameters<typeof well>[0] = {}) => {
    const of = (more: Parameters<typeof well>[0]): GuestSample =>
      well({ ...more, launch: { accelerator, ...more?.launch }, status: { VmSwap: 512 * MiB, ...more?.status } });
    const first = idleHost([of({})]);
    return remark(guestSwapped, [
      first,
      later(first, 10, now => ({ ...raised(counts)(now), guests: [of(change ?? {})] })),
    ]);
  };

  it('under KVM is not told to be idle by its own faults alone, which are too few', () => {
    expect(seen('kvm', { pgmajfault: 5 }).text).toMatch(/touches next to nothing of that now/);
    expect(seen('kvm', { pgmajfault: 300 }, { stat: { majflt: 15 } })).toMatchObject({
      severity: 'notice',
      text: expect.stringMatching(
        /How much of that the guest touches is not known: .* the whole host waits for its disk 30 times a second\.$/,
      ),
    });
    // Emulation takes all faults in its own threads.
    expect(seen('tcg', { pgmajfault: 300 }).text).toMatch(/touches next to nothing of that now/);
    expect(seen('kvm', { pgmajfault: 300 }, { stat: { majflt: 110 } }).text).toMatch(/at least 10 times a second/);
    expect(seen('tcg', { pgmajfault: 300 }, { stat: { majflt: 110 } }).text).toMatch(/disk 10 times a second/);
  });

  it('under KVM waits by what it takes back from swap, but for what a balloon takes, and no more than the host reads', () => {
    const less = { status: { VmSwap: 472 * MiB } };
    const counts = { pgmajfault: 300, pswpin: 20_000 };
    expect(seen('kvm', counts, less)).toMatchObject({
      severity: 'warning',
      text: expect.stringMatching(
        /^The host has swapped out 472 MiB of its 4\.00 GiB\. It takes back 4\.00 MiB\/s of that, waits/,
      ),
    });
    expect(seen('kvm', { pgmajfault: 300 }, less)).toMatchObject({ severity: 'notice' });
    expect(seen('kvm', { ...counts, pswpin: 256 }, less).text).toMatch(/takes back 102 KiB\/s/);
    expect(seen('kvm', counts, { ...less, balloon: { actual: 2.5 * GiB } })).toMatchObject({ severity: 'notice' });
  });

  it('has room to come back to, or has not', () => {
    expect(remark(guestSwapped, [idleHost([swapped])]).advice).toMatch(/swapoff -a/);
    expect(remark(guestSwapped, [hostWith({ MemAvailable: GiB }, [swapped])]).advice).toMatch(
      /Give the host room first/,
    );
  });

  it('is not told for the little that QEMU has there, or where it is unknown', () => {
    const { status: _unknown, ...process } = swapped.process;
    for (const one of [well({ status: { VmSwap: 8 * MiB } }), { ...swapped, process }])
      expect(remarks(guestSwapped, [idleHost([one])])).toEqual([]);
  });
});

describe('a balloon that was forgotten', () => {
  it('is told where the host has plenty and the guest does well', () => {
    const said = remark(balloonForgotten, [idleHost([well()])]);
    expect(said).toMatchObject({ severity: 'notice', subject: 'web-1' });
    expect(said.text).toMatch(/^Its balloon withholds 1\.00 GiB, and the host has 23\.1 GiB available/);
    expect(line(said)).toBe('balloon 100.5000 max');
  });

  it('is not told of a guest that is near to thrashing: what helps one would be the other', () => {
    const has = (share: number) => idleHost([well({ stats: { 'stat-available-memory': share * 3 * GiB } })]);
    expect(remarks(balloonForgotten, [has(0.095)])).toEqual([]);
    expect(remark(balloonForgotten, [has(0.1)]).text).toMatch(/It does well, with 307 MiB of 3\.00 GiB available\.$/);
  });

  it('is told without what is inside where nobody tells that', () => {
    const mute = well({ balloon: { stats: { lastUpdate: start, values: {} } } });
    expect(remark(balloonForgotten, [idleHost([mute])]).text).toMatch(/available: nobody needs what it gave up\.$/);
  });

  it('is not told where the host needs it, the guest thrashes, or it is empty', () => {
    expect(remarks(balloonForgotten, [hostWith({ MemAvailable: 7 * GiB }, [well()])])).toEqual([]);
    for (const one of [
      well(thrashes),
      well({ balloon: { actual: 4 * GiB } }),
      well({ launch: { backend: 'hugetlb' } }),
      well({ launch: { pinnedBy: 'vfio-pci' } }),
    ])
      expect(remarks(balloonForgotten, [idleHost([one])])).toEqual([]);
  });
});

describe('a balloon that frees nothing', () => {
  it.each([
    [{ backend: 'hugetlb' as const }, /in hugepages/],
    [{ memLock: true }, /locked/],
    [{ pinnedBy: 'vfio-pci' }, /but its memory is pinned for a device \(vfio-pci\): the guest lost it/],
    [{ confidential: 'TDX' }, /kept from the host \(TDX\)/],
  ])('is told of %j', (launch, words) => {
    const said = remark(balloonInVain, [idleHost([well({ launch })])]);
    expect(said.text).toMatch(words);
    expect(line(said)).toBe('balloon 100.5000 max');
  });

  it('is not told of ordinary memory, or of an empty balloon', () => {
    for (const one of [well(), well({ launch: { backend: 'hugetlb' }, balloon: { actual: 4 * GiB } })])
      expect(remarks(balloonInVain, [idleHost([one])])).toEqual([]);
  });
});

describe('a guest that was migrated away', () => {
  const gone = well({ monitor: { status: 'postmigrate' } });

  it('still holds its RAM, until its QEMU is ended', () => {
    const said = remark(migratedHolding, [idleHost([gone])]);
    expect(said.text).toBe('It was migrated away, and its QEMU still holds 3.00 GiB here.');
    expect(said.advice).toBe('First look that it runs at its destination.');
    expect(line(said)).toBe('quit 100.5000');
  });

  it('holds what is in swap, too; where the kernel does not tell all of it, what it does', () => {
    const said = (status: Numbers, change: (host: HostSample) => Partial<HostSample> = () => ({})): string =>
      remark(migratedHolding, [idleHost([{ ...gone, launch: {}, process: { status } }], change)]).text;
    expect(said({ RssAnon: GiB, VmRSS: GiB, VmSwap: GiB })).toMatch(/still holds 2\.00 GiB/);
    // Linux before 4.5: how much of the hugepages in use is its own is not known.
    const pools = [{ pageSize: 2 * MiB, counts: { nr_hugepages: 1024, free_hugepages: 0 } }];
    expect(said({ VmRSS: GiB, VmSwap: GiB }, () => ({ pools }))).toMatch(/still holds 1\.00 GiB/);
    // Of a guest whose memory its process does not show, that of its VMM.
    const hidden = { ...gone, launch: { confidential: 'TDX' } };
    const status = { VmRSS: GiB, HugetlbPages: GiB };
    expect(remark(migratedHolding, [idleHost([{ ...hidden, process: { status } }])]).text).toMatch(/holds 2\.00 GiB/);
  });

  it('is libvirt’s to end where libvirt runs it', () => {
    const said = remark(migratedHolding, [idleHost([{ ...gone, manager: 'libvirt' }])]);
    expect(said.fix).toBeUndefined();
    expect(said.advice).toMatch(/is refused: libvirt runs this guest.*virsh destroy/);
  });

  it('is not told of one that runs, or that holds next to nothing', () => {
    const empty = well({ monitor: { status: 'postmigrate' }, status: { VmRSS: MiB, RssAnon: MiB } });
    for (const one of [well(), empty]) expect(remarks(migratedHolding, [idleHost([one])])).toEqual([]);
  });
});
