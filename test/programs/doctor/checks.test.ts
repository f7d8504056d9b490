import { describe, expect, it } from 'vitest';
import { defaults } from '../../../src/config/settings.ts';
import { findings } from '../../../src/programs/doctor/doctor.ts';
import type { Facts } from '../../../src/programs/doctor/facts.ts';
import type { BalloonSample, GuestSample, HostSample } from '../../../src/sample.ts';
import { GiB } from '../../../src/units.ts';
import { guest } from '../../samples.ts';
import { factsOf, goodHost, modelOf, now, only } from './facts.ts';

const bad = (facts: Facts): readonly string[] =>
  findings(facts)
    .filter(({ ok }) => !ok)
    .map(({ id }) => id);

it('finds nothing wrong where nothing is', () => {
  expect(bad(factsOf())).toEqual([]);
});

it('has a text for each, and a fix only for what is not well', () => {
  for (const { ok, text, fix } of findings(factsOf())) {
    expect(text.length).toBeGreaterThan(10);
    expect([ok, fix]).toEqual([true, undefined]);
  }
});

describe('of the host', () => {
  const host = (change: Partial<HostSample>): Partial<Facts> => ({ model: modelOf({ ...goodHost, ...change }) });
  const without = (part: keyof HostSample): Partial<Facts> => {
    const { [part]: _, ...rest } = goodHost;
    return { model: modelOf(rest) };
  };

  it.each<[string, Partial<Facts>, string, RegExp | undefined]>([
    ['no privilege', { isRoot: false }, 'privilege', /sudo kvmtop/],
    ['a captured tree', { shown: 'captured' }, 'changes', /^run kvmtop on that host$/],
    ['the demo', { shown: 'demo' }, 'changes', /^start kvmtop without --demo$/],
    ['read-only', { readOnly: true }, 'changes', /without --read-only/],
    ['a container', { kernelFiles: 'read-only' }, 'changes', /on the host itself/],
    ['settings of the kernel that are not ours', { kernelFiles: 'denied' }, 'changes', /sudo kvmtop/],
    ['no journal', { journal: { path: '/x', access: 'read-only' } }, 'journal', /XDG_STATE_HOME=/],
    ['PSI off', without('pressure'), 'psi', /psi=1/],
    ['a kernel before PSI', { model: modelOf({ meminfo: goodHost.meminfo!, kernel: '4.18.0' }) }, 'psi', /Linux 4\.20/],
    ['no swap', host({ meminfo: { MemTotal: GiB, SwapTotal: 0 } }), 'swap', /mkswap/],
    ['unknown swap', host({ meminfo: { MemTotal: GiB } }), 'swap', undefined],
    ['no KSM', without('ksm'), 'ksm', /CONFIG_KSM/],
    ['KSM off', host({ ksm: { run: 0 } }), 'ksm', /do ksm run/],
    ['KSM unmerging', host({ ksm: { run: 2 } }), 'ksm', /do ksm run/],
    ['a kernel before ksm_merging_pages', host({ kernel: '5.15.0-91-generic' }), 'ksm_stat', /Linux 5\.19/],
    ['no debugfs', host({ kvm: { ...goodHost.kvm!, statistics: 'unmounted' } }), 'debugfs', /mount -t debugfs/],
    [
      'a tree without debugfs',
      { shown: 'captured', ...host({ kvm: { ...goodHost.kvm!, statistics: 'uncaptured' } }) },
      'debugfs',
      /^on that host: mount -t debugfs .* before it is captured$/,
    ],
    ['a closed debugfs', host({ kvm: { ...goodHost.kvm!, statistics: 'denied' } }), 'debugfs', /sudo kvmtop/],
    ['libvirt without virsh', { hasVirsh: false, hasLibvirt: true }, 'virsh', /libvirt-clients/],
  ])('%s', (_, change, id, fix) => {
    const facts = factsOf(change);
    expect(bad(facts)).toContain(id);
    const found = only(findings(facts), id);
    if (fix) expect(found.fix).toMatch(fix);
    else expect(found.fix).toBeUndefined();
  });

  it('of KSM that is off tells whether what was merged is still', () => {
    const told = (ksm: Readonly<Record<string, number>>) => only(findings(factsOf(host({ ksm }))), 'ksm').text;
    expect(told({ run: 0, pages_sharing: 0 })).toMatch(/is off: equal pages of guests are kept twice$/);
    expect(told({ run: 0, pages_sharing: 256 })).toMatch(
      /is off: what it has merged stays so \(1\.00 MiB saved\), but pages that become equal are kept twice$/,
    );
    expect(told({ run: 2, pages_sharing: 256 })).toMatch(/is off and what was merged is split again: /);
  });

  it.each<[string, readonly string[] | undefined, RegExp | undefined]>([
    ['modprobe', ['vmx'], /^modprobe kvm_intel$/],
    ['modprobe', ['svm', 'hypervisor'], /^modprobe kvm_amd$/],
    ['a nested host', ['hypervisor'], /this host is a guest itself/],
    ['the firmware', [], /VT-x or AMD-V/],
    ['nothing where the flags are unknown', undefined, undefined],
  ])('KVM that is missing needs %s', (_, flags, fix) => {
    const kvm = { modules: [], parameters: {}, statistics: 'absent' as const, vms: {}, ...(flags ? { flags } : {}) };
    const found = only(findings(factsOf({ ...host({ kvm }), hasKvm: false })), 'kvm');
    expect(found.ok).toBe(false);
    if (fix) expect(found.fix).toMatch(fix);
    else expect(found.fix).toBeUndefined();
  });

  it('an unknown kernel is not called too old, and what is unknown not missing', () => {
    const { kernel: _, ...rest } = goodHost;
    const facts = factsOf({ model: modelOf(rest) });
    expect(bad(facts)).toEqual([]);
    expect(findings(facts).some(({ id }) => id === 'ksm_stat')).toBe(false);
  });

  it('virsh is not missed where nobody needs it', () => {
    expect(findings(factsOf({ hasVirsh: false })).some(({ id }) => id === 'virsh')).toBe(false);
  });
});

