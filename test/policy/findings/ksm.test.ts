import { describe, expect, it } from 'vitest';
import { ksmIdle, ksmLoss, ksmSlow } from '../../../src/policy/findings/ksm-idle.ts';
import { ksmOff } from '../../../src/policy/findings/ksm-off.ts';
import { hasLookedAtMost } from '../../../src/policy/findings/offered.ts';
import type { GuestSample } from '../../../src/sample.ts';
import { GiB, KiB, MiB } from '../../../src/units.ts';
import { capturedModel, withKsm } from '../../actions/hosts.ts';
import { hostWith, idleHost, line, remark, remarks, well } from './looks.ts';

const twins = (change: Parameters<typeof well>[0] = {}): readonly GuestSample[] => [
  well({ ...change, id: '100.1', name: 'web-1' }),
  well({ ...change, id: '200.1', name: 'web-2' }),
];

const running = (values: Readonly<Record<string, number | string>>, guests = twins()) =>
  idleHost(guests, withKsm({ run: 1, ...values }));

describe('KSM that is off', () => {
  it('is told where guests are alike, and what can be known of it', () => {
    const said = remark(ksmOff, [idleHost(twins())]);
    expect(said).toMatchObject({ subject: 'KSM', severity: 'notice' });
    expect(said.text).toBe(
      'KSM is off, and 2 guests that are like another in size offer memory to it: web-1 and web-2. If they run the same system, some of up to 3.00 GiB could be shared; how much, only scanning tells.',
    );
    expect(said.advice).toMatch(/do not trust each other/);
    expect(line(said)).toBe('ksm run');
  });

  it('is a warning where the host is short', () => {
    expect(remark(ksmOff, [hostWith({ MemAvailable: 3 * GiB }, twins())]).severity).toBe('warning');
  });

  it('names those alone that are like another, and offer memory', () => {
    const other = well({ id: '3.1', name: 'db', monitor: { memory: { 'base-memory': 8 * GiB, 'plugged-memory': 0 } } });
    const shared = well({ id: '4.1', name: 'memfd', launch: { backend: 'shared' } });
    const sizeless = { ...well({ id: '5.1', name: 'unknown', monitor: { memory: undefined as never } }), launch: {} };
    const said = remark(ksmOff, [idleHost([...twins(), other, shared, sizeless, { ...sizeless, id: '6.1' }])]);
    expect(said.text).toMatch(/^KSM is off, and 2 guests that .*: web-1 and web-2\. .* up to 3\.00 GiB/);
    expect(said.numbers['guests']).toBe(2);
  });

  it('adds up what guests of each size could share: all but the largest part', () => {
    const large = { monitor: { memory: { 'base-memory': 8 * GiB, 'plugged-memory': 0 } } };
    const guests = [
      ...twins(),
      well({ id: '3.1', name: 'db-1', ...large, status: { RssAnon: 2 * GiB } }),
      well({ id: '4.1', name: 'db-2', ...large, status: { RssAnon: 6 * GiB } }),
    ];
    expect(remark(ksmOff, [idleHost(guests)]).text).toMatch(/ 4 guests .* up to 5\.00 GiB/);
  });

  it('is not told where it runs, was unmerged on request, or guests differ or offer nothing', () => {
    expect(remarks(ksmOff, [running({})])).toEqual([]);
    expect(remarks(ksmOff, [idleHost(twins(), withKsm({ run: 2 }))])).toEqual([]);
    const [one] = twins();
    const other = well({ id: '3.1', monitor: { memory: { 'base-memory': 8 * GiB, 'plugged-memory': 0 } } });
    for (const guests of [
      [one!],
      [one!, other],
      twins({ launch: { backend: 'hugetlb' } }),
      twins({ launch: { memMerge: false } }),
      twins({ status: { RssAnon: 100 * MiB } }),
    ])
      expect(remarks(ksmOff, [idleHost(guests)])).toEqual([]);
    expect(remarks(ksmOff, [idleHost(twins(), () => ({ ksm: {} }))])).toEqual([]);
  });
});

