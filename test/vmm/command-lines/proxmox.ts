import type { CommandLine } from './told.ts';

/** What Proxmox writes around the memory of a guest; the kvm that is called is a link to QEMU. */
const guest = (vmid: number, name: string, memory: string, more = ''): Omit<CommandLine, 'how' | 'expect'> => ({
  argv: `/usr/bin/kvm -id ${vmid} -name '${name}' -no-shutdown
    -chardev 'socket,id=qmp,path=/var/run/qemu-server/${vmid}.qmp,server=on,wait=off' -mon 'chardev=qmp,mode=control'
    -chardev 'socket,id=qmp-event,path=/var/run/qmeventd.sock,reconnect-ms=5000' -mon 'chardev=qmp-event,mode=control'
    -pidfile /var/run/qemu-server/${vmid}.pid -daemonize -smbios 'type=1,uuid=2a2a0000-0000-4000-8000-00000000${vmid}'
    -smp '4,sockets=2,cores=2,maxcpus=4' -nodefaults -boot 'menu=on,strict=on' -vnc 'unix:/var/run/qemu-server/${vmid}.vnc,password=on'
    -cpu kvm64,enforce,+kvm_pv_eoi,+kvm_pv_unhalt,+lahf_lm,+sep ${memory} -global 'PIIX4_PM.disable_s3=1'
    -device 'virtio-balloon-pci,id=balloon0,bus=pci.0,addr=0x3,free-page-reporting=on' ${more} -machine 'hpet=off,type=pc+pve0'`,
  exe: '/usr/bin/qemu-system-x86_64',
  descriptors: { 12: 'kvm-vm' },
});

const said = (vmid: number) =>
  ({
    manager: 'proxmox',
    vmid,
    uuid: `2a2a0000-0000-4000-8000-00000000${vmid}`,
    accelerator: 'kvm',
    balloon: true,
    monitor: `/var/run/qemu-server/${vmid}.qmp`,
  }) as const;

const dimms = (count: number, what: string): string =>
  Array.from(
    { length: count },
    (_, at) =>
      `-object '${what},id=mem-dimm${at},size=512M' -device 'pc-dimm,id=dimm${at},memdev=mem-dimm${at},node=0'`,
  ).join(' ');

