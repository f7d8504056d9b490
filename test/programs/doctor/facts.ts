import { defaultLimits } from '../../../src/actions/limits.ts';
import { defaults } from '../../../src/config/settings.ts';
import { derive, type Model } from '../../../src/model.ts';
import type { Facts, Finding } from '../../../src/programs/doctor/facts.ts';
import type { GuestSample, HostSample } from '../../../src/sample.ts';
import { GiB } from '../../../src/units.ts';
import { sample } from '../../samples.ts';

export const now = 1_800_000_000;

/** A host on which nothing is missing. */
export const goodHost: HostSample = {
  kernel: '6.12.3-amd64',
  meminfo: { MemTotal: 16 * GiB, MemAvailable: 8 * GiB, SwapTotal: 4 * GiB, SwapFree: 4 * GiB },
  pressure: { memory: { 'some avg10': 0 } },
  ksm: { run: 1 },
  kvm: { modules: ['kvm', 'kvm_intel'], parameters: {}, statistics: 'read', vms: {} },
};

export const modelOf = (host: HostSample = goodHost, ...guests: GuestSample[]): Model =>
  derive(undefined, sample({ time: now, host, guests }));

/** What is known where nothing is missing, with `change` on top. */
export const factsOf = (change: Partial<Facts> = {}): Facts => ({
  model: modelOf(),
  shown: 'host',
  isRoot: true,
  readOnly: false,
  env: { TERM: 'xterm-256color', LANG: 'C.UTF-8' },
  settings: defaults,
  limits: defaultLimits,
  terminal: { columns: 80, rows: 24 },
  kernelFiles: 'writable',
  journal: { path: '/var/log/kvmtop/journal.ndjson', access: 'writable' },
  hasVirsh: true,
  hasLibvirt: false,
  connect: 'qemu:///system',
  hasLibvirtSocket: true,
  hasKvm: true,
  ...change,
});

/** The one finding of that id. */
export const only = (findings: readonly Finding[], id: string): Finding => {
  const found = findings.filter(one => one.id === id);
  if (found.length !== 1 || !found[0]) throw new Error(`${found.length} findings called ${id}`);
  return found[0];
};
