import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { commitLimit } from '../../../src/actions/sysctl/commit-limit.ts';
import { dirtyThresholds } from '../../../src/actions/sysctl/dirty.ts';
import { sysctls } from '../../../src/actions/sysctl/sysctls.ts';
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
      expect(() => planOf(idle, `sysctl ${words}`.trim())).toThrow(/takes NAME VALUE|sets no sysctl/);
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
