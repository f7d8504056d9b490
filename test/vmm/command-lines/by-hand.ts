import type { CommandLine } from './told.ts';

const q = 'qemu-system-x86_64 -nodefaults -display none';
const kvm = { accelerator: 'kvm' } as const;
const none = 'it was started without a QMP monitor';

/** Words that somebody types, or a script does: QEMU's own rules. */
export const byHand: readonly CommandLine[] = [
  {
    how: 'a bare size is MiB',
    argv: `${q} -accel kvm -m 768 -name web -qmp unix:/run/web.qmp,server=on,wait=off`,
    expect: { name: 'web', size: '768M', ...kvm, monitor: '/run/web.qmp' },
  },
  {
    how: 'a hexadecimal size is MiB too, where it ends in a digit',
    argv: `${q} -accel kvm -m 0x40 -name hex`,
    expect: { name: 'hex', size: '64M', ...kvm, monitor: none },
  },
  {
    how: 'a hexadecimal size with a letter of its own',
    argv: `${q} -accel kvm -m size=0x80M -name hex`,
    expect: { name: 'hex', size: '128M', ...kvm, monitor: none },
  },
  {
    how: 'a fraction before a letter',
    argv: `${q} -accel kvm -m 1.5G -name half`,
    expect: { name: 'half', size: '1536M', ...kvm, monitor: none },
  },
  {
    how: 'a size in bytes, by its letter',
    argv: `${q} -accel kvm -m 67108864B -name bytes`,
    expect: { name: 'bytes', size: '64M', ...kvm, monitor: none },
  },
  {
    how: 'a bare maxmem is bytes',
    argv: `${q} -accel kvm -m 64,slots=1,maxmem=134217728 -name max`,
    expect: { name: 'max', size: '64M', maxmem: '128M', ...kvm, monitor: none },
  },
  {
    how: 'memory of the machine is bytes',
    argv: `${q} -accel kvm -machine q35,memory.size=201326592 -name machine`,
    expect: { name: 'machine', size: '192M', ...kvm, monitor: none },
  },
  {
    how: 'memory and the most of it, of the machine',
    argv: `${q} -accel kvm -M q35,memory.size=192M,memory.slots=2,memory.max-size=1G -name machine`,
    expect: { name: 'machine', size: '192M', maxmem: '1G', ...kvm, monitor: none },
  },
  {
    how: '-m goes before -machine, wherever it stands',
    argv: `${q} -accel kvm -m 128M -machine q35,memory.size=192M -name both`,
    expect: { name: 'both', size: '128M', ...kvm, monitor: none },
  },
  {
    how: 'several -m are one, and the last word holds',
    argv: `${q} -accel kvm -m 64 -m slots=2,maxmem=1G -m 96 -name thrice`,
    expect: { name: 'thrice', size: '96M', maxmem: '1G', ...kvm, monitor: none },
  },
  {
    how: 'without -m its backend tells the size',
    argv: `${q} -accel kvm -object memory-backend-ram,id=ram0,size=96M -machine q35,memory-backend=ram0 -name lent`,
    expect: { name: 'lent', size: '96M', ...kvm, monitor: none },
  },
  {
    how: 'without any size it is not known',
    argv: `${q} -accel kvm -name bare`,
    expect: { name: 'bare', ...kvm, monitor: none },
  },
  {
    how: 'a name that starts with a dash',
    argv: `${q} -accel kvm -name -x -m 64`,
    expect: { name: '-x', size: '64M', ...kvm, monitor: none },
  },
  {
    how: 'a name that looks like an option with a value',
    argv: `${q} -accel kvm -name -m -m 64`,
    expect: { name: '-m', size: '64M', ...kvm, monitor: none },
  },
  {
    how: 'a name in braces is no JSON',
    argv: `${q} -accel kvm -name '{"guest":"x"}' -m 64`,
    expect: { name: '{"guest":"x"}', size: '64M', ...kvm, monitor: none },
  },
  {
    how: 'a name with commas, doubled',
    argv: `${q} -accel kvm -name 'a,,b,process=web' -m 64`,
    expect: { name: 'a,b', size: '64M', ...kvm, monitor: none },
  },
  {
    how: 'several -name are one',
    argv: `${q} -accel kvm -name first -name process=p -m 64`,
    expect: { name: 'first', size: '64M', ...kvm, monitor: none },
  },
  {
    how: 'options with two dashes',
    argv: `qemu-system-x86_64 --accel kvm --name two --m 64 --qmp tcp:127.0.0.1:4600,server=on,wait=off --nographic`,
    expect: { name: 'two', size: '64M', ...kvm, monitor: '127.0.0.1:4600' },
  },
  {
    how: 'a switch has no value: the disk behind it is not its',
    argv: `qemu-system-x86_64 -snapshot disk.img -enable-kvm disk2.img -name disks -m 64`,
    expect: { name: 'disks', size: '64M', ...kvm, monitor: none },
  },
  {
    how: 'the words of a kernel that look like options',
    argv: `${q} -accel kvm -name kernel -m 64 -kernel vmlinuz -append '-m 512 -name other' -initrd -x`,
    expect: { name: 'kernel', size: '64M', ...kvm, monitor: none },
  },
  {
    how: 'an option of a later QEMU, without a value',
    argv: `${q} -accel kvm -brand-new -name later -m 64`,
    expect: { name: 'later', size: '64M', ...kvm, monitor: none },
  },
  {
    how: 'no accelerator named: TCG, where it has no virtual machine',
    argv: `${q} -name slow -m 64`,
    expect: { name: 'slow', size: '64M', accelerator: 'tcg', asyncPageFaults: false, monitor: none },
  },
  {
    how: 'no accelerator named, of a QEMU without TCG',
    argv: `${q} -name built -m 64`,
    descriptors: { 9: 'kvm-vm' },
    expect: { name: 'built', size: '64M', ...kvm, monitor: none },
  },
  {
    how: 'called kvm, with a virtual machine',
    argv: '/usr/bin/kvm -nodefaults -name deb -m 64',
    exe: '/usr/bin/qemu-system-x86_64',
    descriptors: { 9: 'kvm-vm' },
    expect: { name: 'deb', size: '64M', ...kvm, monitor: none },
  },
  {
    how: 'called kvm where KVM did not work',
    argv: '/usr/bin/kvm -nodefaults -name deb -m 64',
    exe: '/usr/bin/qemu-system-x86_64',
    expect: { name: 'deb', size: '64M', accelerator: 'tcg', asyncPageFaults: false, monitor: none },
  },
  {
    how: 'a list of accelerators, the first of which works',
    argv: `${q} -machine q35,accel=kvm:tcg -name list -m 64 -cpu host`,
    descriptors: { 11: 'kvm-vm' },
    expect: { name: 'list', size: '64M', ...kvm, asyncPageFaults: true, monitor: none },
  },
  {
    how: 'several -accel, the first of which does not',
    argv: `${q} -accel kvm -accel tcg,thread=multi -name list -m 64`,
    expect: { name: 'list', size: '64M', accelerator: 'tcg', asyncPageFaults: false, monitor: none },
  },
  {
    how: '-enable-kvm overrules the machine',
    argv: `${q} -machine pc,accel=tcg -enable-kvm -name over -m 64`,
    expect: { name: 'over', size: '64M', ...kvm, monitor: none },
  },
  {
    how: 'a monitor by chardev and mon, with a comma in its path',
    argv: `${q} -accel kvm -name mon -m 64 -chardev 'socket,id=c,path=/run/a,,b.sock,server=on,wait=off' -mon chardev=c,mode=control`,
    expect: { name: 'mon', size: '64M', ...kvm, monitor: '/run/a,b.sock' },
  },
  {
    how: 'a monitor for people is none for kvmtop',
    argv: `${q} -accel kvm -name hmp -m 64 -monitor unix:/run/hmp.sock,server,nowait -chardev socket,id=c,path=/run/c.sock,server=on -mon c`,
    expect: { name: 'hmp', size: '64M', ...kvm, monitor: none },
  },
  {
    how: 'the path of a monitor by its key',
    argv: `${q} -accel kvm -name key -m 64 -qmp unix:path=/run/key.sock,server=on,wait=off`,
    expect: { name: 'key', size: '64M', ...kvm, monitor: '/run/key.sock' },
  },
  {
    how: 'a monitor that shares its device',
    argv: `${q} -accel kvm -name mux -m 64 -qmp mon:unix:/run/mux.sock,server,nowait`,
    expect: { name: 'mux', size: '64M', ...kvm, monitor: '/run/mux.sock' },
  },
  {
    how: 'two monitors',
    argv: `${q} -accel kvm -name duo -m 64 -qmp unix:/run/one.sock,server=on,wait=off -qmp-pretty tcp::4601,server=on,wait=off`,
    expect: { name: 'duo', size: '64M', ...kvm, monitor: ['/run/one.sock', '127.0.0.1:4601'] },
  },
  {
    how: 'a monitor on a network address is not trusted',
    argv: `${q} -accel kvm -name net -m 64 -qmp tcp:192.0.2.7:4602,server=on,wait=off`,
    expect: {
      name: 'net',
      size: '64M',
      ...kvm,
      monitor: 'its QMP monitor is on 192.0.2.7, and only the loopback is trusted',
    },
  },
  {
    how: 'a monitor on a descriptor with a path',
    argv: `${q} -accel kvm -name fd -m 64 -chardev socket,id=c,fd=5,server=on,wait=off -mon chardev=c,mode=control`,
    descriptors: { 5: '/run/fd.sock' },
    expect: { name: 'fd', size: '64M', ...kvm, monitor: '/run/fd.sock' },
  },
  {
    how: 'a monitor on a descriptor that is a connection',
    argv: `${q} -accel kvm -name fd -m 64 -chardev socket,id=c,fd=5 -mon chardev=c,mode=control`,
    expect: { name: 'fd', size: '64M', ...kvm, monitor: 'its QMP monitor was handed over as an open descriptor' },
  },
  {
    how: 'a relative path, from the folder in which it runs',
    argv: `${q} -accel kvm -name rel -m 64 -qmp unix:rel.qmp,server=on,wait=off`,
    expect: { name: 'rel', size: '64M', ...kvm, monitor: 'rel.qmp' },
  },
  {
    how: 'a DIMM on a memfd beside private boot memory',
    argv: `${q} -accel kvm -name mixed -m 192M,slots=2,maxmem=1G -object memory-backend-memfd,id=d0,size=128M,share=on -device pc-dimm,id=dimm0,memdev=d0 -device virtio-balloon-pci`,
    expect: {
      name: 'mixed',
      size: '192M',
      maxmem: '1G',
      memory: ['base anon 192M', 'dimm shmem 128M dimm0'],
      ...kvm,
      balloon: true,
      monitor: none,
    },
  },
  {
    how: 'a DIMM in JSON, in single quotes as QEMU allows',
    argv: `${q} -accel kvm -name json -m 64,slots=1,maxmem=1G -object "{'qom-type':'memory-backend-ram','id':'it\\'s','size':134217728}" -device "{'driver':'pc-dimm','id':'d','memdev':'it\\'s'}"`,
    expect: {
      name: 'json',
      size: '64M',
      maxmem: '1G',
      memory: ['base anon 64M', 'dimm anon 128M d'],
      ...kvm,
      monitor: none,
    },
  },
  {
    how: 'virtio-mem with room, of which some is asked for',
    argv: `${q} -accel kvm -name vm -m 1G,maxmem=9G -object memory-backend-ram,id=v,size=8G,reserve=off -device virtio-mem-pci,id=vm0,memdev=v,requested-size=512M`,
    expect: {
      name: 'vm',
      size: '1G',
      maxmem: '9G',
      memory: ['base anon 1G', 'virtio-mem anon 8G vm0 requested 512M'],
      ...kvm,
      monitor: none,
    },
  },
  {
    how: 'a shared file on a disk',
    argv: `${q} -accel kvm -name file -m 256M -object memory-backend-file,id=m0,size=256M,mem-path=/var/lib/ram,share=on -machine q35,memory-backend=m0`,
    expect: { name: 'file', size: '256M', memory: ['base file 256M'], backend: 'shared', ...kvm, monitor: none },
  },
  {
    how: 'a private file on a disk becomes anonymous',
    argv: `${q} -accel kvm -name file -m 256M -object memory-backend-file,id=m0,size=256M,mem-path=/var/lib/ram -machine q35,memory-backend=m0`,
    expect: { name: 'file', size: '256M', ...kvm, monitor: none },
  },
  {
    how: 'a shared file in memory',
    argv: `${q} -accel kvm -name shm -m 256M -object memory-backend-file,id=m0,size=256M,mem-path=/dev/shm/g,share=yes -machine memory-backend=m0`,
    expect: { name: 'shm', size: '256M', memory: ['base shmem 256M'], backend: 'shared', ...kvm, monitor: none },
  },
  {
    how: 'a file below a mount whose name has a space',
    argv: `${q} -accel kvm -name srv -m 256M -object 'memory-backend-file,id=m0,size=256M,mem-path=/srv/guest ram/../guest ram/g,share=on' -machine memory-backend=m0`,
    expect: { name: 'srv', size: '256M', memory: ['base file 256M'], backend: 'shared', ...kvm, monitor: none },
  },
  {
    how: 'hugepages by -mem-path',
    argv: `${q} -accel kvm -name huge -m 2G -mem-path /dev/hugepages -mem-prealloc`,
    expect: {
      name: 'huge',
      size: '2G',
      memory: ['base hugetlb 2G'],
      backend: 'hugetlb',
      prealloc: true,
      ...kvm,
      monitor: none,
    },
  },
  {
    how: 'a path that leads to hugepages by the way',
    argv: `${q} -accel kvm -name huge -m 2G -mem-path /dev/shm/../hugepages/g`,
    expect: { name: 'huge', size: '2G', memory: ['base hugetlb 2G'], backend: 'hugetlb', ...kvm, monitor: none },
  },
  {
    how: 'hugepages of a memfd, for one node of two',
    argv: `${q} -accel kvm -name nodes -m 4G -object memory-backend-memfd,id=n0,size=1G,hugetlb=on,hugetlbsize=2M -object memory-backend-ram,id=n1,size=3G -numa node,memdev=n0 -numa node,memdev=n1`,
    expect: {
      name: 'nodes',
      size: '4G',
      memory: ['base hugetlb 1G', 'base anon 3G'],
      ...kvm,
      monitor: none,
    },
  },
  {
    how: 'memory that is no RAM of the guest: ivshmem, NVDIMM, pmem',
    argv: `${q} -accel kvm -name others -m 64,slots=2,maxmem=4G -object memory-backend-file,id=iv,mem-path=/dev/shm/iv,size=1M,share=on -device ivshmem-plain,memdev=iv -object memory-backend-file,id=nv,mem-path=/var/nv.img,size=1G,share=on -device nvdimm,memdev=nv -object memory-backend-file,id=pm,mem-path=/var/pm.img,size=1G,share=on -device virtio-pmem-pci,memdev=pm`,
    expect: { name: 'others', size: '64M', maxmem: '4G', ...kvm, monitor: none },
  },
  {
    how: 'locked, and not offered to KSM',
    argv: `${q} -accel kvm -name lock -m 64 -overcommit mem-lock=yes -machine q35,mem-merge=off`,
    expect: { name: 'lock', size: '64M', memLock: true, memMerge: false, ...kvm, monitor: none },
  },
  {
    how: 'locked as it is touched',
    argv: `${q} -accel kvm -name lock -m 64 -overcommit mem-lock=on-fault`,
    expect: { name: 'lock', size: '64M', memLock: true, ...kvm, monitor: none },
  },
  {
    how: 'locked in the old way',
    argv: `${q} -enable-kvm -name lock -m 64 -realtime mlock=on -balloon virtio`,
    expect: { name: 'lock', size: '64M', memLock: true, ...kvm, balloon: true, monitor: none },
  },
  {
    how: 'one backend that is not offered to KSM',
    argv: `${q} -accel kvm -name part -m 64,slots=1,maxmem=1G -object memory-backend-ram,id=d,size=64M,merge=off -device pc-dimm,memdev=d`,
    expect: {
      name: 'part',
      size: '64M',
      maxmem: '1G',
      memory: ['base anon 64M', 'dimm anon 64M merge=off'],
      ...kvm,
      monitor: none,
    },
  },
  {
    how: 'pinned by a device that is passed through',
    argv: `${q} -accel kvm -name gpu -m 8G -device vfio-pci,host=0000:01:00.0,multifunction=on -device virtio-balloon-pci,id=b`,
    expect: { name: 'gpu', size: '8G', pinnedBy: 'vfio-pci', ...kvm, balloon: true, monitor: none },
  },
  {
    how: 'a mediated device that leaves the balloon alone',
    argv: `${q} -accel kvm -name mdev -m 8G -device vfio-pci,sysfsdev=/sys/bus/mdev/devices/x,x-balloon-allowed=on`,
    expect: { name: 'mdev', size: '8G', ...kvm, monitor: none },
  },
  {
    how: 'pinned by a vDPA network',
    argv: `${q} -accel kvm -name vdpa -m 8G -netdev vhost-vdpa,id=n0,vhostdev=/dev/vhost-vdpa-0 -device virtio-net-pci,netdev=n0`,
    expect: { name: 'vdpa', size: '8G', pinnedBy: 'vhost-vdpa', ...kvm, monitor: none },
  },
  {
    how: 'all of it in a configuration file, in the order of the words',
    argv: `${q} -m 64 -readconfig /etc/guests/cfg.conf -name late`,
    files: {
      '/etc/guests/cfg.conf': `# made up
[machine]
  type = "q35"
  accel = "kvm"
[memory]
  size = "96"
[name]
  guest = "early"
[object "m"]
  qom-type = "memory-backend-memfd"
  size = "96M"
  share = "on"
[numa]
  type = "node"
  memdev = "m"
[chardev "q"]
  backend = "socket"
  path = "/run/cfg.qmp"
  server = "on"
  wait = "off"
[mon]
  chardev = "q"
  mode = "control"
[device "b"]
  driver = "virtio-balloon-pci"
`,
    },
    expect: {
      name: 'late',
      size: '96M',
      memory: ['base shmem 96M'],
      backend: 'shared',
      ...kvm,
      balloon: true,
      monitor: '/run/cfg.qmp',
    },
  },
  {
    how: '-m after a configuration file',
    argv: `${q} -accel kvm -readconfig /etc/guests/size.conf -m 80 -name size -qmp unix:/run/size.qmp,server=on`,
    files: { '/etc/guests/size.conf': '[memory]\n  size = "96"\n' },
    expect: { name: 'size', size: '80M', ...kvm, monitor: '/run/size.qmp' },
  },
  {
    how: 'a configuration file that is gone: looked at again',
    argv: `${q} -accel kvm -readconfig /etc/guests/gone.conf -name gone`,
    descriptors: { 4: '/run/gone-qmp.sock', 5: '/run/serial.sock' },
    expect: { name: 'gone', ...kvm, monitor: '/run/gone-qmp.sock' },
  },
  {
    how: 'a configuration file beside a chroot',
    argv: `${q} -accel kvm -readconfig /etc/guests/jail.conf -chroot /var/empty -name jail`,
    root: '/var/empty',
    files: {
      '/etc/guests/jail.conf':
        '[memory]\n size = "1G"\n[chardev "q"]\n backend = "socket"\n path = "/run/jail.qmp"\n server = "on"\n[mon]\n chardev = "q"\n mode = "control"\n',
    },
    expect: { name: 'jail', size: '1G', ...kvm, monitor: '/run/jail.qmp' },
  },
  {
    how: 'hugepages beside a chroot by -run-with',
    argv: `${q} -accel kvm -m 1G -mem-path /dev/hugepages/j -run-with chroot=/var/empty,user=nobody -name jail`,
    root: '/var/empty',
    expect: { name: 'jail', size: '1G', memory: ['base hugetlb 1G'], backend: 'hugetlb', ...kvm, monitor: none },
  },
  {
    how: 'a key that is set afterwards',
    argv: `${q} -accel kvm -name set -m 64 -chardev socket,id=c,path=/run/set.sock,wait=off -set chardev.c.server=on -mon chardev=c,mode=control`,
    expect: { name: 'set', size: '64M', ...kvm, monitor: '/run/set.sock' },
  },
  {
    how: 'a program of NixOS',
    argv: `/run/current-system/sw/bin/qemu-system-x86_64 -accel kvm -name nix -m 64`,
    exe: '/nix/store/0123-qemu/bin/.qemu-system-x86_64-wrapped',
    expect: { name: 'nix', size: '64M', ...kvm, monitor: none },
  },
  {
    how: 'a microvm build of Fedora',
    argv: `/usr/bin/qemu-kvm-microvm -M microvm,accel=kvm -name small -m 64`,
    expect: { name: 'small', size: '64M', ...kvm, monitor: none },
  },
  {
    how: 'another architecture',
    argv: `/usr/bin/qemu-system-aarch64 -M virt,accel=kvm,mem-merge=on -cpu host -m 2048 -device virtio-balloon-device`,
    expect: { size: '2G', ...kvm, asyncPageFaults: true, balloon: true, monitor: none },
  },
  {
    how: 'programs of QEMU that run no guest',
    argv: `/usr/bin/qemu-storage-daemon --chardev socket,id=c,path=/run/s.sock,server=on --monitor c`,
    expect: { vmm: 'none', monitor: 'it is no guest' },
  },
  {
    how: 'a process that becomes a guest says nothing yet',
    argv: '',
    exe: '/usr/bin/qemu-system-x86_64',
    expect: { vmm: 'qemu', monitor: 'it is no guest' },
  },
];
