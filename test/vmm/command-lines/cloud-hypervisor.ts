import type { CommandLine } from './told.ts';

const ch = { vmm: 'cloud-hypervisor' } as const;
const boot =
  '/usr/bin/cloud-hypervisor --kernel ./vmlinux --cmdline "root=/dev/vda1 rw" --disk path=a.raw path=b.raw --cpus boot=4,max=8';
const unmerged = { memMerge: false } as const;

/** Guests as Cloud Hypervisor starts them: by its own words, or by the API alone. */
export const cloudHypervisor: readonly CommandLine[] = [
  {
    how: 'all by the API',
    argv: '/usr/bin/cloud-hypervisor --api-socket /run/ch/a.sock',
    expect: { ...ch, monitor: '/run/ch/a.sock' },
  },
  {
    how: 'the API’s path by its key',
    argv: '/usr/bin/cloud-hypervisor --api-socket path=/run/ch/b.sock --event-monitor path=/tmp/events',
    expect: { ...ch, monitor: '/run/ch/b.sock' },
  },
  {
    how: 'the API on a descriptor with a path',
    argv: '/usr/bin/cloud-hypervisor --api-socket fd=3',
    descriptors: { 3: '/run/ch/c.sock' },
    expect: { ...ch, monitor: '/run/ch/c.sock' },
  },
  {
    how: 'the API on a descriptor that can’t be seen',
    argv: '/usr/bin/cloud-hypervisor --api-socket fd=3',
    expect: { ...ch, monitor: 'it was started without an API socket' },
  },
  {
    how: 'a size',
    argv: `${boot} --memory size=1024M --api-socket /run/ch/d.sock`,
    expect: { ...ch, size: '1G', ...unmerged, monitor: '/run/ch/d.sock' },
  },
  {
    how: 'no size: its own',
    argv: `${boot} --net tap=tap0 --api-socket=/run/ch/e.sock`,
    expect: { ...ch, size: '512M', ...unmerged, monitor: '/run/ch/e.sock' },
  },
  {
    how: 'a size in bytes, offered to KSM, without an API',
    argv: `${boot} --memory size=1073741824,mergeable=on`,
    expect: { ...ch, size: '1G', monitor: 'it was started without an API socket' },
  },
  {
    how: 'shared, for vhost-user',
    argv: `${boot} --memory size=2G,shared=on --fs tag=x,socket=/run/fs.sock --api-socket /run/ch/f.sock`,
    expect: { ...ch, size: '2G', memory: ['base shmem 2G'], backend: 'shared', ...unmerged, monitor: '/run/ch/f.sock' },
  },
  {
    how: 'hugepages, touched at once',
    argv: `${boot} --memory size=4G,hugepages=on,hugepage_size=2M,prefault=on --api-socket /run/ch/g.sock`,
    expect: {
      ...ch,
      size: '4G',
      memory: ['base hugetlb 4G'],
      backend: 'hugetlb',
      prealloc: true,
      ...unmerged,
      monitor: '/run/ch/g.sock',
    },
  },
  {
    how: 'room for plugging by ACPI',
    argv: `${boot} --memory size=1G,hotplug_size=8G --api-socket /run/ch/h.sock`,
    expect: { ...ch, size: '1G', maxmem: '9G', ...unmerged, monitor: '/run/ch/h.sock' },
  },
  {
    how: 'room for plugging by virtio-mem',
    argv: `${boot} --memory size=1G,hotplug_method=virtio-mem,hotplug_size=8G,hotplugged_size=2G --api-socket /run/ch/i.sock`,
    expect: {
      ...ch,
      size: '1G',
      memory: ['base anon 1G', 'virtio-mem anon 8G requested 2G'],
      ...unmerged,
      monitor: '/run/ch/i.sock',
    },
  },
  {
    how: 'zones, in one list and in two options',
    argv: `${boot} --memory size=0 --memory-zone id=mem0,size=1G id=mem1,size=2G,shared=on --memory-zone id=mem2,size=1G,hugepages=on --api-socket /run/ch/j.sock`,
    expect: {
      ...ch,
      size: '4G',
      memory: ['base anon 1G mem0', 'base shmem 2G mem1', 'base hugetlb 1G mem2'],
      backend: 'shared',
      ...unmerged,
      monitor: '/run/ch/j.sock',
    },
  },
  {
    how: 'a zone in a file on a disk',
    argv: `${boot} --memory size=0 --memory-zone id=mem0,size=1G,file=/var/lib/ram,shared=on`,
    expect: {
      ...ch,
      size: '1G',
      memory: ['base file 1G mem0'],
      backend: 'shared',
      ...unmerged,
      monitor: 'it was started without an API socket',
    },
  },
  {
    how: 'a balloon',
    argv: `${boot} --memory size=1G --balloon size=0,deflate_on_oom=on,free_page_reporting=on --api-socket /run/ch/k.sock`,
    expect: { ...ch, size: '1G', ...unmerged, balloon: true, monitor: '/run/ch/k.sock' },
  },
  {
    how: 'a device passed through',
    argv: `${boot} --memory size=1G --device path=/sys/bus/pci/devices/0000:01:00.0/ --api-socket /run/ch/l.sock`,
    expect: { ...ch, size: '1G', ...unmerged, pinnedBy: 'VFIO', monitor: '/run/ch/l.sock' },
  },
  {
    how: 'a vDPA device, and memory kept from the host',
    argv: `${boot} --memory size=1G --vdpa path=/dev/vhost-vdpa-0,num_queues=2 --platform sev_snp=on --api-socket /run/ch/m.sock`,
    expect: {
      ...ch,
      size: '1G',
      ...unmerged,
      pinnedBy: 'vDPA',
      confidential: 'SEV-SNP',
      monitor: '/run/ch/m.sock',
    },
  },
  {
    how: 'firmware instead of a kernel, and a static build',
    argv: './cloud-hypervisor-static --firmware ./hypervisor-fw --disk path=focal.raw --memory size=1024M --rng',
    exe: '/opt/ch/cloud-hypervisor-static',
    expect: { ...ch, size: '1G', ...unmerged, monitor: 'it was started without an API socket' },
  },
  {
    how: 'as Kata starts it',
    argv: '/opt/kata/bin/cloud-hypervisor --api-socket /run/vc/vm/5f0c/clh-api.sock',
    expect: { ...ch, monitor: '/run/vc/vm/5f0c/clh-api.sock' },
  },
];
