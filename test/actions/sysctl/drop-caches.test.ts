import { describe, expect, it } from 'vitest';
import { actions } from '../../../src/actions/actions.ts';
import { MiB } from '../../../src/units.ts';
import { capturedModel, planOf, withMeminfo, writes } from '../hosts.ts';

const model = capturedModel(
  'debian12-1node',
  withMeminfo({
    Cached: 900 * MiB,
    Buffers: 50 * MiB,
    Shmem: 100 * MiB,
    Dirty: 30 * MiB,
    Writeback: 20 * MiB,
    SReclaimable: 40 * MiB,
  }),
);

describe('drop-caches', () => {
  it.each([
    [1, '800 MiB'],
    [2, '40.0 MiB'],
    [3, '840 MiB'],
  ])('%i frees at most %s, with no way back', (kind, size) => {
    const plan = planOf(model, `drop-caches ${kind}`);
    expect(plan.refusal).toBeUndefined();
    expect(writes(plan)).toEqual([`/proc/sys/vm/drop_caches=${kind}`]);
    expect(plan.effect[0]).toMatch(new RegExp(`at most ${size}`));
    expect(plan.warnings.join()).toMatch(/read from disk again/);
    expect(plan.undo).toBeUndefined();
  });

  it('says what stays because it waits for the disk', () => {
    expect(planOf(model, 'drop-caches 1').effect[1]).toMatch(/30.0 MiB that wait for the disk stay/);
    expect(planOf(model, 'drop-caches 2').effect).toHaveLength(1);
  });

  it('tells each while it is typed', () => {
    expect(actions.get('drop-caches')?.hint?.(model, [])).toBe(
      '1: at most 800 MiB, 2: at most 40.0 MiB, 3: at most 840 MiB',
    );
  });

  it('refuses where what it would free is unknown', () => {
    expect(
      planOf(
        capturedModel('debian12-1node', () => ({ meminfo: {} })),
        'drop-caches 3',
      ).refusal?.reason,
    ).toMatch(/unknown/);
  });

  it.each(['drop-caches', 'drop-caches 0', 'drop-caches 4', 'drop-caches 1 1'])('takes no %j', line => {
    expect(() => planOf(model, line)).toThrow(/takes 1/);
  });
});

describe('compact', () => {
  it('writes 1, with no way back', () => {
    const plan = planOf(model, 'compact');
    expect(writes(plan)).toEqual(['/proc/sys/vm/compact_memory=1']);
    expect(plan.undo).toBeUndefined();
    expect(plan.warnings).not.toEqual([]);
  });

  it('takes nothing more', () => {
    expect(() => planOf(model, 'compact now')).toThrow(/nothing more/);
  });
});
