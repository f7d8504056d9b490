import { describe, expect, it } from 'vitest';
import { ksmtuned } from '../../../src/policy/policies/ksmtuned.ts';
import { kvmtop } from '../../../src/policy/policies/kvmtop.ts';
import { mom } from '../../../src/policy/policies/mom.ts';
import { proxmox } from '../../../src/policy/policies/proxmox.ts';
import type { Policy } from '../../../src/policy/policy.ts';
import type { Values } from '../../../src/sample.ts';
import { GiB, MiB } from '../../../src/units.ts';
import { type Given, look, reasons, settings, type World } from './world.ts';

/** Of each request its line of `kvmtop do`, whose it is, and why. */
const said = (policy: Policy, ...worlds: readonly World[]) =>
  policy
    .decide(
      worlds.map((world, index) => look(world, 10 * index)),
      settings,
    )
    .decisions.map(({ request, subject, guest, why }) => [
      [request.action, ...request.words].join(' '),
      guest ?? subject,
      why,
    ]);

/** A host of 64 GiB, whose reserve is 6.4 GiB. */
const host = (available: number, ...guests: readonly Given[]): World => ({
  total: 64 * GiB,
  available: available * GiB,
  guests,
});
const using = (used: number, actual = 8, more: Given = {}): Given => ({
  maximum: 8 * GiB,
  actual: actual * GiB,
  free: (actual - used) * GiB,
  ...more,
});

describe('kvmtop says why', () => {
  it('it takes memory', () => {
    expect(said(kvmtop, host(6, using(1)))).toEqual([
      [
        // A tenth of its 8 GiB, in whole pages.
        'balloon 100.5000 7730941952B',
        '100.5000',
        'it uses 1.00 GiB of 8.00 GiB; 6.00 GiB of the host are available, its reserve is 6.40 GiB',
      ],
    ]);
  });

  it('it gives some to a guest in need', () => {
    expect(said(kvmtop, host(16, using(1.95, 2)))).toEqual([
      [
        `balloon 100.5000 ${3 * GiB}B`,
        '100.5000',
        'it uses 1.95 GiB of 2.00 GiB and is in need of memory; 16.0 GiB of the host are available, its reserve is 6.40 GiB',
      ],
    ]);
  });

  it('it gives some to one that will soon be', () => {
    expect(said(kvmtop, host(8, using(5, 5.5)))).toEqual([
      [
        `balloon 100.5000 ${5.75 * GiB}B`,
        '100.5000',
        'it uses 5.00 GiB of 5.50 GiB, less than it should have free; 8.00 GiB of the host are available, its reserve is 6.40 GiB',
      ],
    ]);
  });

  it('it gives back what nobody asked for', () => {
    expect(said(kvmtop, host(16, using(3, 7.5)))).toEqual([
      [
        `balloon 100.5000 ${8 * GiB}B`,
        '100.5000',
        '16.0 GiB of the host are available, its reserve is 6.40 GiB: it gets back what it had; it uses 3.00 GiB of 7.50 GiB',
      ],
    ]);
  });

  it('it sets KSM', () => {
    const ksm = (values: Values) => ({ pages_to_scan: 100, ...values });
    expect(said(kvmtop, { ...host(8), ksm: ksm({ run: 0 }) })).toEqual([
      ['ksm run', 'host', '8.00 GiB of the host are available: equal pages may be shared'],
    ]);
    expect(said(kvmtop, { ...host(8), ksm: ksm({ run: 1, general_profit: 3 * MiB }) })).toEqual([
      ['ksm-set pages_to_scan 1250', 'host', 'KSM earns 3.00 MiB, and 8.00 GiB of the host are available'],
    ]);
    expect(said(kvmtop, { ...host(9), ksm: ksm({ run: 1, full_scans: 2, general_profit: 0 }) })).toEqual([
      ['ksm stop', 'host', 'KSM earns 0 B, and 9.00 GiB of the host are available'],
    ]);
  });
});

