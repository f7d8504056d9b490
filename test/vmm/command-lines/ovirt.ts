import type { CommandLine } from './told.ts';

const handed = 'its QMP monitor was handed over as an open descriptor';
const uuid = 'c0c0c0c0-0000-4000-8000-0000000000a1';

/** What oVirt has libvirt write around the memory of a guest. */
const guest = (name: string, memory: string, more = ''): string =>
  `/usr/libexec/qemu-kvm -name guest=${name},debug-threads=on -S
  -object '{"qom-type":"secret","id":"masterKey0","format":"raw","file":"/var/lib/libvirt/qemu/domain-9-${name}/master-key.aes"}'
  -accel kvm -cpu Cascadelake-Server,mpx=off ${memory} -smp 4,maxcpus=16,sockets=16,dies=1,cores=1,threads=1 -uuid ${uuid}
  -smbios type=1,manufacturer=oVirt,product=RHEL,version=9.4,serial=1234,uuid=${uuid},sku=8.6.0,family=oVirt
  -no-user-config -nodefaults -chardev socket,id=charmonitor,fd=35,server=on,wait=off -mon chardev=charmonitor,id=monitor,mode=control
  -rtc base=2024-05-01T10:00:00,driftfix=slew -no-shutdown -boot strict=on
  -device '{"driver":"virtio-balloon-pci","id":"ua-1f1f","bus":"pci.7","addr":"0x0"}' ${more} -msg timestamp=on`;

const said = { manager: 'libvirt', uuid, accelerator: 'kvm', balloon: true, monitor: handed } as const;
const node = (mib: number): string =>
  `-object '{"qom-type":"memory-backend-ram","id":"ram-node0","size":${mib * 1024 ** 2}}' -numa node,nodeid=0,cpus=0-15,memdev=ram-node0`;

/** Guests as oVirt and RHV start them, by libvirt. */
export const ovirt: readonly CommandLine[] = [
  {
    how: 'four times its memory as the most, as the engine has it by default',
    argv: guest('app', `-machine pc-q35-rhel9.2.0,usb=off -m size=4194304k,slots=16,maxmem=16777216k ${node(4096)}`),
    expect: { ...said, name: 'app', size: '4G', maxmem: '16G' },
  },
  {
    how: 'the most that an engine allows',
    argv: guest('big', `-machine pc-q35-rhel9.2.0,usb=off -m size=4194304k,slots=16,maxmem=6442450944k ${node(4096)}`),
    expect: { ...said, name: 'big', size: '4G', maxmem: '6T' },
  },
  {
    how: 'nodes in the old words',
    argv: guest(
      'old',
      '-machine pc-i440fx-rhel7.6.0 -m size=2097152k,slots=16,maxmem=8388608k -numa node,nodeid=0,cpus=0-15,mem=2048',
    ),
    expect: { ...said, name: 'old', size: '2G', maxmem: '8G' },
  },
  {
    how: 'memory that was plugged, after a migration',
    argv: guest(
      'plug',
      `-machine pc-q35-rhel9.2.0 -m size=4194304k,slots=16,maxmem=16777216k ${node(4096)} -object '{"qom-type":"memory-backend-ram","id":"memua-5c5c","size":1073741824}' -device '{"driver":"pc-dimm","node":0,"memdev":"memua-5c5c","id":"ua-5c5c","slot":0,"addr":4294967296}'`,
      '-incoming defer',
    ),
    expect: { ...said, name: 'plug', size: '4G', maxmem: '16G', memory: ['base anon 4G', 'dimm anon 1G ua-5c5c'] },
  },
  {
    how: 'hugepages of the guest’s own size (hugepages=2048)',
    argv: guest(
      'huge',
      `-machine pc-q35-rhel9.2.0 -m size=8388608k,slots=16,maxmem=33554432k -object '{"qom-type":"memory-backend-file","id":"ram-node0","mem-path":"/dev/hugepages/libvirt/qemu/9-huge","prealloc":true,"size":8589934592}' -numa node,nodeid=0,cpus=0-15,memdev=ram-node0`,
    ),
    expect: {
      ...said,
      name: 'huge',
      size: '8G',
      maxmem: '32G',
      memory: ['base hugetlb 8G'],
      backend: 'hugetlb',
      prealloc: true,
    },
  },
  {
    how: 'high performance: its own pages, pinned and not merged',
    argv: guest('hp', `-machine pc-q35-rhel9.2.0,mem-merge=off -m size=8388608k -overcommit mem-lock=on ${node(8192)}`),
    expect: { ...said, name: 'hp', size: '8G', memLock: true, memMerge: false },
  },
  {
    how: 'a host device',
    argv: guest(
      'dev',
      `-machine pc-q35-rhel9.2.0 -m size=4194304k ${node(4096)}`,
      `-device '{"driver":"vfio-pci","host":"0000:af:00.0","id":"ua-6d6d","bus":"pci.8","addr":"0x0"}'`,
    ),
    expect: { ...said, name: 'dev', size: '4G', pinnedBy: 'vfio-pci' },
  },
  {
    how: 'the engine itself (HostedEngine)',
    argv: guest(
      'HostedEngine',
      `-machine pc-q35-rhel8.6.0,usb=off -m size=16777216k,slots=16,maxmem=67108864k ${node(16384)}`,
    ),
    expect: { ...said, name: 'HostedEngine', size: '16G', maxmem: '64G' },
  },
  {
    how: 'as vdsm of the years of EL 6 did',
    argv: `/usr/libexec/qemu-kvm -name el6 -M rhel6.5.0 -cpu Westmere -enable-kvm -m 2048 -realtime mlock=off -smp 1,maxcpus=16,sockets=16,cores=1,threads=1 -uuid ${uuid} -smbios type=1,manufacturer=oVirt,product=oVirt -nodefconfig -nodefaults -chardev socket,id=charmonitor,path=/var/lib/libvirt/qemu/el6.monitor,server,nowait -mon chardev=charmonitor,id=monitor,mode=control -no-shutdown -device virtio-balloon-pci,id=balloon0`,
    expect: { ...said, name: 'el6', size: '2G', monitor: '/var/lib/libvirt/qemu/el6.monitor' },
  },
];
