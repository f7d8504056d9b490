import type { GuestFieldId } from '../../fields/guest.ts';
import type { GuestModel, Model } from '../../model.ts';
import { own } from '../../own.ts';
import type { KvmSample } from '../../sample.ts';
import { safe } from '../../text.ts';
import { formatBytes, formatCount, formatRatio, unknown } from '../../units.ts';
import { backendWord } from '../../vmm/memory.ts';
import { type Line, type Span, span, type Tone } from '../line.ts';
import { type GuestColumn, guestList } from './guest-list.ts';
import { type Draw, heading, labelled, pairs } from './pane.ts';

interface Verdict {
  readonly text: string;
  readonly tone: Tone;
}

/** The modules that translate guest addresses, and their parameter that says how. */
const engines = [
  { module: 'kvm_intel', parameter: 'ept', name: 'EPT' },
  { module: 'kvm_amd', parameter: 'npt', name: 'NPT' },
] as const;

/** How KVM translates guests' addresses; unknown is said to be unknown, with the reason. */
export const translationVerdict = (kvm: KvmSample | undefined): Verdict => {
  if (!kvm) return { text: 'unknown: nothing of KVM could be read', tone: 'warn' };
  for (const { module, parameter, name } of engines) {
    if (!kvm.modules.includes(module)) continue;
    const value = kvm.parameters[`${module}.${parameter}`];
    if (value === 1) return { text: `${name}: the processor walks guest and host page tables`, tone: 'good' };
    if (value === 0)
      return {
        text: `shadow paging: ${module} has ${parameter}=N, so KVM keeps copies of guests’ page tables`,
        tone: 'bad',
      };
    return { text: `unknown: ${module} does not tell ${parameter}`, tone: 'warn' };
  }
  const others = kvm.modules.filter(module => module !== 'kvm');
  if (others.length > 0)
    return { text: `unknown: ${others.join(' and ')} does not say how it translates`, tone: 'warn' };
  const why = kvm.modules.includes('kvm')
    ? kvm.flags
      ? 'neither kvm_intel nor kvm_amd is loaded'
      : 'KVM of this architecture does not say how it translates'
    : 'KVM is not loaded: guests run by emulation (TCG), or elsewhere';
  return { text: `unknown: ${why}`, tone: 'warn' };
};

/** What the processor could do, which is not what KVM does with it. */
const processorText = (kvm: KvmSample | undefined): string => {
  const flags = kvm?.flags;
  if (!flags) return 'unknown: /proc/cpuinfo tells no flags';
  const nested = flags.filter(flag => flag === 'ept' || flag === 'npt').map(flag => flag.toUpperCase());
  if (nested.length > 0) return `offers ${nested.join(' and ')}${flags.includes('pdpe1gb') ? ', pages of 1 GiB' : ''}`;
  return flags.includes('hypervisor')
    ? 'shows neither ept nor npt: this host is a guest, whose hypervisor may hide them'
    : 'has neither ept nor npt';
};

const yesNo = (value: number | string | undefined): string =>
  value === 1 ? 'yes' : value === 0 ? 'no' : value === undefined ? unknown : String(value);

const nestedText = (kvm: KvmSample | undefined): string =>
  yesNo(kvm?.parameters['kvm_intel.nested'] ?? kvm?.parameters['kvm_amd.nested']);

/** Why KVM's statistics are missing, for all guests alike. */
const statisticsText = (kvm: KvmSample | undefined): Verdict | undefined => {
  switch (kvm?.statistics) {
    case 'read':
      return undefined;
    case 'denied':
      return { text: 'unknown: KVM’s statistics may not be read; run kvmtop as root', tone: 'warn' };
    case 'unmounted':
      return { text: 'unknown until: mount -t debugfs none /sys/kernel/debug', tone: 'warn' };
    case 'uncaptured':
      return { text: 'unknown: KVM’s statistics were not captured', tone: 'warn' };
    case 'absent':
      return { text: 'unknown: KVM has no statistics here; it is not loaded, or runs no guest', tone: 'warn' };
    default:
      return { text: 'unknown: nothing of KVM could be read', tone: 'warn' };
  }
};

/** All of the guests' mappings of one size; unknown when no guest's are known. */
const sumOf = (model: Model, id: 'mapped_4k' | 'mapped_2m' | 'mapped_1g'): number | undefined => {
  const known = model.guests.flatMap(guest => guest.values[id] ?? []);
  return known.length === 0 ? undefined : known.reduce((sum, value) => sum + value, 0);
};

const row = (label: string, ...rest: readonly Span[]): Line => [span(label.padEnd(11), 'dim'), ...rest];

