import type { CommandLine } from './told.ts';

const uuid = '77770000-aaaa-4bbb-8ccc-dddd00000001';

/** The file in which Incus and LXD put almost everything. */
const config = (run: string, memory: string, more = ''): string => `# Machine
[machine]
accel = "kvm"
graphics = "off"
type = "q35"
usb = "off"

[global]
driver = "ICH9-LPC"
property = "disable_s3"
value = "1"

[boot-opts]
strict = "on"

${memory}

# Qemu control
[chardev "monitor"]
backend = "socket"
path = "${run}/qemu.monitor"
server = "on"
wait = "off"

[mon]
chardev = "monitor"
mode = "control"

# Console
[chardev "console"]
backend = "socket"
path = "${run}/qemu.console"
server = "on"
wait = "off"

# Balloon driver
[device "qemu_balloon"]
addr = "00.0"
bus = "qemu_pcie0"
driver = "virtio-balloon-pci"
multifunction = "on"
${more}
`;

const memfd = (mib: number): string => `[object "mem0"]
qom-type = "memory-backend-memfd"
share = "on"
size = "${mib}M"

[numa]
memdev = "mem0"
nodeid = "0"
type = "node"`;

const size = (mib: number, most?: number): string =>
  `# Memory\n[memory]\n${most === undefined ? '' : `maxmem = "${most}M"\nslots = "8"\n`}size = "${mib}M"\n`;

const incusRun = '/run/incus/web';
const lxdRun = '/var/snap/lxd/common/lxd/logs/web';

const instance = (run: string, leave: string): string =>
  `/usr/bin/qemu-system-x86_64 -S -name web -uuid ${uuid} -daemonize -cpu host,migratable=no,+invtsc -nographic
  -serial chardev:console -nodefaults -no-user-config
  -sandbox on,obsolete=deny,elevateprivileges=allow,spawn=allow,resourcecontrol=deny -readconfig ${run}/qemu.conf
  -spice unix=on,disable-ticketing=on,addr=${run}/qemu.spice -pidfile ${run}/qemu.pid -D ${run}/qemu.log ${leave}
  -smbios 'type=2,manufacturer=LinuxContainers,product=Incus'`;

const said = {
  name: 'web',
  uuid,
  accelerator: 'kvm',
  asyncPageFaults: true,
  balloon: true,
} as const;

