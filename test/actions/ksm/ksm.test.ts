import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { actions } from '../../../src/actions/actions.ts';
import { scanPace } from '../../../src/actions/ksm/pace.ts';
import { ksmSettings, ksmValueProblem } from '../../../src/actions/ksm/settings.ts';
import { GiB, MiB } from '../../../src/units.ts';
import { guest } from '../../samples.ts';
import { capturedModel, planOf, undoLine, withKsm, withMeminfo, writes } from '../hosts.ts';

const run = '/sys/kernel/mm/ksm/run';

describe('ksm', () => {
  it('runs, and is undone by stopping', () => {
    const guests = [
      guest({ launch: { backend: 'anon' } }),
      guest({ id: '2.1', launch: { backend: 'hugetlb' } }),
      guest({ id: '3.1', launch: { backend: 'anon', memMerge: false } }),
    ];
    const plan = planOf(
      capturedModel('debian12-1node', () => ({}), guests),
      'ksm run',
    );
    expect(plan.refusal).toBeUndefined();
    expect(plan.steps).toEqual([{ kind: 'write', path: run, value: '1', before: '0' }]);
    // 100 pages of 4 KiB every 20 ms.
    expect(plan.effect[0]).toBe('ksmd: scans at most 19.5 MiB a second');
    expect(plan.effect[1]).toMatch(/1 of 3 have memory that KSM can merge/);
    expect(undoLine(plan)).toBe('ksm stop');
  });

  it('stops, keeps what is merged, and is undone by running', () => {
    const plan = planOf(capturedModel('debian12-busy'), 'ksm stop');
    expect(writes(plan)).toEqual([`${run}=0`]);
    // 17375 pages of 4 KiB.
    expect(plan.effect[0]).toMatch(/saves 67.9 MiB/);
    expect(undoLine(plan)).toBe('ksm run');
  });

  it('unmerges where the copies find room', () => {
    const plan = planOf(capturedModel('debian12-busy'), 'ksm unmerge');
    expect(plan.refusal).toBeUndefined();
    expect(writes(plan)).toEqual([`${run}=2`]);
    expect(plan.effect.join('\n')).toMatch(/needs 67.9 MiB at once; available falls from 21.9 GiB/);
    expect(plan.warnings).toEqual([]);
    expect(undoLine(plan)).toBe('ksm run');
  });

  it('refuses to unmerge where they do not, whatever is typed', () => {
    // The reserve is 2 % of 23.5 GiB: 482 MiB.
    const poor = capturedModel('debian12-busy', withMeminfo({ MemAvailable: 540 * MiB }));
    const { refusal } = planOf(poor, 'ksm unmerge');
    expect(refusal?.reason).toMatch(
      /needs 67.9 MiB at once, and 540 MiB are available, of which the host keeps 480 MiB/,
    );
    expect(refusal?.forceable).toBe(false);
    const enough = capturedModel('debian12-busy', withMeminfo({ MemAvailable: 551 * MiB }));
    expect(planOf(enough, 'ksm unmerge')).toMatchObject({ warnings: [expect.stringMatching(/more than half/)] });
    expect(planOf(enough, 'ksm unmerge').refusal).toBeUndefined();
  });

  it('never unmerges into the reserve, whatever is saved and available', () => {
    fc.assert(
      fc.property(fc.nat(24 * 2 ** 18), fc.nat(24 * GiB), (pages, available) => {
        const model = capturedModel('debian12-busy', host => ({
          ...withMeminfo({ MemAvailable: available })(host),
          ...withKsm({ pages_sharing: pages })(host),
        }));
        const { refusal } = planOf(model, 'ksm unmerge');
        const kept = 0.02 * (model.host.values.mem_total ?? Number.NaN);
        expect(refusal === undefined).toBe(pages === 0 || pages * 4096 <= available - kept);
      }),
      { numRuns: 40 },
    );
  });

  it('refuses to unmerge where what it needs is unknown', () => {
    const model = capturedModel('debian12-busy', ({ ksm }) => {
      const { pages_sharing: _gone, ...rest } = ksm ?? {};
      return { ksm: rest };
    });
    expect(planOf(model, 'ksm unmerge').refusal).toMatchObject({ forceable: false });
  });

  it.each([
    ['debian12-busy', 'ksm run', /runs already/],
    ['debian12-1node', 'ksm stop', /stopped already/],
  ] as const)('on %s refuses %s', (host, line, reason) => {
    expect(planOf(capturedModel(host), line).refusal).toMatchObject({ reason: expect.stringMatching(reason) });
  });

  it('refuses on a kernel without KSM', () => {
    const model = capturedModel('debian12-busy', () => ({ ksm: {} }));
    for (const line of ['ksm run', 'ksm stop', 'ksm unmerge', 'ksm-set pages_to_scan 100'])
      expect(planOf(model, line).refusal?.reason).toMatch(/has no/);
  });

  it.each([
    ['debian12-1node', 'now stop, saves 0 B; 23.1 GiB available'],
    ['debian12-busy', 'now run, saves 67.9 MiB; 21.9 GiB available'],
  ] as const)('tells how it is on %s', (host, hint) => {
    expect(actions.get('ksm')?.hint?.(capturedModel(host), [])).toBe(hint);
  });

  it('is told as unknown where it is', () => {
    const model = capturedModel('debian12-1node', () => ({ ksm: { run: 3 }, meminfo: {} }));
    expect(actions.get('ksm')?.hint?.(model, [])).toBe('now unknown, saves –; – available');
    expect(planOf(model, 'ksm stop').undo).toBeUndefined();
  });

  it('is refused to unmerge what is unmerged', () => {
    const unmerged = capturedModel('debian12-busy', withKsm({ run: 2 }));
    expect(planOf(unmerged, 'ksm unmerge').refusal?.reason).toBe('everything is unmerged already');
    expect(undoLine(planOf(unmerged, 'ksm run'))).toBe('ksm unmerge');
  });

  it.each(['ksm', 'ksm 2', 'ksm run now', 'ksm toString'])('takes no %j', line => {
    expect(() => planOf(capturedModel('debian12-busy'), line)).toThrow(/run, stop, unmerge/);
  });
});

