import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isIdle, migrationOf, parseJob } from '../../src/vmm/libvirt/job.ts';

/** As libvirt 9.0 prints it of a migration. */
const running = `Job type: 2

operation: 5
time_elapsed: 3011
downtime: 500
setup_time: 3
data_total: 268967936
memory_total: 268967936
memory_processed: 8453966
memory_remaining: 243957760
memory_bps: 4185445
memory_constant: 4055
memory_normal: 2051
memory_dirty_rate: 12
memory_iteration: 2
memory_page_size: 4096
disk_total: 0

`;

const migrationIn = (text: string) => {
  const job = parseJob(text);
  return job && migrationOf(job);
};

describe('domjobinfo', () => {
  it('is a migration with QMP’s names, in seconds and 10^6 bit/s', () => {
    expect(migrationIn(running)).toEqual({
      status: 'active',
      values: { 'total-time': 3.011, 'expected-downtime': 0.5, 'setup-time': 0.003 },
      ram: {
        total: 268967936,
        remaining: 243957760,
        transferred: 8453966,
        mbps: expect.closeTo(33.48356, 5),
        'dirty-pages-rate': 12,
        'page-size': 4096,
        'dirty-sync-count': 2,
        normal: 2051,
        duplicate: 4055,
      },
    });
  });

  it('has no numbers before QEMU has begun, and leaves out what libvirt does not know', () => {
    expect(migrationIn('Job type: 2\n\noperation: 5\n\n')).toEqual({ status: 'setup', values: {}, ram: {} });
    const unknown = running.replace('memory_bps: 4185445', 'memory_bps: 18446744073709551615');
    expect(migrationIn(unknown)).not.toHaveProperty('ram.mbps');
  });

  it.each([
    ['no job', 'Job type: 0\n\n\n', 'none'],
    ['a dump to a file', 'Job type: 2\n\noperation: 8\n', 'none'],
    ['one that ends', 'Job type: 3\n\noperation: 5\n', undefined],
    ['an old virsh', "error: command 'domjobinfo' doesn't support option --rawstats\n", undefined],
    ['nothing', '', undefined],
  ])('is %s', (_what, text, job) => expect(migrationIn(text)).toBe(job));

  it('is idle where libvirt is at nothing', () => {
    const idle = (text: string) => isIdle(parseJob(text) ?? { type: -1, values: new Map() });
    expect([idle('Job type: 0\n\n'), idle(running), idle('')]).toEqual([true, false, false]);
  });

  it('gives numbers from 0 on only, whatever it is told', () => {
    const line = fc.tuple(fc.constantFrom(...running.match(/^\w+/gm)!), fc.oneof(fc.integer(), fc.string()));
    fc.assert(
      fc.property(fc.array(line), lines => {
        const job = migrationIn(
          `Job type: 2\noperation: 5\n${lines.map(([key, value]) => `${key}: ${value}\n`).join('')}`,
        );
        if (job === undefined || job === 'none') return;
        expect(job.status).toMatch(/^(active|setup)$/);
        for (const value of Object.values({ ...job.values, ...job.ram })) expect(value).toBeGreaterThanOrEqual(0);
      }),
    );
  });
});