/** How addresses are translated, by KVM and by the host's own kernel. */
export const translationPane: Draw = canvas => {
  const { model, width, height } = canvas;
  const { kvm, thp, meminfo } = model.sample.host;
  const verdict = translationVerdict(kvm);
  const missing = statisticsText(kvm);
  const parts = [sumOf(model, 'mapped_4k'), sumOf(model, 'mapped_2m'), sumOf(model, 'mapped_1g')];
  const whole = parts.reduce<number>((sum, part) => sum + (part ?? 0), 0);
  const mapped = (['4K', '2M', '1G'] as const).map((size, index) => [
    ...labelled(size, formatBytes(parts[index])),
    span(` ${formatRatio(parts[index] === undefined || whole === 0 ? undefined : parts[index] / whole)}`, 'dim'),
  ]);
  // Its sizes depend on the architecture: 4k, 2M and 1G, 4k, 64k, 2M and 1G, or 4k, 1M and 2G.
  const direct = Object.entries(meminfo ?? {}).flatMap(([key, bytes]) =>
    key.startsWith('DirectMap') ? [labelled(key.slice('DirectMap'.length), formatBytes(bytes))] : [],
  );
  const chosen = (key: string): string => String(own(thp, key) ?? unknown);
  const anonHuge = model.host.values.anon_huge_pages;
  const anon = model.host.values.anon_pages;
  const lines: Line[] = [
    row('KVM uses', span(verdict.text, verdict.tone)),
    row('processor', span(processorText(kvm))),
    row(
      'nested',
      ...pairs(
        width - 11,
        [span(nestedText(kvm)), span(' (guests may run guests)', 'dim')],
        labelled('TDP MMU', yesNo(kvm?.parameters['kvm.tdp_mmu'])),
        labelled('splits executable hugepages', yesNo(kvm?.parameters['kvm.nx_huge_pages'])),
      ),
    ),
    row('KVM maps', ...(missing ? [span(missing.text, missing.tone)] : pairs(width - 11, ...mapped))),
    row(
      'TLB',
      span(
        kvm?.tlbEntries === undefined
          ? 'entries unknown (only AMD’s tell): all of a guest takes MAPPINGS'
          : `${formatCount(kvm.tlbEntries)} entries: TLBREACH is the most of a guest they reach`,
        'dim',
      ),
    ),
    row(
      'THP',
      ...pairs(
        width - 11,
        labelled('enabled', chosen('enabled')),
        labelled('defrag', chosen('defrag')),
        labelled('shmem', chosen('shmem_enabled')),
        [span(formatBytes(anonHuge)), span(` of anonymous ${formatBytes(anon)}`, 'dim')],
      ),
    ),
    row(
      'host maps',
      ...(direct.length > 0 ? pairs(width - 11, ...direct) : [span('unknown: this kernel tells no DirectMap', 'dim')]),
    ),
    row(
      'tables',
      ...pairs(
        width - 11,
        labelled('of processes', formatBytes(meminfo?.['PageTables'])),
        labelled('of KVM and IOMMUs', formatBytes(meminfo?.['SecPageTables'])),
      ),
    ),
  ];
  return [heading('Address translation', canvas), ...lines].slice(0, height);
};

/** Rows of `translationPane`. */
export const translationRows = 9;

/** Why a guest's mappings are unknown, but for what is so for all of them: that is told above. */
const missingWord = ({ values, sample }: GuestModel, read: boolean): string => {
  const { accelerator } = sample.launch;
  if (accelerator !== undefined && accelerator !== 'kvm')
    return `runs under ${safe(accelerator).toUpperCase()}, not KVM`;
  if (!read) return '';
  if (values.mappings === undefined) return 'KVM knows no such process';
  return values.mappings === 0 ? 'nothing mapped yet' : '';
};

const whyColumn = (read: boolean): GuestColumn => ({
  title: 'WHY UNKNOWN',
  width: 14,
  left: true,
  cell: guest => ({ text: missingWord(guest, read), tone: 'dim' }),
});

/** The guests, by the size of the pages that KVM maps them in. */
export const mappingsPane: Draw = canvas => {
  const read = canvas.model.sample.host.kvm?.statistics === 'read';
  const columns: readonly (GuestFieldId | GuestColumn)[] = [
    {
      title: 'BACKEND',
      width: 7,
      left: true,
      cell: guest => ({ text: backendWord(guest.sample), tone: 'dim' }),
    },
    'mapped_4k',
    'mapped_2m',
    'mapped_1g',
    'mappings',
    'tlb_reach',
    whyColumn(read),
  ];
  return guestList(canvas, columns);
};
