import type { CommandLine } from './told.ts';

const handed = 'its QMP monitor was handed over as an open descriptor';
const uuid = 'aaaa0000-1111-4222-8333-bbbbccccdddd';
const GiB = 1024 ** 3;

/** What Nova has libvirt write around the memory of a server. */
const server = (number: string, memory: string, more = ''): string =>
  `/usr/bin/qemu-system-x86_64 -name guest=instance-${number},debug-threads=on -S
  -object '{"qom-type":"secret","id":"masterKey0","format":"raw","file":"/var/lib/libvirt/qemu/domain-3-instance-${number}/master-key.aes"}'
  ${memory} -accel kvm -cpu Cascadelake-Server,ss=on,vmx=on -smp 8,sockets=8,dies=1,cores=1,threads=1 -uuid ${uuid}
  -smbios 'type=1,manufacturer=OpenStack Foundation,product=OpenStack Nova,version=27.1.0,serial=${uuid},uuid=${uuid},family=Virtual Machine'
  -no-user-config -nodefaults -chardev socket,id=charmonitor,fd=33,server=on,wait=off -mon chardev=charmonitor,id=monitor,mode=control
  -rtc base=utc,driftfix=slew -global kvm-pit.lost_tick_policy=delay -no-shutdown -boot strict=on
  -device '{"driver":"virtio-balloon-pci","id":"balloon0","bus":"pci.6","addr":"0x0"}' ${more} -msg timestamp=on`;

const said = { manager: 'libvirt', uuid, accelerator: 'kvm', balloon: true, monitor: handed } as const;

/** Servers as OpenStack Nova starts them, by libvirt. */
export const nova: readonly CommandLine[] = [
  {
    how: 'a plain server',
    argv: server(
      '0000002a',
      `-machine pc-q35-8.0,usb=off,dump-guest-core=off,memory-backend=pc.ram -m size=8388608k -object '{"qom-type":"memory-backend-ram","id":"pc.ram","size":${8 * GiB}}' -overcommit mem-lock=off`,
    ),
    expect: { ...said, name: 'instance-0000002a', size: '8G' },
  },
  {
    how: 'file-backed memory (file_backed_memory), on a disk',
    argv: server(
      '0000002b',
      `-machine pc-q35-8.0,usb=off,memory-backend=pc.ram -m size=8388608k -object '{"qom-type":"memory-backend-file","id":"pc.ram","mem-path":"/var/lib/libvirt/qemu/ram/3-instance-0000002b/pc.ram","discard-data":true,"share":true,"x-use-canonical-path-for-ramblock-id":false,"prealloc":true,"size":${8 * GiB}}'`,
    ),
    expect: {
      ...said,
      name: 'instance-0000002b',
      size: '8G',
      memory: ['base file 8G'],
      backend: 'shared',
      prealloc: true,
    },
  },
  {
    how: 'file-backed memory by node, in the old words',
    argv: server(
      '0000002c',
      '-machine pc,usb=off -m 4096 -object memory-backend-file,id=ram-node0,mem-path=/var/lib/libvirt/qemu/ram/3-instance-0000002c/ram-node0,share=yes,size=4294967296 -numa node,nodeid=0,cpus=0-7,memdev=ram-node0',
    ),
    expect: { ...said, name: 'instance-0000002c', size: '4G', memory: ['base file 4G'], backend: 'shared' },
  },
  {
    how: 'hw:mem_page_size=large, on two nodes',
    argv: server(
      '0000002d',
      `-machine q35,usb=off -m size=8388608k -object '{"qom-type":"memory-backend-file","id":"ram-node0","mem-path":"/dev/hugepages/libvirt/qemu/3-instance-0000002d","share":true,"prealloc":true,"size":${4 * GiB},"host-nodes":[0],"policy":"bind"}' -numa node,nodeid=0,cpus=0-3,memdev=ram-node0 -object '{"qom-type":"memory-backend-file","id":"ram-node1","mem-path":"/dev/hugepages/libvirt/qemu/3-instance-0000002d","share":true,"prealloc":true,"size":${4 * GiB},"host-nodes":[1],"policy":"bind"}' -numa node,nodeid=1,cpus=4-7,memdev=ram-node1`,
    ),
    expect: {
      ...said,
      name: 'instance-0000002d',
      size: '8G',
      memory: ['base hugetlb 4G', 'base hugetlb 4G'],
      backend: 'hugetlb',
      prealloc: true,
    },
  },
  {
    how: 'hw:locked_memory',
    argv: server('0000002e', '-machine q35,usb=off -m size=4194304k -overcommit mem-lock=on'),
    expect: { ...said, name: 'instance-0000002e', size: '4G', memLock: true },
  },
  {
    how: 'a passed-through network card',
    argv: server(
      '0000002f',
      '-machine q35,usb=off -m size=4194304k',
      `-device '{"driver":"vfio-pci","host":"0000:3b:02.1","id":"hostdev0","bus":"pci.5","addr":"0x0"}'`,
    ),
    expect: { ...said, name: 'instance-0000002f', size: '4G', pinnedBy: 'vfio-pci' },
  },
  {
    how: 'a virtual GPU (mdev)',
    argv: server(
      '00000030',
      '-machine q35,usb=off -m size=4194304k',
      `-device '{"driver":"vfio-pci","id":"hostdev0","sysfsdev":"/sys/bus/mdev/devices/9a9a","display":"off","bus":"pci.5"}'`,
    ),
    expect: { ...said, name: 'instance-00000030', size: '4G', pinnedBy: 'vfio-pci' },
  },
  {
    how: 'a vDPA port, with memory that is locked for it',
    argv: server(
      '00000031',
      '-machine q35,usb=off -m size=4194304k -overcommit mem-lock=on',
      '-netdev vhost-vdpa,vhostdev=/dev/fdset/0,id=hostnet0',
    ),
    expect: { ...said, name: 'instance-00000031', size: '4G', memLock: true, pinnedBy: 'vhost-vdpa' },
  },
  {
    how: 'encrypted memory (hw:mem_encryption)',
    argv: server(
      '00000032',
      '-machine q35,confidential-guest-support=lsec0 -m size=2097152k -overcommit mem-lock=on -object sev-guest,id=lsec0,cbitpos=47,reduced-phys-bits=1,policy=0x3',
    ),
    expect: { ...said, name: 'instance-00000032', size: '2G', memLock: true, confidential: 'SEV' },
  },
  {
    how: 'a share by virtiofs',
    argv: server(
      '00000033',
      `-machine q35,memory-backend=pc.ram -m size=2097152k -object '{"qom-type":"memory-backend-memfd","id":"pc.ram","share":true,"size":${2 * GiB}}'`,
    ),
    expect: { ...said, name: 'instance-00000033', size: '2G', memory: ['base shmem 2G'], backend: 'shared' },
  },
];
