import { balloonFloor } from '../../../actions/balloon/rails.ts';
import { whyNotMerged } from '../../../fields/mergeable.ts';
import type { GuestModel } from '../../../model.ts';
import type { Backing, MemoryPart } from '../../../sample.ts';
import { formatDuration, longBytes } from '../../../units.ts';
import { ramByKind, whyKept, whyPartlyKept } from '../../../vmm/memory.ts';
import { type Line, span, type Tone } from '../../line.ts';
import { type Canvas, heading, wrap } from '../pane.ts';

const labelWidth = 11;

interface Fact {
  readonly label: string;
  readonly text: string;
  readonly tone?: Tone;
}

const kinds: Readonly<Record<Backing, string>> = {
  anon: 'private memory',
  shmem: 'shared memory (memfd or tmpfs)',
  file: 'files on a disk',
  hugetlb: 'hugepages',
};
const uses: Readonly<Record<MemoryPart['use'], string>> = {
  base: 'boot memory',
  dimm: 'DIMM',
  'virtio-mem': 'virtio-mem',
};

const backing = ({ sample }: GuestModel): string => {
  const amounts = Object.entries(ramByKind(sample) ?? {}) as [Backing, number][];
  const told = amounts.map(([kind, bytes]) => `${longBytes(bytes)} in ${kinds[kind]}`).join(', ');
  return [told || 'unknown', ...(sample.launch.prealloc ? ['allocated at the start (prealloc)'] : [])].join(', ');
};

/** What it was started with, part by part, where that is more than one. */
const parts = ({ sample }: GuestModel): readonly Fact[] => {
  const { parts = [] } = sample.launch;
  if (parts.length < 2) return [];
  const told = parts.map(({ use, id, size, merge }) =>
    [
      uses[use],
      id,
      size === undefined ? undefined : longBytes(size),
      merge === false ? 'not offered to KSM' : undefined,
    ]
      .filter(text => text !== undefined)
      .join(' '),
  );
  return [{ label: 'parts', text: told.join('; ') }];
};

const hugepages = ({ sample }: GuestModel, { model }: Canvas): string => {
  const own = sample.process.smaps_rollup?.['AnonHugePages'];
  const thp = model.sample.host.thp?.['enabled'];
  const bytes = ramByKind(sample)?.hugetlb;
  return [
    bytes === undefined ? 'none from the pools' : `${longBytes(bytes)} from the pools`,
    `transparent ones ${thp === undefined ? 'unknown' : `${thp}`} on this host`,
    own === undefined ? 'how many it has is not measured (p)' : `it has ${longBytes(own)}`,
  ].join('; ');
};

const placement = ({ sample }: GuestModel): string => {
  const nodes = Object.entries(sample.process.numa_maps ?? {});
  return nodes.length === 0
    ? 'not measured (n)'
    : nodes.map(([node, bytes]) => `node ${node.slice(1)} ${longBytes(bytes)}`).join(', ');
};

const balloon = (guest: GuestModel, { state }: Canvas): readonly Fact[] => {
  const { sample, values } = guest;
  const device = sample.monitor.balloon;
  if (!device?.device) return [];
  const kept = whyKept(sample);
  const partly = whyPartlyKept(sample);
  const told = [
    `safe down to ${longBytes(balloonFloor(guest, state.setting.limits))}`,
    ...(device.deflateOnOom ? ['gives back when the guest runs out (deflate-on-oom)'] : []),
    ...(values.stats_interval === undefined
      ? []
      : [
          values.stats_interval === 0 ? 'statistics are off' : `reports every ${formatDuration(values.stats_interval)}`,
        ]),
  ].join(', ');
  if (kept !== undefined)
    return [{ label: 'balloon', text: `${told}; frees nothing on the host: ${kept}`, tone: 'warn' }];
  return [{ label: 'balloon', text: partly === undefined ? told : `${told}; frees only a part: ${partly}` }];
};

const pinned = ({ sample: { launch } }: GuestModel): readonly Fact[] => {
  const told = [
    ...(launch.memLock ? ['locked (mem-lock)'] : []),
    ...(launch.pinnedBy === undefined ? [] : [`pinned for a device (${launch.pinnedBy})`]),
    ...(launch.confidential === undefined ? [] : [`kept from the host (${launch.confidential})`]),
  ];
  return told.length === 0 ? [] : [{ label: 'pinned', text: told.join(', '), tone: 'warn' }];
};

const limits = ({ sample }: GuestModel): readonly Fact[] => {
  const told = Object.entries(sample.monitor.memtune ?? {});
  return told.length === 0
    ? []
    : [{ label: 'limits', text: told.map(([name, bytes]) => `${name} ${longBytes(bytes)}`).join(', ') }];
};

const devices = ({ sample }: GuestModel): readonly Fact[] => {
  const told = (sample.monitor.memoryDevices ?? []).map(({ type, id, values }) => {
    const { size, 'requested-size': requested, 'max-size': most } = values;
    return [
      `${type}${id === undefined ? '' : ` ${id}`} ${longBytes(size)}`,
      ...(requested === undefined ? [] : [`asked for ${longBytes(requested)}`]),
      ...(most === undefined ? [] : [`most ${longBytes(most)}`]),
    ].join(', ');
  });
  return told.length === 0 ? [] : [{ label: 'devices', text: told.join('; ') }];
};

const runs = ({ pid, sample }: GuestModel): string => {
  const { launch, vmm, manager, monitor } = sample;
  return [
    manager === undefined ? vmm : `${vmm} by ${manager}`,
    ...(monitor.qemuVersion === undefined ? [] : [monitor.qemuVersion]),
    ...(launch.accelerator === undefined ? [] : [launch.accelerator]),
    `pid ${pid}`,
    ...(launch.vmid === undefined ? [] : [`vmid ${launch.vmid}`]),
    ...(launch.uuid === undefined ? [] : [`uuid ${launch.uuid}`]),
  ].join(', ');
};

const monitorText = ({ sample: { monitor }, values }: GuestModel): string => {
  const age = values.monitor_age;
  return [
    monitor.state,
    ...(age === undefined ? [] : [`answered ${formatDuration(Math.floor(age))} ago`]),
    ...(monitor.state === 'ok' || !monitor.reason ? [] : [monitor.reason]),
    ...(monitor.path === undefined ? [] : [monitor.path]),
  ].join(', ');
};

const factsOf = (guest: GuestModel, canvas: Canvas): readonly Fact[] => {
  const unmerged = whyNotMerged(guest.sample);
  const { state: heard } = guest.sample.monitor;
  return [
    { label: 'run by', text: runs(guest) },
    { label: 'monitor', text: monitorText(guest), tone: heard === 'ok' ? 'text' : 'warn' },
    { label: 'memory', text: backing(guest) },
    ...parts(guest),
    ...devices(guest),
    ...pinned(guest),
    ...balloon(guest, canvas),
    { label: 'KSM', text: unmerged ?? 'may merge its private memory' },
    { label: 'hugepages', text: hugepages(guest, canvas) },
    { label: 'NUMA', text: placement(guest) },
    ...limits(guest),
  ];
};

/** How the guest was started and what of that concerns memory, as far as its command line, monitor and manager tell. */
export const startLines = (guest: GuestModel, canvas: Canvas): readonly Line[] => [
  heading('How it was started', canvas),
  ...factsOf(guest, canvas).flatMap(({ label, text, tone = 'text' }) =>
    wrap(text, Math.max(20, canvas.width - labelWidth)).map(
      (row, index): Line => [span((index === 0 ? label : '').padEnd(labelWidth), 'dim'), span(row, tone)],
    ),
  ),
];
