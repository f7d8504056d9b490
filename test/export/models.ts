import { join } from 'node:path';
import { createHostReader } from '../../src/collect/host/host.ts';
import { everything } from '../../src/fields/needs.ts';
import { derive, type Model } from '../../src/model.ts';
import { advise, startAdvising } from '../../src/policy/advisor.ts';
import type { Finding } from '../../src/policy/finding.ts';
import { defaultThresholds } from '../../src/policy/thresholds.ts';
import { Root } from '../../src/root.ts';
import type { GuestSample, HostSample, Sample } from '../../src/sample.ts';
import { guest, sample } from '../samples.ts';

const MiB = 1024 ** 2;
const GiB = 1024 ** 3;

/** A captured host, as kvmtop reads it. */
const readHost = (name: string): HostSample => {
  const reader = createHostReader(new Root(join(import.meta.dirname, '../hosts', name)));
  try {
    return reader.read(everything);
  } finally {
    reader.close();
  }
};

const lively = guest({
  name: 'web-1',
  manager: 'proxmox',
  launch: { size: 4 * GiB, backend: 'anon' },
  process: {
    status: { VmRSS: 3 * GiB, RssAnon: 3000 * MiB, RssShmem: 0, RssFile: 60 * MiB, VmPTE: 6 * MiB, VmSwap: 4096 },
    stat: { majflt: 50, minflt: 70_000, utime: 900, stime: 100 },
    ksm_stat: { ksm_merging_pages: 1000, ksm_process_profit: -64 },
  },
  monitor: {
    state: 'ok',
    time: 1_800_000_000,
    status: 'running',
    memory: { 'base-memory': 4 * GiB, 'plugged-memory': 0 },
    balloon: {
      device: true,
      actual: 3 * GiB,
      pollingInterval: 2,
      stats: {
        lastUpdate: 1_799_999_999,
        values: { 'stat-total-memory': 3000 * MiB, 'stat-available-memory': 2 * GiB, 'stat-major-faults': 140 },
      },
      earlier: { lastUpdate: 1_799_999_997, values: { 'stat-major-faults': 100 } },
    },
  },
});

const hostile = guest({
  id: '200.6000',
  pid: 200,
  name: '=HYPERLINK("見る\u001b]0;x\u0007\u009b2J\u202e",1)',
  launch: { size: GiB, backend: 'hugetlb' },
  process: { status: { RssAnon: MiB, HugetlbPages: GiB } },
  monitor: { state: 'busy', reason: 'it did not greet within 1 s', time: 1_799_999_990, status: 'paused' },
});

/** Two guests on a captured host: one that tells all, and one with a hostile name that tells little. */
export const samples = (guests: readonly GuestSample[] = [lively, hostile]): readonly [Sample, Sample] => {
  const host = readHost('two-nodes');
  const vmstat = host.vmstat ?? {};
  const after = {
    ...host,
    vmstat: { ...vmstat, pswpin: (vmstat['pswpin'] ?? 0) + 10, pgmajfault: (vmstat['pgmajfault'] ?? 0) + 30 },
  };
  const problems = [{ source: 'guest x\u001b[2J', message: 'its monitor hangs' }];
  return [
    sample({ host, guests, time: 1_799_999_998, monotonic: 100 }),
    sample({ host: after, guests, problems, monotonic: 102 }),
  ];
};

export const model = (guests?: readonly GuestSample[]): Model => derive(...samples(guests));

/** What the advisor finds at once. */
export const findings = (found: Model = model()): readonly Finding[] =>
  advise(startAdvising(false), found, defaultThresholds).findings;

/** The guest that tells nothing, under a name. */
export const named = (name: string): GuestSample => guest({ name });

/** Whatever may not reach a terminal; written anew here, so that a hole in the product's own list shows. */
export const steering =
  /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/;
