import { longBytes } from '../../units.ts';
import type { Facts, Finding } from './facts.ts';

/** 6.1 of `6.1.0-13-amd64`. */
const versionOf = (release: string | undefined): readonly [number, number] | undefined => {
  const match = /^(\d+)\.(\d+)/.exec(release ?? '');
  return match ? [Number(match[1]), Number(match[2])] : undefined;
};

/** Whether the kernel is older; false where its version is unknown. */
const isOlder = ({ model }: Facts, major: number, minor: number): boolean => {
  const version = versionOf(model.sample.host.kernel);
  if (!version) return false;
  return version[0] < major || (version[0] === major && version[1] < minor);
};

const pressure = (facts: Facts): Finding => {
  const id = 'psi';
  if (facts.model.sample.host.pressure?.memory)
    return { id, ok: true, text: 'memory pressure (PSI) is told by the kernel' };
  const text = 'memory pressure can’t be seen: the kernel has no /proc/pressure/memory';
  if (isOlder(facts, 4, 20)) return { id, ok: false, text, fix: 'Linux 4.20 or newer' };
  return {
    id,
    ok: false,
    text,
    fix: 'boot with psi=1: add it to GRUB_CMDLINE_LINUX in /etc/default/grub, update-grub, reboot; needs CONFIG_PSI',
  };
};

const sharing = ({ model }: Facts): Finding => {
  const { ksm } = model.sample.host;
  const id = 'ksm';
  if (!ksm)
    return {
      id,
      ok: false,
      text: 'page sharing is not there: the kernel has no /sys/kernel/mm/ksm',
      fix: 'a kernel with CONFIG_KSM',
    };
  if (ksm['run'] === 1) return { id, ok: true, text: 'page sharing (KSM) runs' };
  const saved = model.host.values.ksm_saved ?? 0;
  return {
    id,
    ok: false,
    text:
      ksm['run'] !== 2 && saved > 0
        ? `page sharing (KSM) is off: what it has merged stays so (${longBytes(saved)} saved), but pages that become equal are kept twice`
        : `page sharing (KSM) is off${ksm['run'] === 2 ? ' and what was merged is split again' : ''}: equal pages of guests are kept twice`,
    fix: 'kvmtop do ksm run (where guests trust each other: sharing can be observed from inside)',
  };
};

/** /proc/PID/ksm_merging_pages came with Linux 5.19. */
const sharingOfGuests = (facts: Facts): readonly Finding[] => {
  const id = 'ksm_stat';
  const told = facts.model.guests.some(({ sample }) => sample.process.ksm_stat?.['ksm_merging_pages'] !== undefined);
  if (told) return [{ id, ok: true, text: 'the kernel tells what KSM merges of each guest' }];
  if (!isOlder(facts, 5, 19)) return [];
  return [
    {
      id,
      ok: false,
      text: 'what KSM merges of each guest can’t be seen, nor what a guest with merged pages costs: this kernel does not tell',
      fix: 'Linux 5.19 or newer',
    },
  ];
};

const swap = ({ model }: Facts): Finding => {
  const id = 'swap';
  const total = model.host.values.swap_total;
  if (total === undefined)
    return { id, ok: false, text: 'whether there is swap is unknown: /proc/meminfo does not tell' };
  if (total > 0) return { id, ok: true, text: `swap of ${longBytes(total)} is there` };
  return {
    id,
    ok: false,
    text: 'no swap: what is idle in guests stays in RAM, and a shortage kills at once',
    fix: 'fallocate -l 8G /swapfile && chmod 600 /swapfile && mkswap /swapfile && swapon /swapfile',
  };
};

/** Of a captured tree, that has no devices: guests that run under KVM show it, too, and modules but the part common to all. */
const virtualisation = ({ hasKvm, shown, model }: Facts): Finding => {
  const id = 'kvm';
  const { modules = [], flags } = model.sample.host.kvm ?? {};
  const used = model.guests.some(({ sample }) => sample.launch.accelerator === 'kvm');
  if (hasKvm || used || modules.some(name => name !== 'kvm')) return { id, ok: true, text: 'KVM is there' };
  if (shown !== 'host') return { id, ok: false, text: 'whether KVM is there is unknown: these files do not tell' };
  const text = 'KVM is not there: guests are emulated (slow), and how they are translated can’t be told';
  const module = flags?.includes('vmx') ? 'kvm_intel' : flags?.includes('svm') ? 'kvm_amd' : undefined;
  if (module) return { id, ok: false, text, fix: `modprobe ${module}` };
  const fix = flags?.includes('hypervisor')
    ? 'this host is a guest itself: let its own host pass virtualisation on (-cpu host, kvm_intel.nested=1)'
    : 'switch on VT-x or AMD-V in the firmware';
  return { id, ok: false, text, ...(flags ? { fix } : {}) };
};

const statistics = ({ model }: Facts): readonly Finding[] => {
  const id = 'debugfs';
  const text = 'KVM’s statistics of each guest (page sizes, page faults) can’t be seen';
  switch (model.sample.host.kvm?.statistics) {
    case 'read':
      return [{ id, ok: true, text: 'KVM’s statistics of each guest can be read' }];
    case 'unmounted':
      return [
        { id, ok: false, text: `${text}: debugfs is not mounted`, fix: 'mount -t debugfs none /sys/kernel/debug' },
      ];
    case 'uncaptured':
      return [
        {
          id,
          ok: false,
          text: `${text}: they were not captured`,
          fix: 'mount -t debugfs none /sys/kernel/debug before it is captured',
        },
      ];
    case 'denied':
      return [{ id, ok: false, text: `${text}: only root may`, fix: 'run it as root: sudo kvmtop' }];
    default:
      // Without KVM there are none, which is told already.
      return [];
  }
};

/** What the kernel has, and what is off. */
export const kernelFindings = (facts: Facts): readonly Finding[] => [
  pressure(facts),
  swap(facts),
  sharing(facts),
  ...sharingOfGuests(facts),
  virtualisation(facts),
  ...statistics(facts),
];
