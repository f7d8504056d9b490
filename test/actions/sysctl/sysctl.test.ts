import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { actions } from '../../../src/actions/actions.ts';
import { commitForecast, commitLimit } from '../../../src/actions/sysctl/commit-limit.ts';
import { dirtyThresholds, dirtyWarnings } from '../../../src/actions/sysctl/dirty.ts';
import { parseSysctl } from '../../../src/actions/sysctl/sysctl.ts';
import { sysctls, sysctlText } from '../../../src/actions/sysctl/sysctls.ts';
import { GiB, KiB, MiB } from '../../../src/units.ts';
import { capturedModel, type HostName, planOf, undoLine, withMeminfo, withSysctls, writes } from '../hosts.ts';

const idle = capturedModel('debian12-1node');

describe('CommitLimit', () => {
  it.each<HostName>(['debian12-1node', 'debian12-busy', 'two-nodes'])('is what the kernel says on %s', host => {
    const { mem_total, swap_total, hugetlb_total, commit_limit } = capturedModel(host).host.values;
    const ours = commitLimit({
      memTotal: mem_total ?? Number.NaN,
      swapTotal: swap_total ?? Number.NaN,
      hugetlb: hugetlb_total ?? Number.NaN,
      ratio: 50,
      kbytes: 0,
    });
    // The kernel counts in whole pages.
    expect(Math.abs(ours - (commit_limit ?? Number.NaN))).toBeLessThanOrEqual(4 * KiB);
  });

  const sizes = fc.record({
    memTotal: fc.nat(2 ** 45),
    hugetlb: fc.nat(2 ** 40),
    swapTotal: fc.nat(2 ** 42),
    ratio: fc.nat(400),
    kbytes: fc.constant(0),
  });

  it('grows with the ratio by its part of RAM, on top of swap', () => {
    fc.assert(
      fc.property(sizes, terms => {
        expect(commitLimit({ ...terms, ratio: 0 })).toBe(terms.swapTotal);
        const whole = commitLimit({ ...terms, ratio: 100 });
        expect(whole).toBeCloseTo(terms.swapTotal + terms.memTotal - terms.hugetlb, 0);
        expect(commitLimit(terms)).toBeCloseTo(terms.swapTotal + ((whole - terms.swapTotal) * terms.ratio) / 100, -1);
      }),
    );
  });

  it('has a size in place of the ratio', () => {
    fc.assert(
      fc.property(sizes, fc.integer({ min: 1, max: 2 ** 40 }), (terms, kbytes) => {
        expect(commitLimit({ ...terms, kbytes })).toBe(terms.swapTotal + kbytes * 1024);
      }),
    );
  });
});

