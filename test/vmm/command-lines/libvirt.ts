import type { CommandLine } from './told.ts';

const handed = 'its QMP monitor was handed over as an open descriptor';
const monitor =
  '-chardev socket,id=charmonitor,fd=31,server=on,wait=off -mon chardev=charmonitor,id=monitor,mode=control';
const balloon = `-device '{"driver":"virtio-balloon-pci","id":"balloon0","bus":"pci.5","addr":"0x0"}'`;
const uuid = '11112222-3333-4444-8555-666677778888';
const run = { manager: 'libvirt', uuid, accelerator: 'kvm', balloon: true, monitor: handed } as const;

/** What libvirt writes around the memory of a domain. */
const domain = (name: string, memory: string, devices = balloon): string =>
  `/usr/bin/qemu-system-x86_64 -name guest=${name},debug-threads=on -S
  -object '{"qom-type":"secret","id":"masterKey0","format":"raw","file":"/var/lib/libvirt/qemu/domain-7-${name}/master-key.aes"}'
  -accel kvm ${memory} -smp 4,sockets=4,cores=1,threads=1 -uuid ${uuid} -no-user-config -nodefaults ${monitor}
  -rtc base=utc -no-shutdown -boot strict=on ${devices} -sandbox on,obsolete=deny,resourcecontrol=deny -msg timestamp=on`;

const ramObject = (id: string, bytes: number, more = ''): string =>
  `-object '{"qom-type":"memory-backend-ram","id":"${id}","size":${bytes}${more}}'`;

const GiB = 1024 ** 3;