/** Virtual machines as Incus and LXD start them. */
export const incus: readonly CommandLine[] = [
  {
    how: 'Incus: the file that was read before the chroot',
    argv: instance(incusRun, '-run-with chroot=/var/lib/incus/virtual-machines/web,user=nobody'),
    root: '/var/lib/incus/virtual-machines/web',
    files: { [`${incusRun}/qemu.conf`]: config(incusRun, size(4096) + memfd(4096)) },
    expect: { ...said, size: '4G', memory: ['base shmem 4G'], backend: 'shared', monitor: `${incusRun}/qemu.monitor` },
  },
  {
    how: 'Incus: memory that can be plugged, up to the host’s RAM',
    argv: instance(incusRun, '-run-with chroot=/var/lib/incus/virtual-machines/web,user=nobody'),
    root: '/var/lib/incus/virtual-machines/web',
    files: { [`${incusRun}/qemu.conf`]: config(incusRun, size(4096, 65_536) + memfd(4096)) },
    expect: {
      ...said,
      size: '4G',
      maxmem: '64G',
      memory: ['base shmem 4G'],
      backend: 'shared',
      monitor: `${incusRun}/qemu.monitor`,
    },
  },
  {
    how: 'Incus: hugepages',
    argv: instance(incusRun, '-run-with user=nobody'),
    files: {
      [`${incusRun}/qemu.conf`]: config(
        incusRun,
        `${size(4096)}[object "mem0"]\ndiscard-data = "on"\nmem-path = "/dev/hugepages/incus"\nprealloc = "on"\nqom-type = "memory-backend-file"\nshare = "on"\nsize = "4096M"\n\n[numa]\nmemdev = "mem0"\nnodeid = "0"\ntype = "node"\n`,
      ),
    },
    expect: {
      ...said,
      size: '4G',
      memory: ['base hugetlb 4G'],
      backend: 'hugetlb',
      prealloc: true,
      monitor: `${incusRun}/qemu.monitor`,
    },
  },
  {
    how: 'Incus: two nodes, and the list of host nodes by number',
    argv: instance(incusRun, '-run-with user=nobody'),
    files: {
      [`${incusRun}/qemu.conf`]: config(
        incusRun,
        `${size(8192)}[object "mem0"]\nhost-nodes.0 = "0"\npolicy = "bind"\nqom-type = "memory-backend-memfd"\nsize = "4096M"\n\n[numa]\nmemdev = "mem0"\nnodeid = "0"\ntype = "node"\n\n[object "mem1"]\nhost-nodes.0 = "1"\npolicy = "bind"\nqom-type = "memory-backend-memfd"\nsize = "4096M"\n\n[numa]\nmemdev = "mem1"\nnodeid = "1"\ntype = "node"\n\n[numa]\ncore-id = "0"\nnode-id = "0"\nsocket-id = "0"\nthread-id = "0"\ntype = "cpu"\n`,
      ),
    },
    expect: {
      ...said,
      size: '8G',
      memory: ['base shmem 4G', 'base shmem 4G'],
      backend: 'shared',
      monitor: `${incusRun}/qemu.monitor`,
    },
  },
  {
    how: 'Incus: a graphics card passed through',
    argv: instance(incusRun, '-run-with user=nobody'),
    files: {
      [`${incusRun}/qemu.conf`]: config(
        incusRun,
        size(4096) + memfd(4096),
        '# GPU card ("gpu" device)\n[device "dev-incus_gpu"]\ndriver = "vfio-pci"\nbus = "qemu_pcie5"\naddr = "00.0"\nhost = "0000:01:00.0"\n',
      ),
    },
    expect: {
      ...said,
      size: '4G',
      memory: ['base shmem 4G'],
      backend: 'shared',
      pinnedBy: 'vfio-pci',
      monitor: `${incusRun}/qemu.monitor`,
    },
  },
  {
    how: 'Incus: encrypted memory',
    argv: instance(incusRun, '-run-with user=nobody'),
    files: {
      [`${incusRun}/qemu.conf`]: config(
        incusRun,
        size(4096) + memfd(4096),
        '# Secure Encrypted Virtualization\n[machine]\nmemory-encryption = "sev0"\n[object "sev0"]\nqom-type = "sev-guest"\ncbitpos = "47"\nreduced-phys-bits = "1"\npolicy = "1"\n',
      ),
    },
    expect: {
      ...said,
      size: '4G',
      memory: ['base shmem 4G'],
      backend: 'shared',
      confidential: 'SEV',
      monitor: `${incusRun}/qemu.monitor`,
    },
  },
  {
    how: 'Incus: an instance of another project',
    argv: instance('/run/incus/lab_web', '-run-with user=nobody').replace('-name web', '-name lab_web'),
    files: { '/run/incus/lab_web/qemu.conf': config('/run/incus/lab_web', size(1024) + memfd(1024)) },
    expect: {
      ...said,
      name: 'lab_web',
      size: '1G',
      memory: ['base shmem 1G'],
      backend: 'shared',
      monitor: '/run/incus/lab_web/qemu.monitor',
    },
  },
  {
    how: 'Incus: raw.qemu adds words of its own',
    argv: `${instance(incusRun, '-run-with user=nobody')} -overcommit mem-lock=on -qmp unix:/run/own.sock,server=on,wait=off`,
    files: { [`${incusRun}/qemu.conf`]: config(incusRun, size(1024) + memfd(1024)) },
    expect: {
      ...said,
      size: '1G',
      memory: ['base shmem 1G'],
      backend: 'shared',
      memLock: true,
      monitor: [`${incusRun}/qemu.monitor`, '/run/own.sock'],
    },
  },
  {
    how: 'Incus: the file can’t be read, and no socket has QMP in its name',
    argv: instance('/run/incus/gone', '-run-with user=nobody'),
    descriptors: { 8: '/run/incus/gone/qemu.monitor', 14: 'kvm-vm' },
    expect: {
      name: 'web',
      uuid,
      accelerator: 'kvm',
      asyncPageFaults: true,
      monitor: 'its configuration file /run/incus/gone/qemu.conf can’t be read',
      mayOpen: true,
    },
  },
  {
    how: 'LXD: -chroot and -runas',
    argv: instance(lxdRun, '-chroot /var/snap/lxd/common/lxd/virtual-machines/web -runas lxd'),
    root: '/var/snap/lxd/common/lxd/virtual-machines/web',
    exe: '/snap/lxd/29000/bin/qemu-system-x86_64',
    files: { [`${lxdRun}/qemu.conf`]: config(lxdRun, size(2048) + memfd(2048)) },
    expect: { ...said, size: '2G', memory: ['base shmem 2G'], backend: 'shared', monitor: `${lxdRun}/qemu.monitor` },
  },
  {
    how: 'LXD: the words of its first versions',
    argv: instance('/var/log/lxd/web', '-chroot /var/lib/lxd/virtual-machines/web'),
    root: '/var/lib/lxd/virtual-machines/web',
    files: {
      '/var/log/lxd/web/qemu.conf': `[machine]
graphics = "off"
type = "q35"
accel = "kvm"
usb = "off"
[memory]
size = "1024M"
[chardev "monitor"]
backend = "socket"
path = "/var/log/lxd/web/qemu.monitor"
server = "on"
wait = "off"
[mon]
chardev = "monitor"
mode = "control"
[device "qemu_balloon"]
driver = "virtio-balloon-pci"
`,
    },
    expect: { ...said, size: '1G', monitor: '/var/log/lxd/web/qemu.monitor' },
  },
  {
    how: 'LXD: restored from its state',
    argv: `${instance(lxdRun, '')} -incoming defer`,
    files: { [`${lxdRun}/qemu.conf`]: config(lxdRun, size(2048) + memfd(2048)) },
    expect: { ...said, size: '2G', memory: ['base shmem 2G'], backend: 'shared', monitor: `${lxdRun}/qemu.monitor` },
  },
];