describe('overcommit', () => {
  const strict = (ratio: number) =>
    capturedModel('debian12-busy', withSysctls({ 'vm.overcommit_memory': 2, 'vm.overcommit_ratio': ratio }));

  it('shows the limit for the value being typed', () => {
    const plan = planOf(capturedModel('debian12-busy'), 'sysctl vm.overcommit_ratio 80');
    expect(plan.refusal).toBeUndefined();
    // 262132 kB + (24684084 − 131072) kB · 0.8
    expect(plan.effect[0]).toBe(
      'host: CommitLimit becomes SwapTotal + (MemTotal − Hugetlb) · ratio = 19.0 GiB (now 12.0 GiB); 3.14 GiB are promised (Committed_AS)',
    );
    expect(plan.effect[1]).toMatch(/only while overcommit_memory is 2/);
  });

  it.each([
    ['vm.overcommit_ratio 11', 50],
    ['vm.overcommit_kbytes 1G', 50],
    ['vm.overcommit_memory 2', 11],
  ])('refuses %s when the limit would lie under what is promised', (words, ratio) => {
    const model = words.startsWith('vm.overcommit_memory')
      ? capturedModel('debian12-busy', withSysctls({ 'vm.overcommit_ratio': ratio }))
      : strict(ratio);
    const { refusal } = planOf(model, `sysctl ${words}`);
    expect(refusal?.reason).toMatch(/CommitLimit would be .* and 3.14 GiB are promised already \(Committed_AS\)/);
    expect(refusal?.forceable).toBe(true);
  });

  it('refuses by the formula, whatever is promised and typed', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 150 }), fc.nat(40 * GiB), (ratio, promised) => {
        const model = capturedModel('debian12-busy', host => ({
          ...withMeminfo({ Committed_AS: promised })(host),
          ...withSysctls({ 'vm.overcommit_memory': 2, 'vm.overcommit_ratio': 200 })(host),
        }));
        const limit = (262132 + ((24684084 - 131072) * ratio) / 100) * KiB;
        expect(planOf(model, `sysctl vm.overcommit_ratio ${ratio}`).refusal !== undefined).toBe(limit < promised);
      }),
      { numRuns: 40 },
    );
  });

  const request = (line: string) => ({ action: 'sysctl', words: line.split(' ') });
  const ratioPlan = (mode: number) => ({
    request: request('vm.overcommit_ratio 100'),
    subject: 'vm.overcommit_ratio',
    summary: 'Set vm.overcommit_ratio from 50 % to 100 %',
    steps: [{ kind: 'write', path: '/proc/sys/vm/overcommit_ratio', value: '100', before: '50' }],
    effect: [
      'host: CommitLimit becomes SwapTotal + (MemTotal − Hugetlb) · ratio = 23.7 GiB (now 12.0 GiB); 3.14 GiB are promised (Committed_AS)',
      ...(mode === 2 ? [] : ['host: the limit counts only while overcommit_memory is 2']),
      "until the next boot: `kvmtop do keep vm.overcommit_ratio 100` makes it last, as 'vm.overcommit_ratio = 100' in /etc/sysctl.d/90-kvmtop.conf",
    ],
    warnings: [],
    forecasts: [
      {
        assumes: mode === 2 ? 'at once' : 'at once, but it counts only while overcommit_memory is 2',
        moves: [],
        host: { commit_limit: (262_132 + 24_684_084 - 131_072) * KiB },
      },
    ],
    undo: { action: 'sysctl', words: ['vm.overcommit_ratio', '50'] },
  });

  it.each([0, 1, 2])('is planned whole in mode %i', mode => {
    const model = capturedModel('debian12-busy', withSysctls({ 'vm.overcommit_memory': mode }));
    expect(planOf(model, 'sysctl vm.overcommit_ratio 100')).toEqual(ratioPlan(mode));
  });

  it.each([
    [0, 2, 'host: what looks sensible is promised', true],
    [1, 2, 'host: anything is promised', true],
    [2, 0, 'host: nothing beyond CommitLimit is promised', false],
  ])('of mode %i tells what is promised then', (mode, before, words, idle) => {
    const model = capturedModel('debian12-busy', withSysctls({ 'vm.overcommit_memory': before }));
    const plan = planOf(model, `sysctl vm.overcommit_memory ${mode}`);
    expect(plan.effect.slice(0, -1)).toEqual([
      words,
      'host: CommitLimit is 12.0 GiB (now 12.0 GiB); 3.14 GiB are promised (Committed_AS)',
      ...(idle ? ['host: the limit counts only while overcommit_memory is 2'] : []),
    ]);
    expect(plan.forecasts?.[0]?.assumes).toBe(
      idle ? 'at once, but it counts only while overcommit_memory is 2' : 'at once',
    );
  });

  it('counts a size in place of RAM, and zeroes the ratio', () => {
    const plan = planOf(strict(50), 'sysctl vm.overcommit_kbytes 16G');
    expect(plan.effect[0]).toMatch(/^host: CommitLimit becomes SwapTotal \+ overcommit_kbytes = 16\.2 GiB/);
    expect(plan.forecasts?.[0]?.host).toEqual({ commit_limit: 16 * GiB + 262_132 * KiB });
    // Back from a size to a ratio.
    const sized = capturedModel('debian12-busy', withSysctls({ 'vm.overcommit_kbytes': 5, 'vm.overcommit_ratio': 0 }));
    expect(commitForecast(sized, 'vm.overcommit_ratio', 0)?.host).toEqual({ commit_limit: 262_132 * KiB });
  });

  it.each(['MemTotal', 'SwapTotal', 'Committed_AS'])('decides nothing without %s', name => {
    const model = capturedModel('debian12-busy', ({ meminfo, sysctls }) => {
      const { [name]: _gone, ...rest } = meminfo ?? {};
      return { meminfo: rest, sysctls: { ...sysctls, 'vm.overcommit_memory': 2 } };
    });
    const plan = planOf(model, 'sysctl vm.overcommit_ratio 100');
    expect(plan.refusal).toMatchObject({ forceable: true, reason: expect.stringMatching(/is unknown$/) });
    expect(plan.warnings).toEqual([]);
    expect('forecasts' in plan).toBe(name === 'Committed_AS');
  });

  it.each(['vm.overcommit_ratio', 'vm.overcommit_kbytes', 'vm.overcommit_memory'])(
    'decides nothing without %s',
    name => {
      const model = capturedModel('debian12-busy', ({ sysctls }) => {
        const { [name]: _gone, ...rest } = sysctls ?? {};
        return { sysctls: rest };
      });
      if (name !== 'vm.overcommit_memory')
        expect(planOf(model, 'sysctl vm.overcommit_memory 2').refusal?.reason).toMatch(/is unknown$/);
      else {
        const { refusal, warnings, effect } = planOf(model, 'sysctl vm.overcommit_ratio 1');
        expect(refusal).toMatchObject({ forceable: true, reason: expect.stringMatching(/is unknown$/) });
        expect(warnings).toEqual([]);
        expect(effect[1]).toMatch(/only while/);
      }
    },
  );

  it('warns of less than the host’s reserve above what is promised, to the byte', () => {
    const { mem_outside_pools: total, commit_limit } = capturedModel('debian12-busy').host.values;
    const limit = 262_132 * KiB + (24_684_084 - 131_072) * KiB * 0.5;
    expect(Math.abs(limit - commit_limit!)).toBeLessThan(4096);
    const promised = (bytes: number) =>
      planOf(capturedModel('debian12-busy', withMeminfo({ Committed_AS: bytes })), 'sysctl vm.overcommit_memory 2');
    const kept = 0.02 * total!;
    expect(promised(limit - Math.ceil(kept)).warnings).toEqual([]);
    expect(promised(limit - Math.floor(kept)).warnings).toEqual([
      'only 480 MiB more could be promised: new guests would not start',
    ]);
    expect(promised(limit).warnings).toEqual([expect.stringMatching(/^only 0 B more/)]);
    expect(promised(limit).refusal).toBeUndefined();
    expect(promised(limit + 1)).toMatchObject({ warnings: [], refusal: { forceable: true } });
    const idle = capturedModel('debian12-busy', withMeminfo({ Committed_AS: limit }));
    expect(planOf(idle, 'sysctl vm.overcommit_memory 1').warnings).toEqual([]);
  });

  it('warns when hardly anything more could be promised', () => {
    const model = capturedModel('debian12-busy', withMeminfo({ Committed_AS: 11.9 * GiB }));
    expect(planOf(model, 'sysctl vm.overcommit_memory 2').warnings.join()).toMatch(/new guests would not start/);
  });

  it('refuses mode 2 where a term of the formula is unknown', () => {
    const model = capturedModel('debian12-busy', ({ meminfo }) => {
      const { Committed_AS: _gone, ...rest } = meminfo ?? {};
      return { meminfo: rest };
    });
    expect(planOf(model, 'sysctl vm.overcommit_memory 2').refusal?.reason).toMatch(/unknown/);
    expect(planOf(model, 'sysctl vm.overcommit_memory 1').refusal).toBeUndefined();
  });

  it('does not read an absent Hugetlb as none: the pools tell it', () => {
    const older = (pages: number) =>
      capturedModel('linux-4.18', ({ meminfo, pools }) => {
        const { Hugetlb: _gone, ...rest } = meminfo ?? {};
        return {
          meminfo: rest,
          pools: (pools ?? []).map(pool =>
            pool.pageSize === 2 * MiB && pool.node === undefined ? { ...pool, counts: { nr_hugepages: pages } } : pool,
          ),
        };
      });
    const limit = (pages: number) =>
      /= (\S+ GiB)/.exec(planOf(older(pages), 'sysctl vm.overcommit_ratio 100').effect[0] ?? '')?.[1];
    expect([limit(0), limit(2560)]).toEqual(['23.5 GiB', '18.5 GiB']);
  });
});