describe('the pace of ksmd', () => {
  it.each([
    [{ pages_to_scan: 256, sleep_millisecs: 1000 }, 'scans at most 1.00 MiB a second'],
    [{ pages_to_scan: 256, sleep_millisecs: 0 }, 'scans without a pause: one processor is busy all the time'],
    [
      {
        advisor_mode: 'scan-time',
        advisor_min_pages_to_scan: 256,
        advisor_max_pages_to_scan: 512,
        sleep_millisecs: 500,
      },
      'the advisor has it scan 2.00 MiB to 4.00 MiB a second',
    ],
    [{ advisor_mode: 'none', pages_to_scan: 512, sleep_millisecs: 1000 }, 'scans at most 2.00 MiB a second'],
    [{ sleep_millisecs: 20 }, 'scans at most – a second'],
    [{ pages_to_scan: 100 }, 'scans at most – a second'],
    [{ pages_to_scan: 'many', sleep_millisecs: 20 }, 'scans at most – a second'],
  ])('of %j', (values, pace) => {
    expect(scanPace(values, 4096)).toBe(pace);
  });
});

describe('ksm-set', () => {
  it('sets several in order, and goes back the other way round', () => {
    const model = capturedModel('debian12-busy');
    const request = { action: 'ksm-set', words: ['smart_scan', '0', 'use_zero_pages', '1'] };
    const plan = planOf(
      capturedModel('debian12-busy', withKsm({ use_zero_pages: 0, smart_scan: 1 })),
      `ksm-set ${request.words.join(' ')}`,
    );
    expect(plan).toEqual({
      request,
      subject: 'ksm',
      summary: "Set KSM's smart_scan to 0, use_zero_pages to 1",
      steps: [
        { kind: 'write', path: '/sys/kernel/mm/ksm/smart_scan', value: '0', before: '1' },
        { kind: 'write', path: '/sys/kernel/mm/ksm/use_zero_pages', value: '1', before: '0' },
      ],
      effect: [
        'smart_scan: 1: scan pages that were not merged before less often.',
        'use_zero_pages: 1: merge empty pages with the kernel’s zero page.',
        "until the next boot: `kvmtop do keep ksm/smart_scan 0` makes it last, as 'w /sys/kernel/mm/ksm/smart_scan - - - - 0' in /etc/tmpfiles.d/kvmtop.conf",
        "until the next boot: `kvmtop do keep ksm/use_zero_pages 1` makes it last, as 'w /sys/kernel/mm/ksm/use_zero_pages - - - - 1' in /etc/tmpfiles.d/kvmtop.conf",
      ],
      warnings: [],
      undo: { action: 'ksm-set', words: ['use_zero_pages', '0', 'smart_scan', '1'] },
    });
    expect(planOf(model, 'ksm-set pages_to_scan 5001').effect).toHaveLength(2);
  });

  it('passes over what is so, but not after a change that may undo it', () => {
    const model = capturedModel(
      'debian12-busy',
      withKsm({ advisor_mode: 'scan-time', smart_scan: 1, pages_to_scan: 500 }),
    );
    expect(writes(planOf(model, 'ksm-set smart_scan 1 sleep_millisecs 0030'))).toEqual([
      '/sys/kernel/mm/ksm/sleep_millisecs=30',
    ]);
    // Turning the advisor off sets 100 pages: these are written all the same.
    expect(writes(planOf(model, 'ksm-set advisor_mode none pages_to_scan 500'))).toEqual([
      '/sys/kernel/mm/ksm/advisor_mode=none',
      '/sys/kernel/mm/ksm/pages_to_scan=500',
    ]);
    const off = planOf(model, 'ksm-set advisor_mode none');
    expect(off.effect[0]).toMatch(/^ksmd: scans at most 19\.5 MiB a second \(now: the advisor/);
    expect(undoLine(off)).toBe('ksm-set advisor_mode scan-time');
    // Another setting leaves it on.
    expect(planOf(model, 'ksm-set sleep_millisecs 40').effect[0]).toMatch(/^ksmd: the advisor/);
    expect(() => planOf(model, 'ksm-set')).toThrow(/takes NAME VALUE/);
  });

  it.each([
    ['sleep_millisecs 0', { sleep_millisecs: 20 }, 1],
    ['pages_to_scan 7', { sleep_millisecs: 0 }, 0],
    ['sleep_millisecs 1', { sleep_millisecs: 20 }, 0],
  ])('warns of %s with %j %i times', (words, ksm, times) => {
    expect(planOf(capturedModel('debian12-busy', withKsm(ksm)), `ksm-set ${words}`).warnings).toHaveLength(times);
  });

  it.each([
    ['sleep_millisecs', 'sleep_millisecs is 20, takes 0 to 4294967295'],
    ['smart_scan', 'smart_scan is 1, takes 0 or 1'],
    ['advisor_mode', 'advisor_mode is none, takes none or scan-time'],
    [
      'max_page_sharing',
      'max_page_sharing is 256, takes 2 to 2147483647; locked: pages are merged: the kernel takes this only after `kvmtop do ksm unmerge`',
    ],
    ['run', ''],
    ['', ''],
  ])('tells what %s is and takes', (name, hint) => {
    expect(actions.get('ksm-set')?.hint?.(capturedModel('debian12-busy'), [name])).toBe(hint);
  });

  it.each([
    ['pages_to_scan', 1, 2 ** 32 - 1],
    ['sleep_millisecs', 0, 2 ** 32 - 1],
    ['advisor_max_cpu', 0, 100],
    ['advisor_target_scan_time', 1, 2 ** 32 - 1],
    ['max_page_sharing', 2, 2 ** 31 - 1],
  ])('takes for %s %i to %i', (name, least, most) => {
    const problem = (value: number) => ksmValueProblem(name, String(value));
    expect([problem(least), problem(most)]).toEqual([undefined, undefined]);
    for (const value of [least - 1, most + 1])
      expect(problem(value)).toMatch(` takes a whole number from ${least} to ${most}`);
  });

  it.each([
    ['advisor_min_pages_to_scan 30000', undefined],
    ['advisor_min_pages_to_scan 30001', /above/],
    ['advisor_max_pages_to_scan 500', undefined],
    ['advisor_max_pages_to_scan 499', /above/],
  ])('keeps the advisor’s least under its most: %s', (words, reason) => {
    const { refusal } = planOf(
      capturedModel('debian12-busy', withKsm({ advisor_min_pages_to_scan: 500, advisor_max_pages_to_scan: 30_000 })),
      `ksm-set ${words}`,
    );
    if (reason === undefined) expect(refusal).toBeUndefined();
    else expect(String(refusal?.reason)).toMatch(reason);
  });

  it('shows scanning in bytes a second, before and after', () => {
    const plan = planOf(capturedModel('debian12-1node'), 'ksm-set pages_to_scan 1000');
    expect(plan.steps).toEqual([
      { kind: 'write', path: '/sys/kernel/mm/ksm/pages_to_scan', value: '1000', before: '100' },
    ]);
    expect(plan.effect).toEqual([
      'ksmd: scans at most 195 MiB a second (now: scans at most 19.5 MiB a second)',
      'ksmd: does not run, so nothing changes until `kvmtop do ksm run`',
      "until the next boot: `kvmtop do keep ksm/pages_to_scan 1000` makes it last, as 'w /sys/kernel/mm/ksm/pages_to_scan - - - - 1000' in /etc/tmpfiles.d/kvmtop.conf",
    ]);
    expect(undoLine(plan)).toBe('ksm-set pages_to_scan 100');
  });

  it('warns of a ksmd that never sleeps', () => {
    const plan = planOf(capturedModel('debian12-busy'), 'ksm-set sleep_millisecs 0');
    expect(plan.warnings.join()).toMatch(/one processor is busy/);
    expect(plan.effect[0]).toMatch(/without a pause/);
  });

  it('gives pages_to_scan back when the advisor is undone, which the kernel does not', () => {
    const plan = planOf(capturedModel('debian12-busy'), 'ksm-set advisor_mode scan-time');
    expect(plan.effect[0]).toBe(
      'ksmd: the advisor has it scan 97.7 MiB to 5.72 GiB a second (now: scans at most 977 MiB a second)',
    );
    expect(undoLine(plan)).toBe('ksm-set advisor_mode none pages_to_scan 5000');
    const advised = capturedModel('debian12-busy', withKsm({ advisor_mode: 'scan-time', pages_to_scan: 500 }));
    const back = planOf(advised, undoLine(plan) ?? '');
    expect(back.refusal).toBeUndefined();
    expect(writes(back)).toEqual(['/sys/kernel/mm/ksm/advisor_mode=none', '/sys/kernel/mm/ksm/pages_to_scan=5000']);
    expect(undoLine(back)).toBe('ksm-set pages_to_scan 500 advisor_mode scan-time');
  });

  it.each([
    ['max_page_sharing 512', {}, /pages are merged.*ksm unmerge/],
    ['merge_across_nodes 0', {}, /pages are merged/],
    ['pages_to_scan 5', { advisor_mode: 'scan-time' }, /advisor sets it.*advisor_mode none/],
    ['use_zero_pages 0', {}, /so already/],
    ['advisor_min_pages_to_scan 40000', {}, /40000.*above.*30000/],
    ['advisor_max_pages_to_scan 100', {}, /500.*above.*100/],
  ])('refuses %s, and says why', (words, ksm, reason) => {
    const { refusal, steps } = planOf(capturedModel('debian12-busy', withKsm(ksm)), `ksm-set ${words}`);
    expect(refusal?.reason).toMatch(reason);
    expect(refusal?.forceable).toBe(false);
    expect(steps).toEqual([]);
  });

  it('takes what is locked while merged when nothing is', () => {
    expect(planOf(capturedModel('debian12-1node'), 'ksm-set merge_across_nodes 0').refusal).toBeUndefined();
  });

  it('knows what an older kernel lacks', () => {
    expect(planOf(capturedModel('linux-4.18'), 'ksm-set smart_scan 0').refusal?.reason).toBe(
      'this kernel has no smart_scan',
    );
  });

  it.each([
    'pages_to_scan',
    'pages_to_scan many',
    'pages_to_scan 0',
    'pages_to_scan 4294967296',
    'pages_to_scan -1',
    'sleep_millisecs 0x10',
    'max_page_sharing 1',
    'smart_scan 2',
    'advisor_mode maybe',
    'advisor_max_cpu 101',
    'run 2',
    '../run 2',
    'constructor 1',
  ])('takes no %j', words => {
    expect(() => planOf(capturedModel('debian12-busy'), `ksm-set ${words}`)).toThrow(/takes|unknown KSM setting/);
  });

  it('writes only settings that it knows, whatever the words', () => {
    const model = capturedModel('debian12-1node');
    const name = fc.oneof(fc.constantFrom(...Object.keys(ksmSettings)), fc.string());
    fc.assert(
      fc.property(fc.array(fc.tuple(name, fc.oneof(fc.nat().map(String), fc.string())), { maxLength: 3 }), pairs => {
        const words = pairs.flat();
        try {
          for (const step of planOf(model, `ksm-set ${words.join(' ')}`).steps)
            expect(step).toMatchObject({ kind: 'write', path: expect.stringMatching(/^\/sys\/kernel\/mm\/ksm\/\w+$/) });
        } catch (error) {
          expect((error as Error).message).toMatch(/^(\w+ takes|ksm-set takes|unknown KSM setting)/);
        }
      }),
    );
  });
});