describe('KSM that runs for nothing', () => {
  it('says that nobody offers memory, and why', () => {
    const said = remark(ksmIdle, [running({}, twins({ launch: { backend: 'hugetlb' } }))]);
    expect(said.text).toBe(
      'KSM runs, but no guest has memory that it could merge (2 guests: its memory is in hugepages: KSM merges none of those).',
    );
    expect(line(said)).toBe('ksm stop');
  });

  it('says of each reason how many guests it holds for', () => {
    const kinds = (['hugetlb', 'shared', 'hugetlb'] as const).map((backend, index) =>
      well({ id: `${index}.1`, launch: { backend } }),
    );
    expect(remark(ksmIdle, [running({}, kinds)]).text).toMatch(
      / \(2 guests: its memory is in hugepages.*; 1 guest: its memory is shared.*\)\.$/,
    );
  });

  it('says nothing where what it merged or scanned is unknown', () => {
    const hugepages = twins({ launch: { backend: 'hugetlb' } });
    for (const missing of ['pages_sharing', 'full_scans'])
      expect(
        remarks(ksmIdle, [
          idleHost(hugepages, ({ ksm = {} }) => ({
            ksm: Object.fromEntries(Object.entries({ ...ksm, run: 1 }).filter(([name]) => name !== missing)),
          })),
        ]),
      ).toEqual([]);
  });

  it('has looked at what it shares, at what it merged, and at what differs or changes too fast', () => {
    const looked = (pages: Readonly<Record<string, number>>): boolean => hasLookedAtMost(running(pages));
    // Half of 6 GiB.
    const none = { pages_shared: 0, pages_sharing: 0, pages_unshared: 0, pages_volatile: 0 };
    const half = (3 * GiB) / 4096;
    for (const kind of Object.keys(none)) {
      expect(looked({ ...none, [kind]: half })).toBe(true);
      expect(looked({ ...none, [kind]: half - 1 })).toBe(false);
    }
    expect(
      looked({ pages_shared: half / 4, pages_sharing: half / 4, pages_unshared: half / 4, pages_volatile: half / 4 }),
    ).toBe(true);
  });

  it('says that nothing is alike, once it has looked often enough', () => {
    expect(remarks(ksmIdle, [running({ full_scans: 2 })])).toEqual([]);
    const seen = { pages_unshared: (5 * GiB) / 4096, pages_volatile: GiB / 4096 };
    expect(remark(ksmIdle, [running({ full_scans: 17, ...seen })]).text).toMatch(/looked at everything 17 times/);
  });

  it('does not take scans from before these guests for scans of them', () => {
    const few = { pages_unshared: GiB / 4096, pages_volatile: 0 };
    expect(remarks(ksmIdle, [running({ full_scans: 17, ...few })])).toEqual([]);
  });

  it('is not told where it merges, where zero pages are saved, where it is off, or there is no guest', () => {
    expect(remarks(ksmIdle, [capturedModel('debian12-busy')])).toEqual([]);
    expect(remarks(ksmIdle, [running({ full_scans: 17, ksm_zero_pages: 9 })])).toEqual([]);
    expect(remarks(ksmIdle, [idleHost(twins())])).toEqual([]);
    expect(remarks(ksmIdle, [running({}, [])])).toEqual([]);
  });
});

describe('KSM that costs more than it saves', () => {
  it('is told by its profit, and unmerged', () => {
    const said = remark(ksmLoss, [capturedModel('debian12-busy', withKsm({ general_profit: -30 * MiB }))]);
    expect(said.severity).toBe('warning');
    expect(said.text).toMatch(/^KSM costs 30\.0 MiB more RAM than it saves \(67\.9 MiB\)/);
    expect(line(said)).toBe('ksm unmerge');
  });

  it('is not told where it earns something, does not run, or has only begun', () => {
    expect(remarks(ksmLoss, [capturedModel('debian12-busy')])).toEqual([]);
    for (const values of [{ run: 0 }, { full_scans: 0 }])
      expect(remarks(ksmLoss, [capturedModel('debian12-busy', withKsm({ general_profit: -1, ...values }))])).toEqual(
        [],
      );
    expect(remarks(ksmLoss, [capturedModel('linux-4.18', withKsm({ run: 1 }))])).toEqual([]);
  });
});

describe('KSM that is slow', () => {
  // 5 pages every 20 ms: 1000 KiB/s; 6 GiB take 6291 s.
  it('is handed to its advisor where the kernel has one', () => {
    const said = remark(ksmSlow, [running({ pages_to_scan: 5 })]);
    expect(said.text).toMatch(/^KSM scans at most 0\.98 MiB\/s/);
    expect(said.numbers['ksm_scan_ceiling']).toBe(1000 * KiB);
    expect(said.text).toMatch(/guests offer 6\.00 GiB: one look at all of it takes 1h44 or more/);
    expect(line(said)).toBe('ksm-set advisor_mode scan-time');
  });

  it('counts of a guest no more than its RAM: the rest is QEMU’s own', () => {
    const said = remark(ksmSlow, [running({ pages_to_scan: 5 }, twins({ status: { RssAnon: 5 * GiB } }))]);
    expect(said.text).toContain('guests offer 8.00 GiB');
    const off = remark(ksmOff, [idleHost(twins({ status: { RssAnon: 5 * GiB } }))]);
    expect(off.text).toContain('up to 4.00 GiB');
  });

  it('counts nothing of a guest that offers none', () => {
    const one = well({ id: '3.1', launch: { memMerge: false } });
    expect(remark(ksmSlow, [running({ pages_to_scan: 5 }, [...twins(), one])]).text).toContain('guests offer 6.00 GiB');
  });

  it('is given more pages a round where it has none', () => {
    const host = capturedModel('linux-4.18', withKsm({ run: 1, pages_to_scan: 5, sleep_millisecs: 20 }), twins());
    // 6291 s are to become 600 s.
    expect(line(remark(ksmSlow, [host]))).toBe('ksm-set pages_to_scan 53');
  });

  it('is not told at its usual pace, under the advisor, or while it is off', () => {
    expect(remarks(ksmSlow, [running({})])).toEqual([]);
    expect(remarks(ksmSlow, [running({ pages_to_scan: 5, advisor_mode: 'scan-time' })])).toEqual([]);
    expect(remarks(ksmSlow, [running({ pages_to_scan: 5, run: 0 })])).toEqual([]);
  });
});