describe('two ways to say one thing', () => {
  it('restores the ratio that a size zeroes', () => {
    const plan = planOf(idle, 'sysctl vm.overcommit_kbytes 16G');
    expect(writes(plan)).toEqual(['/proc/sys/vm/overcommit_kbytes=16777216']);
    expect(plan.effect).toContain('vm.overcommit_ratio (now 50 %) gives way to it: undo brings it back');
    expect(undoLine(plan)).toBe('sysctl vm.overcommit_ratio 50');
  });

  it('restores the size that a ratio zeroes', () => {
    const sized = capturedModel(
      'debian12-1node',
      withSysctls({ 'vm.overcommit_ratio': 0, 'vm.overcommit_kbytes': 4096 }),
    );
    expect(undoLine(planOf(sized, 'sysctl vm.overcommit_ratio 50'))).toBe('sysctl vm.overcommit_kbytes 4096');
    expect(undoLine(planOf(sized, 'sysctl vm.overcommit_kbytes 8192'))).toBe('sysctl vm.overcommit_kbytes 4096');
  });

  it('does so for writeback', () => {
    const plan = planOf(idle, 'sysctl vm.dirty_background_bytes 64M');
    expect(undoLine(plan)).toBe('sysctl vm.dirty_background_ratio 10');
    const sized = capturedModel('debian12-1node', withSysctls({ 'vm.dirty_ratio': 0, 'vm.dirty_bytes': 64 * MiB }));
    expect(undoLine(planOf(sized, 'sysctl vm.dirty_ratio 20'))).toBe('sysctl vm.dirty_bytes 67108864');
  });

  it('promises no way back to a state that neither says', () => {
    const neither = capturedModel(
      'debian12-1node',
      withSysctls({ 'vm.overcommit_ratio': 0, 'vm.overcommit_kbytes': 0 }),
    );
    expect(planOf(neither, 'sysctl vm.overcommit_kbytes 4096').undo).toBeUndefined();
  });

  it('does not take a size of 0, which would leave neither', () => {
    expect(() => planOf(idle, 'sysctl vm.overcommit_kbytes 0')).toThrow(/set vm.overcommit_ratio instead/);
  });
});