/** Guests as Proxmox VE starts them. */
export const proxmox: readonly CommandLine[] = [
  { how: 'a plain guest', ...guest(2001, 'web', '-m 4096'), expect: { ...said(2001), name: 'web', size: '4G' } },
  {
    how: 'with names of threads, as since 8.1',
    ...guest(2002, 'web,debug-threads=on', '-m 4096'),
    expect: { ...said(2002), name: 'web', size: '4G' },
  },
  {
    how: 'memory that can be plugged: boot memory, DIMMs, and as much as may be addressed',
    ...guest(
      2003,
      'plug,debug-threads=on',
      `-m 'size=1024,slots=255,maxmem=4194304M' -object 'memory-backend-ram,id=ram-node0,size=1024M' -numa 'node,nodeid=0,cpus=0-3,memdev=ram-node0' ${dimms(2, 'memory-backend-ram')}`,
    ),
    expect: {
      ...said(2003),
      name: 'plug',
      size: '1G',
      maxmem: '4T formal',
      memory: ['base anon 1G', 'dimm anon 512M dimm0', 'dimm anon 512M dimm1'],
    },
  },
  {
    how: 'memory that can be plugged, on an old processor',
    ...guest(
      2004,
      'plug',
      `-m 'size=1024,slots=255,maxmem=524288M' -object 'memory-backend-ram,id=ram-node0,size=1024M' -numa 'node,nodeid=0,cpus=0-3,memdev=ram-node0'`,
    ),
    expect: { ...said(2004), name: 'plug', size: '1G', maxmem: '512G formal' },
  },
  {
    how: 'hugepages of 1 GiB, plugged ones too',
    ...guest(
      2005,
      'huge',
      `-m 'size=2048,slots=255,maxmem=524288M' -object 'memory-backend-file,id=ram-node0,size=1024M,mem-path=/run/hugepages/kvm/1048576kB,share=on,prealloc=yes' -numa 'node,nodeid=0,cpus=0-1,memdev=ram-node0' -object 'memory-backend-file,id=ram-node1,size=1024M,mem-path=/run/hugepages/kvm/1048576kB,share=on,prealloc=yes' -numa 'node,nodeid=1,cpus=2-3,memdev=ram-node1' -object 'memory-backend-file,id=mem-dimm0,size=1024M,mem-path=/run/hugepages/kvm/1048576kB,share=on,prealloc=yes' -device 'pc-dimm,id=dimm0,memdev=mem-dimm0,node=0'`,
    ),
    expect: {
      ...said(2005),
      name: 'huge',
      size: '2G',
      maxmem: '512G formal',
      memory: ['base hugetlb 1G', 'base hugetlb 1G', 'dimm hugetlb 1G dimm0'],
      backend: 'hugetlb',
      prealloc: true,
    },
  },
  {
    how: 'hugepages of 2 MiB',
    ...guest(
      2006,
      'huge',
      `-m 8192 -object 'memory-backend-file,id=ram-node0,size=8192M,mem-path=/run/hugepages/kvm/2048kB,share=on,prealloc=yes' -numa 'node,nodeid=0,cpus=0-3,memdev=ram-node0'`,
    ),
    expect: {
      ...said(2006),
      name: 'huge',
      size: '8G',
      memory: ['base hugetlb 8G'],
      backend: 'hugetlb',
      prealloc: true,
    },
  },
  {
    how: 'two nodes',
    ...guest(
      2007,
      'numa',
      `-m 512 -object 'memory-backend-ram,id=ram-node0,size=256M' -numa 'node,nodeid=0,cpus=0,memdev=ram-node0' -object 'memory-backend-ram,id=ram-node1,size=256M' -numa 'node,nodeid=1,cpus=1,memdev=ram-node1'`,
    ),
    expect: { ...said(2007), name: 'numa', size: '512M', memory: ['base anon 256M', 'base anon 256M'] },
  },
  {
    how: 'shared memory for virtiofs',
    ...guest(
      2008,
      'fs',
      `-m 2048 -object 'memory-backend-memfd,id=virtiofs-mem,size=2048M,share=on' -machine memory-backend=virtiofs-mem`,
    ),
    expect: { ...said(2008), name: 'fs', size: '2G', memory: ['base shmem 2G'], backend: 'shared' },
  },
  {
    how: 'a host device, and the chipset’s configuration file',
    ...guest(
      2009,
      'gpu,debug-threads=on',
      `-m 16384 -readconfig /usr/share/qemu-server/pve-q35-4.0.cfg`,
      `-device 'vfio-pci,host=0000:01:00.0,id=hostpci0,bus=ich9-pcie-port-1,addr=0x0'`,
    ),
    files: {
      '/usr/share/qemu-server/pve-q35-4.0.cfg':
        '[device "ehci"]\n  driver = "ich9-usb-ehci1"\n  multifunction = "on"\n',
    },
    expect: { ...said(2009), name: 'gpu', size: '16G', pinnedBy: 'vfio-pci' },
  },
  {
    how: 'that file gone: the monitor is known all the same',
    ...guest(2010, 'q35', '-m 2048 -readconfig /usr/share/qemu-server/pve-q35-gone.cfg'),
    expect: { ...said(2010), name: 'q35', size: '2G' },
  },
  {
    how: 'no page sharing',
    ...guest(2011, 'alone', '-m 2048', '-machine mem-merge=off'),
    expect: { ...said(2011), name: 'alone', size: '2G', memMerge: false },
  },
  {
    how: 'encrypted memory (SEV-SNP)',
    ...guest(
      2012,
      'snp',
      `-m 4096 -object 'sev-snp-guest,id=sev0,cbitpos=51,reduced-phys-bits=6,policy=0x30000' -machine 'confidential-guest-support=sev0'`,
    ),
    expect: { ...said(2012), name: 'snp', size: '4G', confidential: 'SEV-SNP' },
  },
  {
    how: 'a processor passed through',
    ...guest(2013, 'cpu', '-m 2048', '-cpu host,+kvm_pv_eoi,+kvm_pv_unhalt'),
    expect: { ...said(2013), name: 'cpu', size: '2G', asyncPageFaults: true },
  },
  {
    how: 'KVM switched off',
    ...guest(2014, 'slow', '-m 2048', '-machine accel=tcg'),
    expect: { ...said(2014), name: 'slow', size: '2G', accelerator: 'tcg', asyncPageFaults: false },
  },
  {
    how: 'another architecture, emulated',
    argv: `/usr/bin/qemu-system-aarch64 -id 2015 -name arm -no-shutdown -chardev 'socket,id=qmp,path=/var/run/qemu-server/2015.qmp,server=on,wait=off' -mon 'chardev=qmp,mode=control' -daemonize -cpu cortex-a57 -m 1024 -machine 'accel=tcg,type=virt+pve0'`,
    expect: {
      manager: 'proxmox',
      vmid: 2015,
      name: 'arm',
      size: '1G',
      accelerator: 'tcg',
      asyncPageFaults: false,
      monitor: '/var/run/qemu-server/2015.qmp',
    },
  },
  {
    how: 'without a virtual machine in sight KVM did not work',
    ...guest(2016, 'nokvm', '-m 1024'),
    descriptors: {},
    expect: { ...said(2016), name: 'nokvm', size: '1G', accelerator: 'tcg', asyncPageFaults: false },
  },
  {
    how: 'a name in JSON’s clothes, and throttle groups as JSON',
    ...guest(2017, '{x}', `-m 1024 -object '{"id":"throttle-drive-scsi0","limits":{},"qom-type":"throttle-group"}'`),
    expect: { ...said(2017), name: '{x}', size: '1G' },
  },
  {
    how: 'as Proxmox 5 did',
    argv: `/usr/bin/kvm -id 218 -name old -chardev 'socket,id=qmp,path=/var/run/qemu-server/218.qmp,server,nowait' -mon 'chardev=qmp,mode=control' -pidfile /var/run/qemu-server/218.pid -daemonize -smp 1 -nodefaults -m 1024 -device 'virtio-balloon-pci,id=balloon0' -machine 'accel=kvm,type=pc'`,
    exe: '/usr/bin/qemu-system-x86_64',
    expect: {
      manager: 'proxmox',
      vmid: 218,
      name: 'old',
      size: '1G',
      accelerator: 'kvm',
      balloon: true,
      monitor: '/var/run/qemu-server/218.qmp',
    },
  },
];