/** Domains as libvirt's QEMU driver starts them. */
export const libvirt: readonly CommandLine[] = [
  {
    how: 'a plain domain',
    argv: domain(
      'web',
      `-machine pc-q35-8.2,usb=off,dump-guest-core=off,memory-backend=pc.ram,acpi=on -m size=4194304k ${ramObject('pc.ram', 4 * GiB)} -overcommit mem-lock=off`,
    ),
    expect: { ...run, name: 'web', size: '4G' },
  },
  {
    how: 'its monitor’s path, where descriptors may be looked at',
    argv: domain('web', '-machine pc,usb=off -m size=4194304k -overcommit mem-lock=off'),
    descriptors: { 31: '/var/lib/libvirt/qemu/domain-7-web/monitor.sock' },
    expect: { ...run, name: 'web', size: '4G', monitor: '/var/lib/libvirt/qemu/domain-7-web/monitor.sock' },
  },
  {
    how: 'a monitor in a state folder of the administrator’s own, which is libvirt’s all the same',
    argv: domain('web', '-machine pc,usb=off -m size=4194304k -overcommit mem-lock=off'),
    descriptors: { 31: '/srv/state/domain-7-web/monitor.sock' },
    expect: { ...run, name: 'web', size: '4G', monitor: '/srv/state/domain-7-web/monitor.sock' },
  },
  {
    how: 'a second monitor, by the operator’s own words beside libvirt’s',
    argv: `${domain('web', '-machine pc,usb=off -m size=4194304k')} -qmp unix:/run/own.qmp,server=on,wait=off`,
    descriptors: { 31: '/srv/state/domain-7-web/monitor.sock' },
    expect: { ...run, name: 'web', size: '4G', monitor: ['/srv/state/domain-7-web/monitor.sock', '/run/own.qmp'] },
  },
  {
    how: 'a domain without a balloon',
    argv: domain('nob', '-machine pc,usb=off -m 2048', ''),
    expect: { manager: 'libvirt', uuid, accelerator: 'kvm', monitor: handed, name: 'nob', size: '2G' },
  },
  {
    how: 'a name with a comma',
    argv: domain('a,,b', '-machine pc,usb=off -m 2048'),
    expect: { ...run, name: 'a,b', size: '2G' },
  },
  {
    how: 'hugepages: a file below its own folder of hugetlbfs',
    argv: domain(
      'huge',
      `-machine q35,memory-backend=pc.ram -m size=8388608k -object '{"qom-type":"memory-backend-file","id":"pc.ram","mem-path":"/dev/hugepages/libvirt/qemu/7-huge","x-use-canonical-path-for-ramblock-id":false,"prealloc":true,"size":8589934592}' -overcommit mem-lock=off`,
    ),
    expect: { ...run, name: 'huge', size: '8G', memory: ['base hugetlb 8G'], backend: 'hugetlb', prealloc: true },
  },
  {
    how: 'hugepages in the old way',
    argv: domain('old', '-machine pc,usb=off -m 8192 -mem-prealloc -mem-path /dev/hugepages/libvirt/qemu/7-old'),
    expect: { ...run, name: 'old', size: '8G', memory: ['base hugetlb 8G'], backend: 'hugetlb', prealloc: true },
  },
  {
    how: 'hugepages of a memfd',
    argv: domain(
      'memfd',
      `-machine q35,memory-backend=pc.ram -m size=8388608k -object '{"qom-type":"memory-backend-memfd","id":"pc.ram","hugetlb":true,"hugetlbsize":2097152,"share":true,"prealloc":true,"size":8589934592}'`,
    ),
    expect: { ...run, name: 'memfd', size: '8G', memory: ['base hugetlb 8G'], backend: 'hugetlb', prealloc: true },
  },
  {
    how: 'shared memory for virtiofs',
    argv: domain(
      'fs',
      `-machine q35,memory-backend=pc.ram -m size=2097152k -object '{"qom-type":"memory-backend-memfd","id":"pc.ram","share":true,"x-use-canonical-path-for-ramblock-id":false,"size":2147483648}' -device '{"driver":"vhost-user-fs-pci","id":"fs0","chardev":"chr-vu-fs0","tag":"x"}'`,
    ),
    expect: { ...run, name: 'fs', size: '2G', memory: ['base shmem 2G'], backend: 'shared' },
  },
  {
    how: 'two nodes, one on hugepages',
    argv: domain(
      'numa',
      `-machine q35,usb=off -m size=6291456k ${ramObject('ram-node0', 2 * GiB, ',"host-nodes":[0],"policy":"bind"')} -numa node,nodeid=0,cpus=0-1,memdev=ram-node0 -object '{"qom-type":"memory-backend-file","id":"ram-node1","mem-path":"/dev/hugepages/libvirt/qemu/7-numa","prealloc":true,"size":4294967296,"host-nodes":[1],"policy":"bind"}' -numa node,nodeid=1,cpus=2-3,memdev=ram-node1`,
    ),
    expect: {
      ...run,
      name: 'numa',
      size: '6G',
      memory: ['base anon 2G', 'base hugetlb 4G'],
      backend: 'hugetlb',
      prealloc: true,
    },
  },
  {
    how: 'nodes in the old way, without backends',
    argv: domain(
      'numa',
      '-machine pc,usb=off -m 4096 -numa node,nodeid=0,cpus=0-1,mem=2048 -numa node,nodeid=1,cpus=2-3,mem=2048',
    ),
    expect: { ...run, name: 'numa', size: '4G' },
  },
  {
    how: 'a DIMM, as JSON',
    argv: domain(
      'dimm',
      `-machine q35 -m size=2097152k,slots=16,maxmem=33554432k ${ramObject('ram-node0', 2 * GiB)} -numa node,nodeid=0,cpus=0-3,memdev=ram-node0 ${ramObject('memdimm0', GiB)} -device '{"driver":"pc-dimm","node":0,"memdev":"memdimm0","id":"dimm0","slot":0,"addr":4294967296}'`,
    ),
    expect: { ...run, name: 'dimm', size: '2G', maxmem: '32G', memory: ['base anon 2G', 'dimm anon 1G dimm0'] },
  },
  {
    how: 'a DIMM on hugepages beside private boot memory',
    argv: domain(
      'mixed',
      `-machine q35 -m size=2097152k,slots=16,maxmem=33554432k -object memory-backend-ram,id=ram-node0,size=2147483648 -numa node,nodeid=0,cpus=0-3,memdev=ram-node0 -object memory-backend-file,id=memdimm0,prealloc=yes,mem-path=/dev/hugepages/libvirt/qemu/7-mixed,size=1073741824 -device pc-dimm,node=0,memdev=memdimm0,id=dimm0,slot=0,addr=4294967296`,
    ),
    expect: {
      ...run,
      name: 'mixed',
      size: '2G',
      maxmem: '32G',
      memory: ['base anon 2G', 'dimm hugetlb 1G dimm0'],
      prealloc: true,
    },
  },
  {
    how: 'virtio-mem',
    argv: domain(
      'vmem',
      `-machine q35 -m size=2097152k,slots=4,maxmem=20971520k ${ramObject('ram-node0', 2 * GiB)} -numa node,nodeid=0,cpus=0-3,memdev=ram-node0 ${ramObject('memvirtiomem0', 16 * GiB, ',"reserve":false')} -device '{"driver":"virtio-mem-pci","node":0,"block-size":2097152,"requested-size":1073741824,"memdev":"memvirtiomem0","prealloc":true,"id":"virtiomem0","bus":"pci.6","addr":"0x0"}'`,
    ),
    expect: {
      ...run,
      name: 'vmem',
      size: '2G',
      maxmem: '20G',
      memory: ['base anon 2G', 'virtio-mem anon 16G virtiomem0 requested 1G'],
    },
  },
  {
    how: 'an NVDIMM is no RAM',
    argv: domain(
      'nv',
      `-machine pc,nvdimm=on -m size=2097152k,slots=4,maxmem=20971520k ${ramObject('ram-node0', 2 * GiB)} -numa node,nodeid=0,cpus=0-3,memdev=ram-node0 -object '{"qom-type":"memory-backend-file","id":"memnvdimm0","mem-path":"/srv/nv.img","share":true,"prealloc":true,"size":536870912}' -device '{"driver":"nvdimm","node":0,"memdev":"memnvdimm0","id":"nvdimm0","slot":0}'`,
    ),
    expect: { ...run, name: 'nv', size: '2G', maxmem: '20G' },
  },
  {
    how: 'no page sharing',
    argv: domain('alone', '-machine pc-i440fx-6.2,usb=off,mem-merge=off,dump-guest-core=off -m 1024'),
    expect: { ...run, name: 'alone', size: '1G', memMerge: false },
  },
  {
    how: 'locked memory',
    argv: domain('lock', '-machine pc,usb=off -m 1024 -overcommit mem-lock=on'),
    expect: { ...run, name: 'lock', size: '1G', memLock: true },
  },
  {
    how: 'locked memory before QEMU 2.12',
    argv: domain('lock', '-machine pc,usb=off -m 1024 -realtime mlock=on'),
    expect: { ...run, name: 'lock', size: '1G', memLock: true },
  },
  {
    how: 'explicitly not locked before QEMU 2.12',
    argv: domain('lock', '-machine pc,usb=off -m 1024 -realtime mlock=off'),
    expect: { ...run, name: 'lock', size: '1G' },
  },
  {
    how: 'a host device, as JSON',
    argv: domain(
      'gpu',
      '-machine q35 -m size=16777216k',
      `${balloon} -device '{"driver":"vfio-pci","host":"0000:65:00.0","id":"hostdev0","bus":"pci.7","addr":"0x0"}'`,
    ),
    expect: { ...run, name: 'gpu', size: '16G', pinnedBy: 'vfio-pci' },
  },
  {
    how: 'encrypted memory (SEV)',
    argv: domain(
      'sev',
      `-machine pc-q35-8.2,confidential-guest-support=lsec0,memory-backend=pc.ram -m size=4194304k ${ramObject('pc.ram', 4 * GiB)} -object '{"qom-type":"sev-guest","id":"lsec0","cbitpos":47,"reduced-phys-bits":1,"policy":3}'`,
    ),
    expect: { ...run, name: 'sev', size: '4G', confidential: 'SEV' },
  },
  {
    how: 'a trusted domain (TDX)',
    argv: domain(
      'tdx',
      `-machine q35,confidential-guest-support=lsec0,memory-backend=pc.ram -m size=4194304k ${ramObject('pc.ram', 4 * GiB)} -object '{"qom-type":"tdx-guest","id":"lsec0","attributes":268435456}'`,
    ),
    expect: { ...run, name: 'tdx', size: '4G', confidential: 'TDX' },
  },
  {
    how: 'a processor passed through',
    argv: domain('cpu', '-machine pc,usb=off -cpu host,migratable=on -m 1024'),
    expect: { ...run, name: 'cpu', size: '1G', asyncPageFaults: true },
  },
  {
    how: 'a processor without asynchronous page faults',
    argv: domain('cpu', '-machine pc,usb=off -cpu EPYC-Milan,kvm-asyncpf-int=off -m 1024'),
    expect: { ...run, name: 'cpu', size: '1G', asyncPageFaults: false },
  },
  {
    how: 'one without the flag that Linux no longer looks at, which tells nothing of the other',
    argv: domain('cpu', '-machine pc,usb=off -cpu EPYC-Milan,kvm-asyncpf=off -m 1024'),
    expect: { ...run, name: 'cpu', size: '1G' },
  },
  {
    how: 'emulated (domain type qemu)',
    argv: `/usr/bin/qemu-system-aarch64 -name guest=arm,debug-threads=on -S -machine virt-8.2,usb=off,gic-version=2,accel=tcg -cpu cortex-a57 -m 1024 -uuid ${uuid} -no-user-config -nodefaults ${monitor}`,
    expect: {
      manager: 'libvirt',
      name: 'arm',
      uuid,
      size: '1G',
      accelerator: 'tcg',
      asyncPageFaults: false,
      monitor: handed,
    },
  },
  {
    how: 'the old monitor, by its path',
    argv: `/usr/libexec/qemu-kvm -name el6 -S -M rhel6.6.0 -enable-kvm -m 4096 -uuid ${uuid} -nodefaults -chardev socket,id=charmonitor,path=/var/lib/libvirt/qemu/el6.monitor,server,nowait -mon chardev=charmonitor,id=monitor,mode=control -device virtio-balloon-pci,id=balloon0,bus=pci.0,addr=0x3`,
    expect: {
      ...run,
      name: 'el6',
      size: '4G',
      monitor: '/var/lib/libvirt/qemu/el6.monitor',
    },
  },
  {
    how: 'a user’s own session',
    argv: `/usr/bin/qemu-system-x86_64 -name guest=desk,debug-threads=on -S -machine q35,usb=off -accel kvm -m size=4194304k -uuid ${uuid} ${monitor}`,
    descriptors: { 31: '/home/ada/.config/libvirt/qemu/lib/domain-2-desk/monitor.sock' },
    expect: {
      manager: 'libvirt',
      name: 'desk',
      uuid,
      size: '4G',
      accelerator: 'kvm',
      monitor: '/home/ada/.config/libvirt/qemu/lib/domain-2-desk/monitor.sock',
    },
  },
  {
    how: 'the question for what a QEMU can do is no guest of libvirt’s to ask',
    argv: '/usr/bin/qemu-system-x86_64 -S -no-user-config -nodefaults -nographic -machine none,accel=kvm:tcg -qmp unix:/var/lib/libvirt/qemu/qmp-Ab12Cd/qmp.monitor,server=on,wait=off -pidfile /var/lib/libvirt/qemu/qmp-Ab12Cd/qmp.pid -daemonize',
    expect: {
      manager: 'libvirt',
      accelerator: 'tcg',
      asyncPageFaults: false,
      monitor: '/var/lib/libvirt/qemu/qmp-Ab12Cd/qmp.monitor',
    },
  },
];