describe('writeback', () => {
  it('shows the thresholds in bytes, those in force as the kernel gives them', () => {
    const plan = planOf(idle, 'sysctl vm.dirty_ratio 40');
    // nr_dirty_threshold is 1210474 pages at 20 %.
    expect(plan.effect[0]).toBe(
      'host: writing begins at 2.31 GiB dirty (now 2.31 GiB), and writers wait at 9.24 GiB (now 4.62 GiB)',
    );
  });

  it.each([
    [{ 'vm.dirty_ratio': 20, 'vm.dirty_background_ratio': 10 }, 2000, 1000],
    [{ 'vm.dirty_ratio': 20, 'vm.dirty_background_ratio': 30 }, 2000, 1000],
    [{ 'vm.dirty_bytes': 500, 'vm.dirty_ratio': 0, 'vm.dirty_background_ratio': 1 }, 500, 100],
    [{ 'vm.dirty_bytes': 0, 'vm.dirty_ratio': 20, 'vm.dirty_background_bytes': 70 }, 2000, 70],
  ])('follows the kernel for %j', (values, hard, background) => {
    expect(dirtyThresholds(10_000, values)).toEqual({ hard, background });
  });

  it('knows bytes without a base, and nothing of a ratio', () => {
    expect(dirtyThresholds(undefined, { 'vm.dirty_bytes': 500, 'vm.dirty_background_ratio': 10 })).toEqual({
      hard: 500,
      background: undefined,
    });
  });

  it('estimates the base of a ratio where none is in force, and knows none without its terms', () => {
    const meminfo = { MemFree: 6 * GiB, 'Active(file)': 3 * GiB, 'Inactive(file)': GiB };
    const sized = (change: Partial<Record<keyof typeof meminfo, undefined>>) =>
      capturedModel('debian12-1node', host => ({
        ...withSysctls({
          'vm.dirty_ratio': 0,
          'vm.dirty_bytes': 64 * MiB,
          'vm.dirty_background_ratio': 0,
          'vm.dirty_background_bytes': MiB,
        })(host),
        meminfo: { ...host.meminfo, ...meminfo, ...change, Dirty: MiB, Writeback: 2 * MiB } as Record<string, number>,
      }));
    expect(planOf(sized({}), 'sysctl vm.dirty_ratio 10').effect.slice(0, 3)).toEqual([
      'host: writing begins at 1.00 MiB dirty (now 1.00 MiB), and writers wait at 1.00 GiB (now 64.0 MiB)',
      'host: 1.00 MiB dirty, 2.00 MiB being written',
      'vm.dirty_bytes (now 64.0 MiB) gives way to it: undo brings it back',
    ]);
    for (const name of Object.keys(meminfo))
      expect(planOf(sized({ [name]: undefined }), 'sysctl vm.dirty_ratio 10').effect[0]).toMatch(
        /writers wait at – \(now 64\.0 MiB\)$/,
      );
  });

  it.each([
    [MiB, 0, []],
    [MiB - 4096, 0, [/^next to nothing/]],
    [64 * MiB, 64 * MiB, []],
    [64 * MiB, 64 * MiB + 4096, [/are dirty already/]],
  ])('warns of %i bytes where %i are dirty', (bytes, dirty, warned) => {
    const model = capturedModel('debian12-1node', withMeminfo({ Dirty: dirty }));
    expect(dirtyWarnings(model, { 'vm.dirty_bytes': bytes, 'vm.dirty_ratio': 0 })).toEqual(
      warned.map(text => expect.stringMatching(text)),
    );
  });

  it('warns of what is unknown in no way', () => {
    expect(
      dirtyWarnings(
        capturedModel('debian12-1node', () => ({ meminfo: {}, vmstat: {}, sysctls: {} })),
        {},
      ),
    ).toEqual([]);
  });

  it('warns of a threshold under what is dirty, and of none', () => {
    const busy = capturedModel('debian12-1node', withMeminfo({ Dirty: 100 * MiB }));
    expect(planOf(busy, 'sysctl vm.dirty_bytes 64M').warnings.join()).toMatch(/100 MiB are dirty already/);
    expect(
      planOf(capturedModel('debian12-1node', withMeminfo({ Dirty: 0 })), 'sysctl vm.dirty_ratio 0').warnings,
    ).toEqual([expect.stringMatching(/everybody who writes waits/)]);
  });
});

