import type { KvmSample, Numbers } from '../../sample.ts';
import { GiB, KiB, MiB } from '../../units.ts';
import { type DemoGuest, inPages } from './guest.ts';

/** Part of an ordinary guest's memory that KVM maps in pages of 2 MiB; merging by KSM splits them. */
const hugePart = 0.7;

/** What KVM maps of a guest: in pages as large as its memory is made of on the host. */
const statisticsOf = (guest: DemoGuest): Numbers => {
  const { hugepage } = guest.spec;
  const small = hugepage === undefined ? inPages(guest.merged * 4 * KiB) : 0;
  const large = hugepage === undefined && guest.backend === 'anon' ? hugePart * Math.max(0, guest.resident - small) : 0;
  const in1g = hugepage === GiB ? guest.touched / GiB : 0;
  const in2m = hugepage === 2 * MiB ? guest.touched / (2 * MiB) : Math.floor(large / (2 * MiB));
  const faults = guest.counters.hostMinors + guest.counters.hostMajors;
  return {
    pages_4k: hugepage === undefined ? Math.max(0, guest.resident - in2m * 2 * MiB) / (4 * KiB) : 0,
    pages_2m: in2m,
    pages_1g: in1g,
    pf_taken: faults,
    pf_fixed: Math.floor(faults * 0.98),
    pf_guest: 0,
    remote_tlb_flush: Math.floor(faults / 40),
  };
};

/** An Intel host under EPT. Its guest of Firecracker was started without KVM's statistics in sight. */
export const kvmOf = (guests: readonly DemoGuest[]): KvmSample => ({
  modules: ['kvm', 'kvm_intel'],
  parameters: {
    'kvm.nx_huge_pages': 1,
    'kvm.tdp_mmu': 1,
    'kvm_intel.ept': 1,
    'kvm_intel.eptad': 1,
    'kvm_intel.nested': 1,
    'kvm_intel.vpid': 1,
  },
  flags: ['vmx', 'ept', 'ept_ad', 'vpid', 'pdpe1gb', 'pcid'],
  statistics: 'read',
  vms: Object.fromEntries(
    guests.filter(guest => guest.spec.vmm !== 'other').map(guest => [String(guest.pid), statisticsOf(guest)]),
  ),
});

/** Where a guest's memory is: most of it on one of the two nodes, hugepages on both alike. Bytes. */
export const placementOf = (guest: DemoGuest): Numbers => {
  const bytes = guest.backend === 'hugetlb' ? guest.touched : guest.resident;
  const part = guest.backend === 'hugetlb' ? 0.5 : 0.94;
  const home = inPages(bytes * part);
  const away = bytes - home;
  return guest.pid % 2 === 0 ? { N0: home, N1: away } : { N0: away, N1: home };
};