describe('of the terminal', () => {
  it.each<[string, Partial<Facts>, string, RegExp]>([
    ['no UTF-8', { env: { TERM: 'xterm', LANG: 'C' } }, 'locale', /LANG=C\.UTF-8/],
    ['dumb', { env: { TERM: 'dumb', LANG: 'C.UTF-8' } }, 'terminal', /TERM=xterm/],
    ['no TERM', { env: { LANG: 'C.UTF-8' } }, 'terminal', /TERM=xterm/],
    ['no colours', { env: { TERM: 'vt100', LANG: 'C.UTF-8' } }, 'terminal', /theme = "256"/],
    ['too small', { terminal: { columns: 50, rows: 24 } }, 'size', /60x15/],
  ])('%s', (_, change, id, fix) => {
    const facts = factsOf(change);
    expect(bad(facts)).toEqual([id]);
    expect(only(findings(facts), id).fix).toMatch(fix);
  });

  it('what was asked for is no fault', () => {
    const env = { TERM: 'xterm', LANG: 'C', NO_COLOR: '1' };
    expect(bad(factsOf({ env, settings: { ...defaults, ascii: true } }))).toEqual([]);
    const mono = { ...defaults, theme: 'mono' as const };
    expect(bad(factsOf({ settings: mono }))).toEqual([]);
  });
});