describe('any sysctl', () => {
  it('is planned with step, way back, and the line that makes it last', () => {
    const plan = planOf(idle, 'sysctl vm.swappiness 10');
    expect(plan).toMatchObject({
      summary: 'Set vm.swappiness from 60 to 10',
      steps: [{ kind: 'write', path: '/proc/sys/vm/swappiness', value: '10', before: '60' }],
      undo: { action: 'sysctl', words: ['vm.swappiness', '60'] },
    });
    expect(plan.effect.at(-1)).toBe(
      "until the next boot: `kvmtop do keep vm.swappiness 10` makes it last, as 'vm.swappiness = 10' in /etc/sysctl.d/90-kvmtop.conf",
    );
  });

  it.each([
    ['vm.min_free_kbytes 128M', '/proc/sys/vm/min_free_kbytes=131072'],
    ['vm.dirty_expire_centisecs 10s', '/proc/sys/vm/dirty_expire_centisecs=1000'],
    ['vm.dirty_writeback_centisecs 100', '/proc/sys/vm/dirty_writeback_centisecs=100'],
    ['vm.dirty_ratio 15%', '/proc/sys/vm/dirty_ratio=15'],
    ['vm.dirty_bytes 1M', '/proc/sys/vm/dirty_bytes=1048576'],
  ])('takes %s', (words, write) => {
    expect(writes(planOf(idle, `sysctl ${words}`))).toEqual([write]);
  });

  it.each([
    'vm.overcommit_memory 3',
    'vm.swappiness 201',
    'vm.swappiness -1',
    'vm.swappiness 10M',
    'vm.dirty_ratio 101',
    'vm.dirty_ratio -1',
    'vm.dirty_bytes 4096',
    'vm.dirty_background_bytes 0',
    'vm.overcommit_ratio -1',
    'vm.watermark_scale_factor 0',
    'vm.page-cluster 32',
    'vm.min_free_kbytes 0',
    'vm.min_free_kbytes 99999999999',
    'vm.dirty_expire_centisecs soon',
  ])('refuses %s before the kernel does', words => {
    expect(() => planOf(idle, `sysctl ${words}`)).toThrow(/ takes .*, not /);
  });

  it.each(['', 'vm.swappiness', 'vm.swappiness 1 2', 'kernel.panic 1', 'vm.drop_caches 3', 'toString 1'])(
    'knows nothing of %j',
    words => {
      expect(() => planOf(idle, `sysctl ${words}`.trim())).toThrow(/takes NAME VALUE|unknown sysctl/);
    },
  );

  it.each([
    ['vm.swappiness', 'vm.swappiness is 60, takes 0 to 200'],
    ['vm.overcommit_ratio', 'vm.overcommit_ratio is 50 %, takes 0 or more (percent)'],
    ['vm.min_free_kbytes', 'vm.min_free_kbytes is 66.0 MiB, takes 1024 or more (kB)'],
    ['vm.dirty_bytes', 'vm.dirty_bytes is 0 B, takes 8192 or more (bytes)'],
    ['vm.dirty_expire_centisecs', 'vm.dirty_expire_centisecs is 30s, takes 0 or more (centiseconds)'],
    ['vm.page-cluster', 'vm.page-cluster is 3, takes 0 to 31'],
  ])('tells what %s is and takes', (name, hint) => {
    expect(actions.get('sysctl')?.hint?.(idle, [name])).toBe(hint);
  });

  it('tells no hint of what it does not know', () => {
    expect(() => actions.get('sysctl')?.hint?.(idle, [])).toThrow(/unknown sysctl ''/);
    expect(sysctlText(sysctls['vm.swappiness']!, undefined)).toBe('–');
  });

  it.each([
    ['vm.swappiness', 0, 200],
    ['vm.page-cluster', 0, 31],
    ['vm.overcommit_memory', 0, 2],
    ['vm.overcommit_ratio', 0, 2 ** 31 - 1],
    ['vm.overcommit_kbytes', 1, Number.MAX_SAFE_INTEGER / 1024],
    ['vm.min_free_kbytes', 1024, 2 ** 31 - 1],
    ['vm.watermark_scale_factor', 1, 3000],
    ['vm.dirty_ratio', 0, 100],
    ['vm.dirty_bytes', 8192, Number.MAX_SAFE_INTEGER],
    ['vm.dirty_background_bytes', 1, Number.MAX_SAFE_INTEGER],
    ['vm.compaction_proactiveness', 0, 100],
  ])('takes for %s %i to %i', (name, least, most) => {
    const value = (number: number) => parseSysctl(idle, name, String(number)).value;
    expect(value(least)).toBe(least);
    expect(value(Math.floor(most))).toBe(Math.floor(most));
    expect(() => value(least - 1)).toThrow(/ takes .*, not |would leave/);
    expect(() => value(Math.floor(most) + 1)).toThrow(/ takes .*, not /);
  });

  it.each([
    ['vm.overcommit_ratio', '120%', 120],
    ['vm.overcommit_kbytes', '1000000B', 977],
    ['vm.overcommit_kbytes', '9999999999999999', undefined],
    ['vm.dirty_background_bytes', '1000000B', 1_000_000],
    ['vm.dirty_expire_centisecs', '1500ms', 150],
    ['vm.dirty_expire_centisecs', '1.234s', 123],
    ['vm.dirty_expire_centisecs', '5M', undefined],
    ['vm.dirty_ratio', '1000%', undefined],
    ['vm.dirty_ratio', 'x5%', undefined],
    ['vm.dirty_ratio', '5%x', undefined],
    ['vm.dirty_ratio', '1M', undefined],
    ['vm.swappiness', '10%', undefined],
    ['vm.swappiness', '10x', undefined],
    ['vm.swappiness', 'x10', undefined],
  ])('reads for %s %j as %j', (name, text, value) => {
    const read = () => parseSysctl(idle, name, text).value;
    if (value === undefined) expect(read).toThrow(`${name} takes `);
    else expect(read()).toBe(value);
  });

  it.each([
    ['vm.vfs_cache_pressure 0', [/memory can run out/]],
    ['vm.vfs_cache_pressure 1', []],
    ['vm.dirty_writeback_centisecs 0', [/by sync/]],
    ['vm.dirty_writeback_centisecs 1', []],
    ['vm.watermark_scale_factor 20', []],
  ])('warns of %s', (words, warned) => {
    expect(planOf(idle, `sysctl ${words}`).warnings).toEqual(warned.map(text => expect.stringMatching(text)));
  });

  it('tells the distance of the watermarks in bytes', () => {
    const model = capturedModel('debian12-1node', withMeminfo({ MemTotal: 10 * GiB }));
    expect(planOf(model, 'sysctl vm.watermark_scale_factor 1000').effect[0]).toBe(
      'host: kswapd wakes 1.00 GiB above what is kept free, or a little earlier',
    );
    expect(planOf(idle, 'sysctl vm.watermark_boost_factor 0').effect[0]).toMatch(/^host: How much more/);
  });

  it('keeps no more free than the host can spare, nor than 5 %, to the KiB', () => {
    const model = (available: number) => capturedModel('debian12-1node', withMeminfo({ MemAvailable: available }));
    const { mem_outside_pools: total, min_free: now } = idle.host.values;
    const refusal = (available: number, kib: number) =>
      planOf(model(available), `sysctl vm.min_free_kbytes ${kib}`).refusal;
    const kept = Math.max(now!, 0.02 * total!);
    const more = 100 * MiB;
    const kib = (now! + more) / KiB;
    expect(refusal(Math.ceil(kept + more), kib)).toBeUndefined();
    expect(refusal(Math.floor(kept + more) - 1, kib)).toMatchObject({
      forceable: false,
      reason: expect.stringMatching(/^100 MiB more/),
    });
    expect(refusal(0, kib)?.reason).toMatch(/can spare 0 B:/);
    // Less than now is always there.
    expect(refusal(0, now! / KiB - 1)).toBeUndefined();
    const most = Math.floor((0.05 * total!) / KiB);
    expect(refusal(20 * GiB, most)).toBeUndefined();
    expect(refusal(20 * GiB, most + 1)).toMatchObject({
      forceable: true,
      reason: expect.stringMatching(/^more than 5 % of RAM \(/),
    });
    const { effect } = planOf(idle, 'sysctl vm.min_free_kbytes 102400');
    expect(effect[0]).toBe('host: 100 MiB are available to nobody but the kernel; 23.1 GiB available now');
  });

  it.each([{ meminfo: {} }, { sysctls: { 'vm.swappiness': 60 } }])(
    'decides nothing on what to keep free with %j alone',
    change => {
      const model = capturedModel('debian12-1node', () => change);
      const { refusal } = planOf(model, 'sysctl vm.min_free_kbytes 100000');
      expect(refusal?.reason).toMatch(/unknown|not read/);
    },
  );

  it('keeps swappiness at 100 before Linux 5.8', () => {
    const older = (kernel: string) => capturedModel('debian12-1node', () => ({ kernel }));
    for (const kernel of ['4.18.0-553.el8', '5.7.19', '5.4.0-26-generic'])
      expect(() => planOf(older(kernel), 'sysctl vm.swappiness 150')).toThrow(/takes 0 to 100/);
    for (const kernel of ['5.8.0', '5.15.0-1', '6.1.0-18-amd64', '10.2'])
      expect(planOf(older(kernel), 'sysctl vm.swappiness 150').refusal).toBeUndefined();
  });

  it('refuses what it is already, and what this kernel lacks', () => {
    expect(planOf(idle, 'sysctl vm.swappiness 60').refusal?.reason).toBe('it is 60 already');
    const model = capturedModel('debian12-1node', () => ({ sysctls: {} }));
    expect(planOf(model, 'sysctl vm.swappiness 10').refusal?.reason).toMatch(/no vm.swappiness/);
  });

  it.each([
    ['2G', true, /more than 5 % of RAM/],
    ['30G', false, /it would kill processes/],
  ])('refuses to keep %s free', (size, forceable, reason) => {
    const { refusal } = planOf(idle, `sysctl vm.min_free_kbytes ${size}`);
    expect(refusal?.reason).toMatch(reason);
    expect(refusal?.forceable).toBe(forceable);
  });

  it('is always a whole number in its range, and its undo is understood', () => {
    const value = fc.oneof(
      fc.integer().map(String),
      fc.nat(300).map(String),
      fc.constantFrom('5s', '64M', '10%'),
      fc.string(),
    );
    fc.assert(
      fc.property(fc.constantFrom(...Object.keys(sysctls)), value, (name, text) => {
        let plan: ReturnType<typeof planOf>;
        try {
          plan = planOf(idle, `sysctl ${name} ${text}`);
        } catch (error) {
          expect((error as Error).message).toContain(text.includes(' ') ? 'takes' : name);
          return;
        }
        for (const write of writes(plan))
          expect(write).toMatch(new RegExp(`^/proc/sys/${name.replace('.', '/')}=\\d+$`));
        if (plan.undo) expect(planOf(idle, undoLine(plan) ?? '').refusal?.reason).toMatch(/already/);
      }),
      { numRuns: 300 },
    );
  });
});
