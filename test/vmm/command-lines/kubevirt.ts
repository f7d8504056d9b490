import type { CommandLine } from './told.ts';

const handed = 'its QMP monitor was handed over as an open descriptor';
const uuid = 'be5e0000-0000-5000-8000-00000000feed';
const GiB = 1024 ** 3;

/** What KubeVirt has the libvirt of its pod write around the memory of a guest. */
const guest = (name: string, memory: string, devices = ''): string =>
  `/usr/libexec/qemu-kvm -name guest=${name},debug-threads=on -S
  -object '{"qom-type":"secret","id":"masterKey0","format":"raw","file":"/var/run/kubevirt-private/libvirt/qemu/lib/domain-1-${name}/master-key.aes"}'
  ${memory} -accel kvm -cpu Skylake-Client-IBRS,ss=on,vmx=on -smp 1,sockets=4,dies=1,cores=1,threads=1,maxcpus=4
  -object '{"qom-type":"iothread","id":"iothread1"}' -uuid ${uuid}
  -smbios type=1,manufacturer=KubeVirt,product=None,uuid=${uuid},family=KubeVirt
  -no-user-config -nodefaults -chardev socket,id=charmonitor,fd=20,server=on,wait=off -mon chardev=charmonitor,id=monitor,mode=control
  -rtc base=utc -no-shutdown -boot strict=on
  -device '{"driver":"pcie-root-port","port":16,"chassis":1,"id":"pci.1","bus":"pcie.0","multifunction":true,"addr":"0x2"}'
  -device '{"driver":"virtio-balloon-pci-non-transitional","id":"balloon0","free-page-reporting":true,"bus":"pci.6","addr":"0x0"}'
  ${devices} -sandbox on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny -msg timestamp=on`;

const said = { manager: 'libvirt', uuid, accelerator: 'kvm', balloon: true, monitor: handed } as const;
const q35 = '-machine pc-q35-rhel9.4.0,usb=off,dump-guest-core=off,memory-backend=pc.ram,acpi=on';
const ram = (gib: number): string =>
  `-m size=${gib * 1024 ** 2}k -object '{"qom-type":"memory-backend-ram","id":"pc.ram","size":${gib * GiB}}' -overcommit mem-lock=off`;

/** Virtual machine instances as KubeVirt starts them, by a libvirt in their own pod. */
export const kubevirt: readonly CommandLine[] = [
  {
    how: 'a plain instance',
    argv: guest('default_vmi-a', `${q35} ${ram(1)}`),
    expect: { ...said, name: 'default_vmi-a', size: '1G' },
  },
  {
    how: 'its monitor is libvirt’s, in a folder of its own',
    argv: guest('default_vmi-b', `${q35} ${ram(1)}`),
    descriptors: { 20: '/var/run/kubevirt-private/libvirt/qemu/lib/domain-1-default_vmi-b/monitor.sock' },
    expect: {
      ...said,
      name: 'default_vmi-b',
      size: '1G',
      monitor: '/var/run/kubevirt-private/libvirt/qemu/lib/domain-1-default_vmi-b/monitor.sock',
    },
  },
  {
    how: 'hugepages',
    argv: guest(
      'prod_huge',
      `${q35} -m size=4194304k -object '{"qom-type":"memory-backend-file","id":"pc.ram","mem-path":"/dev/hugepages/libvirt/qemu/1-prod_huge","x-use-canonical-path-for-ramblock-id":false,"prealloc":true,"size":${4 * GiB}}'`,
    ),
    expect: {
      ...said,
      name: 'prod_huge',
      size: '4G',
      memory: ['base hugetlb 4G'],
      backend: 'hugetlb',
      prealloc: true,
    },
  },
  {
    how: 'a shared file system',
    argv: guest(
      'prod_fs',
      `${q35} -m size=2097152k -object '{"qom-type":"memory-backend-memfd","id":"pc.ram","share":true,"x-use-canonical-path-for-ramblock-id":false,"size":${2 * GiB}}'`,
    ),
    expect: { ...said, name: 'prod_fs', size: '2G', memory: ['base shmem 2G'], backend: 'shared' },
  },
  {
    how: 'memory that can be plugged (maxGuest): virtio-mem',
    argv: guest(
      'prod_plug',
      `-machine pc-q35-rhel9.4.0,usb=off -m size=2097152k,slots=1,maxmem=8388608k -object '{"qom-type":"memory-backend-ram","id":"ram-node0","size":${2 * GiB}}' -numa node,nodeid=0,cpus=0-3,memdev=ram-node0 -object '{"qom-type":"memory-backend-ram","id":"memua-virtiomem","reserve":false,"size":${6 * GiB}}'`,
      `-device '{"driver":"virtio-mem-pci","node":0,"block-size":2097152,"requested-size":1073741824,"memdev":"memua-virtiomem","prealloc":true,"dynamic-memslots":true,"id":"ua-virtiomem","bus":"pci.8","addr":"0x0"}'`,
    ),
    expect: {
      ...said,
      name: 'prod_plug',
      size: '2G',
      maxmem: '8G',
      memory: ['base anon 2G', 'virtio-mem anon 6G ua-virtiomem requested 1G'],
    },
  },
  {
    how: 'a GPU',
    argv: guest(
      'ai_gpu',
      `${q35} ${ram(16)}`,
      `-device '{"driver":"vfio-pci","host":"0000:65:00.0","id":"ua-gpu-gpu1","bus":"pci.9","addr":"0x0"}'`,
    ),
    expect: { ...said, name: 'ai_gpu', size: '16G', pinnedBy: 'vfio-pci' },
  },
  {
    how: 'realtime: locked',
    argv: guest('rt_a', `${q35} ${ram(2).replace('mem-lock=off', 'mem-lock=on')}`),
    expect: { ...said, name: 'rt_a', size: '2G', memLock: true },
  },
  {
    how: 'encrypted memory (SEV-SNP)',
    argv: guest(
      'cc_snp',
      `-machine pc-q35-rhel9.6.0,confidential-guest-support=lsec0,memory-backend=pc.ram ${ram(4)} -object '{"qom-type":"sev-snp-guest","id":"lsec0","cbitpos":51,"reduced-phys-bits":1,"policy":196608}'`,
    ),
    expect: { ...said, name: 'cc_snp', size: '4G', confidential: 'SEV-SNP' },
  },
  {
    how: 'emulated, for a test cluster (useEmulation)',
    argv: guest('ci_tcg', `${q35} ${ram(1)}`).replace('-accel kvm', '-accel tcg'),
    expect: { ...said, name: 'ci_tcg', size: '1G', accelerator: 'tcg', asyncPageFaults: false },
  },
];