describe('kvmtop says what no balloon can give', () => {
  const short = (...worlds: readonly World[]): string | undefined =>
    reasons(
      kvmtop.decide(
        worlds.map((world, index) => look(world, 10 * index)),
        settings,
      ),
    )['host'];
  const by = (amount: string) => `short by ${amount} that no balloon can give: migrate a guest, or add memory`;

  it('up to its reserve, less what guests have beyond what they keep, or beyond their least when critical', () => {
    expect(short(host(5))).toBe(by('1.40 GiB'));
    expect(short(host(6.4))).toBeUndefined();
    // 7.5 GiB are kept of 8: 6 and 2.5 margins of a tenth.
    expect(short(host(5, using(6)))).toBe(by('922 MiB'));
    expect(short(host(6, using(6)))).toBeUndefined();
    // 6.6 are its least.
    expect(short(host(3, using(6)))).toBe(by('2.00 GiB'));
  });

  it('where nothing may be asked of a guest', () => {
    expect(short(host(5, using(6, 8, { rss: 6 * GiB })))).toBe(by('1.40 GiB'));
    const stuck = Array(3).fill(host(5, using(6, 8, { target: 7 * GiB })));
    expect(short(...stuck)).toBe(by('1.40 GiB'));
  });

  it('and what guests in need lack, unless the host is calm', () => {
    // In need, but with all that it can have: it lacks nothing that could be given.
    expect(short(host(5, using(7.95)))).toBe(by('1.40 GiB'));
    // It lacks 0.5 GiB up to its maximum, of which the reserve gives it a hundredth of its size.
    expect(short(host(6, using(7.45, 7.5)))).toBe(by('840 MiB'));
    expect(short(host(7, using(7.45, 7.5)))).toBeUndefined();
  });
});

describe('others say why', () => {
  it('mom moves a balloon', () => {
    const of = (percent: number) =>
      said(mom, { ...host(0), total: 100 * GiB, available: percent * GiB, guests: [using(4, 7)] });
    expect(of(10).map(([, , why]) => why)).toEqual([
      '10% of the host is free, less than 20%; the guest uses 4.00 GiB with its page cache',
    ]);
    expect(of(20).map(([, , why]) => why)).toEqual([
      '20% of the host is free, not less than 20%; the guest uses 4.00 GiB with its page cache',
    ]);
  });

  it('proxmox moves a balloon', () => {
    const of = (gib: number) => said(proxmox, { total: 100 * GiB, available: gib * GiB, guests: [using(4, 7)] });
    expect(of(19).map(([, whose, why]) => [whose, why])).toEqual([
      ['100.5000', 'the host uses 81.0 GiB, 1.00 GiB more than 80 % of its RAM; the guest has 3.00 GiB free'],
    ]);
    expect(of(21).map(([, whose, why]) => [whose, why])).toEqual([
      ['100.5000', 'the host uses 79.0 GiB, 1.00 GiB less than 80 % of its RAM; the guest has 3.00 GiB free'],
    ]);
  });

  it('ksmtuned sets KSM, and leaves it to the kernel’s advisor', () => {
    const of = (gib: number, ksm: Values) => ({
      total: 100 * GiB,
      free: [gib * GiB, GiB, 2 * GiB] as const,
      ksm: { pages_to_scan: 100, sleep_millisecs: 10, ...ksm },
      guests: [{ rss: 50 * GiB }],
    });
    const why = (free: string) => `${free} of the host are free, and the guests’ processes have 50.0 GiB of 100 GiB`;
    expect(said(ksmtuned, of(7, { run: 0 }))).toEqual([
      ['ksm run', 'host', why('10.0 GiB')],
      ['ksm-set pages_to_scan 400', 'host', why('10.0 GiB')],
    ]);
    expect(said(ksmtuned, of(27, { run: 1 }))).toEqual([['ksm stop', 'host', why('30.0 GiB')]]);
    const advised = look(of(7, { run: 1, advisor_mode: 'scan-time' }));
    expect(ksmtuned.decide([advised], settings)).toEqual({
      decisions: [],
      skipped: [{ subject: 'host', why: 'pages_to_scan is the KSM advisor’s: ksm-set advisor_mode none gives it up' }],
    });
  });

  it.each([
    [mom, { MemTotal: GiB, MemFree: GiB, Buffers: 0 }],
    [mom, { MemTotal: GiB, MemFree: GiB, Cached: 0 }],
    [mom, { MemTotal: GiB, Buffers: 0, Cached: 0 }],
    [mom, { MemFree: GiB, Buffers: 0, Cached: 0 }],
    [ksmtuned, { MemTotal: GiB, MemFree: GiB, Buffers: 0 }],
    [ksmtuned, { MemTotal: GiB, MemFree: GiB, Cached: 0 }],
    [ksmtuned, { MemTotal: GiB, Buffers: 0, Cached: 0 }],
    [ksmtuned, { MemFree: GiB, Buffers: 0, Cached: 0 }],
    [proxmox, { MemTotal: GiB }],
    [proxmox, { MemAvailable: GiB }],
  ])('what is unknown: $0.id with %j', (policy, meminfo) => {
    const model = look({ host: { meminfo }, ksm: { run: 1 }, guests: [{}] });
    expect(policy.decide([model], settings)).toEqual({
      decisions: [],
      skipped: [
        {
          subject: 'host',
          why: `what is ${policy === proxmox ? 'available' : 'free'} on the host is unknown: nothing is decided`,
        },
      ],
    });
  });
});
