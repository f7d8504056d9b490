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

  it.each(['Cached', 'Shmem', 'Buffers', 'Dirty', 'SReclaimable'])('knows not what it would free without %s', name => {
    const blind = capturedModel('debian12-1node', ({ meminfo }) => {
      const { [name]: _gone, ...rest } = meminfo ?? {};
      return { meminfo: rest };
    });
    const refused = [1, 2, 3].filter(kind => planOf(blind, `drop-caches ${kind}`).refusal);
    expect(refused).toEqual(name === 'SReclaimable' ? [2, 3] : [1, 3]);
  });

  it('frees nothing where all waits for the disk, and says nothing of what does not wait', () => {
    const change = { Cached: MiB, Shmem: 0, Buffers: 0, Dirty: 2 * MiB, Writeback: 0 };
    expect(planOf(capturedModel('debian12-1node', withMeminfo(change)), 'drop-caches 1').effect).toEqual([
      'host: frees at most 0 B; what programs have mapped or in use stays',
      'host: 2.00 MiB that wait for the disk stay: sync writes them first',
    ]);
    expect(
      planOf(capturedModel('debian12-1node', withMeminfo({ ...change, Dirty: 0 })), 'drop-caches 1').effect,
    ).toEqual(['host: frees at most 1.00 MiB; what programs have mapped or in use stays']);
  });

  it('is planned whole', () => {
    expect(planOf(model, 'drop-caches 2')).toEqual({
      request: { action: 'drop-caches', words: ['2'] },
      subject: 'caches',
      summary: 'Drop directory and inode caches',
      steps: [{ kind: 'write', path: '/proc/sys/vm/drop_caches', value: '2' }],
      effect: ['host: frees at most 40.0 MiB; what programs have mapped or in use stays'],
      warnings: [expect.stringMatching(/^what was cached must be read from disk again/)],
    });
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

  it.each(['drop-caches', 'drop-caches 0', 'drop-caches 4', 'drop-caches 12', 'drop-caches x1', 'drop-caches 1 1'])(
    'takes no %j',
    line => {
      expect(() => planOf(model, line)).toThrow(/takes 1/);
    },
  );
});

describe('compact', () => {
  it('writes 1, with no way back', () => {
    expect(planOf(model, 'compact')).toEqual({
      request: { action: 'compact', words: [] },
      subject: 'compact',
      summary: 'Compact the memory of all nodes',
      steps: [{ kind: 'write', path: '/proc/sys/vm/compact_memory', value: '1' }],
      effect: [
        expect.stringMatching(/^host: the 22\.8 GiB that are free/),
        expect.stringMatching(/^host: nothing is freed/),
      ],
      warnings: [expect.stringMatching(/^a processor is busy/)],
    });
  });

  it('takes nothing more', () => {
    expect(() => planOf(model, 'compact now')).toThrow(/nothing more/);
  });
});