describe('of a guest', () => {
  const reporting: BalloonSample = {
    device: true,
    actual: 4 * GiB,
    pollingInterval: 2,
    stats: { lastUpdate: now - 1, values: { 'stat-total-memory': 4 * GiB, 'stat-available-memory': GiB } },
  };
  const good = guest({
    launch: { size: 4 * GiB, backend: 'anon' },
    monitor: { state: 'ok', status: 'running', time: now, balloon: reporting },
  });
  const { stats: _, ...silent } = reporting;
  const withBalloon = (balloon: BalloonSample, status = 'running'): Partial<GuestSample> => ({
    monitor: { state: 'ok', status, time: now, balloon },
  });
  const found = (change: Partial<GuestSample>, facts: Partial<Facts> = {}) => {
    const all = findings(factsOf({ ...facts, model: modelOf(goodHost, { ...good, ...change }) }));
    return all.filter(({ subject }) => subject !== undefined);
  };

  const fixesOf = (change: Partial<GuestSample>, facts: Partial<Facts>): readonly string[] =>
    found(change, facts).flatMap(({ fix = [] }) => fix);

  it('that is well there is one line', () => {
    expect(found({})).toEqual([
      { id: 'guest_balloon', ok: true, subject: 'web-1', text: 'its balloon answers, and it reports what it uses' },
    ]);
  });

  it.each<[string, Partial<GuestSample>, Partial<Facts>, string, RegExp | undefined]>([
    ['no monitor', { monitor: { state: 'none' } }, {}, 'guest_monitor', /-qmp unix:/],
    ['a monitor of another user', { monitor: { state: 'denied' } }, { isRoot: false }, 'guest_monitor', /sudo kvmtop/],
    [
      'a monitor that another holds',
      { monitor: { state: 'busy', path: '/q' } },
      {},
      'guest_monitor',
      /ss -xp .* \/q: .*left alone/,
    ],
    ...(
      [
        ['/run/incus/web/qemu.monitor', /Incus keeps it open, so leave .*incus config set/],
        ['/var/snap/lxd/common/lxd/logs/web/qemu.monitor', /LXD keeps it open/],
        ['/run/vc/vm/5f2c/qmp.sock', /Kata Containers keeps it open/],
      ] as const
    ).map(
      ([path, fix]) =>
        [`the monitor ${path}`, { monitor: { state: 'busy', path } }, {}, 'guest_monitor', fix] as [
          string,
          Partial<GuestSample>,
          Partial<Facts>,
          string,
          RegExp,
        ],
    ),
    ['libvirt', { monitor: { state: 'libvirt' } }, { connect: 'qemu:///x' }, 'guest_monitor', /-c qemu:\/\/\/x list/],
    [
      'libvirt without virsh',
      { monitor: { state: 'libvirt' } },
      { hasVirsh: false },
      'guest_monitor',
      /libvirt-clients/,
    ],
    [
      'libvirt on this host without virsh',
      { monitor: { state: 'libvirt' } },
      { hasVirsh: false, libvirtSocket: '/run/libvirt/libvirt-sock-ro' },
      'guest_monitor',
      /-c URI/,
    ],
    [
      'libvirt on this host that does not run',
      { monitor: { state: 'libvirt' } },
      { libvirtSocket: '/run/libvirt/libvirt-sock-ro', hasLibvirtSocket: false },
      'guest_monitor',
      /^start libvirtd/,
    ],
    ['one that was not reached', { monitor: { state: 'unasked' } }, {}, 'guest_monitor', undefined],
    ['no balloon', withBalloon({ device: false }), {}, 'guest_balloon', /virtio-balloon-pci/],
    [
      'a guest that has not started',
      { monitor: { ...withBalloon(silent).monitor!, status: 'prelaunch' } },
      {},
      'guest_driver',
      undefined,
    ],
    ['a silent driver', withBalloon(silent), {}, 'guest_driver', /modprobe virtio_balloon/],
    ['statistics off', withBalloon({ ...reporting, pollingInterval: 0 }), {}, 'guest_statistics', /do polling web-1 2/],
    [
      'a name with a blank',
      { ...withBalloon({ ...reporting, pollingInterval: 0 }), name: 'web 1' },
      {},
      'guest_statistics',
      /do polling 100 2/,
    ],
    [
      'a guest that stopped reporting',
      withBalloon({ ...reporting, stats: { lastUpdate: now - 60, values: {} } }),
      {},
      'guest_driver',
      /^look at its console$/,
    ],
    [
      'the same where its balloon withholds some of its memory',
      withBalloon({ ...reporting, actual: GiB, stats: { lastUpdate: now - 60, values: {} } }),
      {},
      'guest_driver',
      /do balloon web-1 max/,
    ],
    [
      'a guest whose reports are from the future',
      withBalloon({ ...reporting, stats: { lastUpdate: now + 7200, values: {} } }),
      {},
      'guest_driver',
      /timedatectl/,
    ],
    [
      'a guest that reports nothing in its reports',
      withBalloon({ ...reporting, stats: { lastUpdate: now - 1, values: {} } }),
      {},
      'guest_driver',
      /Windows guest: start the balloon service/,
    ],
    [
      'a guest that tells no available memory',
      withBalloon({ ...reporting, stats: { lastUpdate: now - 1, values: { 'stat-total-memory': GiB } } }),
      {},
      'guest_driver',
      /update/,
    ],
    [
      'a paused one',
      withBalloon({ ...reporting, stats: { lastUpdate: now - 60, values: {} } }, 'paused'),
      {},
      'guest_driver',
      undefined,
    ],
  ])('%s', (_name, change, facts, id, fix) => {
    const [first, ...rest] = found(change, facts);
    expect(rest).toEqual([]);
    expect(first).toMatchObject({ id, ok: false });
    if (fix) expect(first?.fix).toMatch(fix);
    else expect(first?.fix).toBeUndefined();
  });

  it('in hugepages: neither KSM nor a balloon gains anything', () => {
    const ids = found({ launch: { size: 4 * GiB, backend: 'hugetlb' } }).map(({ id }) => id);
    expect(ids).toEqual(['guest_balloon', 'guest_ksm', 'guest_memory']);
  });

  it('partly in hugepages: KSM and a balloon gain something', () => {
    const parts = [
      { use: 'base', kind: 'anon', size: 3 * GiB },
      { use: 'base', kind: 'hugetlb', size: GiB },
    ] as const;
    const all = found({ launch: { size: 4 * GiB, backend: 'anon', parts } });
    expect(all.map(({ id }) => id)).toEqual(['guest_balloon', 'guest_memory']);
    expect(all[1]?.text).toBe(
      'its balloon frees only a part of what it takes: 1.00 GiB of its 4.00 GiB are in hugepages',
    );
  });

  it('pinned for a device: its balloon would free nothing', () => {
    const texts = found({ launch: { size: 4 * GiB, backend: 'anon', pinnedBy: 'vfio-pci' } }).map(({ text }) => text);
    expect(texts).toContain('its balloon would free nothing on the host: its memory is pinned for a device (vfio-pci)');
  });

  it('in shared memory: KSM is no fault where it does not run', () => {
    const model = modelOf({ ...goodHost, ksm: { run: 0 } }, { ...good, launch: { backend: 'shared' } });
    const ids = findings(factsOf({ model })).map(({ id }) => id);
    expect(ids).toContain('guest_balloon');
    expect(ids).not.toContain('guest_ksm');
  });

  it('is told in commands so that no other is meant', () => {
    const off = { ...good, ...withBalloon({ ...reporting, pollingInterval: 0 }) };
    const twin = { ...off, id: '200.1', pid: 200 };
    const model = { ...modelOf(goodHost, off), guests: [off, twin].flatMap(one => modelOf(goodHost, one).guests) };
    const fixes = findings(factsOf({ model })).flatMap(({ id, fix }) => (id === 'guest_statistics' ? [fix] : []));
    expect(fixes).toEqual(['kvmtop do polling 100 2', 'kvmtop do polling 200 2']);
  });

  it('of a captured tree is not judged by what is installed here', () => {
    const model = modelOf(goodHost, { ...good, manager: 'libvirt' });
    const found = findings(factsOf({ model, shown: 'captured', hasVirsh: false, hasLibvirt: true }));
    expect(found.some(({ id }) => id === 'virsh')).toBe(false);
    for (const hasVirsh of [false, true])
      expect(fixesOf({ monitor: { state: 'libvirt' }, manager: 'libvirt' }, { shown: 'captured', hasVirsh })).toEqual(
        [],
      );
  });

  it('of a captured tree gets no advice that only fits this machine, nor is it told who looks', () => {
    const captured = { shown: 'captured', isRoot: false, hasKvm: false } as const;
    expect(findings(factsOf(captured)).map(({ id }) => id)).not.toContain('privilege');
    const off = { ...goodHost, ksm: { run: 0 }, meminfo: { MemTotal: GiB, SwapTotal: 0 } };
    const fixes = findings(factsOf({ ...captured, model: modelOf(off) })).flatMap(({ fix = [] }) => fix);
    expect(fixes).toHaveLength(3);
    for (const fix of fixes) expect(fix).toMatch(/^(on that host: |run kvmtop on that host$)/);
    // Its monitor may well be there: a tree's are not asked.
    expect(fixesOf({ monitor: { state: 'none', path: '/q', reason: 'not asked' } }, captured)).toEqual([]);
    expect(fixesOf({ monitor: { state: 'none' } }, captured)).toEqual([
      expect.stringMatching(/^on that host: .*-qmp unix:/),
    ]);
  });

  it('that a libvirt runs needs virsh to be changed, and elsewhere to be seen', () => {
    const model = modelOf(goodHost, { ...good, manager: 'libvirt' });
    const here = findings(factsOf({ model, hasVirsh: false, libvirtSocket: '/run/libvirt/libvirt-sock-ro' }));
    expect(only(here, 'virsh')).toMatchObject({ ok: false, text: expect.stringMatching(/shown, but not changed$/) });
    expect(only(here, 'libvirt')).toMatchObject({
      ok: true,
      text: expect.stringMatching(/on \/run\/libvirt\/libvirt-sock-ro, read-only, by its own protocol;/),
    });
    const socket = { libvirtSocket: '/run/libvirt/libvirt-sock-ro', hasLibvirtSocket: false };
    const without = findings(factsOf({ model, ...socket }));
    expect(only(without, 'libvirt')).toMatchObject({ ok: false, fix: expect.stringMatching(/^start libvirtd/) });
    const there = findings(factsOf({ model, hasVirsh: false, connect: 'qemu+ssh://h/system' }));
    expect(only(there, 'virsh').text).toMatch(/shown from outside only$/);
    expect(only(there, 'libvirt').text).toMatch(/through virsh -c qemu\+ssh:\/\/h\/system;/);
  });
});
