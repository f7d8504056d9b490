import type { CommandLine } from './told.ts';

const uuid = 'd1d1d1d1-2222-4333-8444-555555555555';
const control = '/var/run/ganeti/kvm-hypervisor/ctrl';

/** What Ganeti writes around the memory of an instance. */
const instance = (name: string, memory: string, more = '', kvm = ',accel=kvm'): string =>
  `/usr/bin/kvm -name ${name} ${memory} -smp 2 -pidfile /var/run/ganeti/kvm-hypervisor/pid/${name} -balloon virtio -daemonize
  -machine pc-i440fx-2.8${kvm} -boot c -monitor unix:${control}/${name}.monitor,server,nowait
  -serial unix:${control}/${name}.serial,server,nowait -usb -usbdevice tablet -vnc 127.0.0.1:5101 ${more} -uuid ${uuid}
  -qmp unix:${control}/${name}.qmp,server,nowait -qmp unix:${control}/${name}.kvmd,server,nowait -S`;

const said = (name: string) =>
  ({
    name,
    uuid,
    accelerator: 'kvm',
    balloon: true,
    monitor: [`${control}/${name}.qmp`, `${control}/${name}.kvmd`],
  }) as const;

const qemu = '/usr/bin/qemu-system-x86_64';

/** Instances as Ganeti's hypervisor kvm starts them. */
export const ganeti: readonly CommandLine[] = [
  {
    how: 'a plain instance, with the old word for a balloon',
    argv: instance('web.example.org', '-m 2048'),
    exe: qemu,
    expect: { ...said('web.example.org'), size: '2G' },
  },
  {
    how: 'a later one, with a balloon by device',
    argv: instance('new.example.org', '-m 2048').replace(
      '-balloon virtio',
      '-device virtio-balloon,id=b,bus=pci.0,addr=0x3',
    ),
    exe: qemu,
    expect: { ...said('new.example.org'), size: '2G' },
  },
  {
    how: 'hugepages (mem_path)',
    argv: instance('huge.example.org', '-m 4096', '-mem-path /dev/hugepages -mem-prealloc'),
    exe: qemu,
    expect: {
      ...said('huge.example.org'),
      size: '4G',
      memory: ['base hugetlb 4G'],
      backend: 'hugetlb',
      prealloc: true,
    },
  },
  {
    how: 'in a chroot (use_chroot): its sockets were opened before',
    argv: instance('jail.example.org', '-m 1024', '-chroot /var/run/ganeti/kvm-hypervisor/chroot/jail.example.org'),
    exe: qemu,
    root: '/var/run/ganeti/kvm-hypervisor/chroot/jail.example.org',
    expect: { ...said('jail.example.org'), size: '1G' },
  },
  {
    how: 'a kernel of the host, with arguments',
    argv: instance(
      'kern.example.org',
      '-m 512',
      `-kernel /boot/vmlinuz-3-kvmU -initrd /boot/initrd-3-kvmU -append 'root=/dev/vda1 ro console=ttyS0,38400'`,
    ),
    exe: qemu,
    expect: { ...said('kern.example.org'), size: '512M' },
  },
  {
    how: 'without KVM by flag: called kvm, it tries all the same, and has a machine',
    argv: instance('flag.example.org', '-m 512', '', ''),
    exe: qemu,
    descriptors: { 13: 'kvm-vm' },
    expect: { ...said('flag.example.org'), size: '512M' },
  },
  {
    how: 'before -machine: -M and -enable-kvm',
    argv: instance('old.example.org', '-m 512').replace('-machine pc-i440fx-2.8,accel=kvm', '-M pc-1.0 -enable-kvm'),
    exe: qemu,
    expect: { ...said('old.example.org'), size: '512M' },
  },
  {
    how: 'KVM disabled in the old words',
    argv: instance('off.example.org', '-m 512').replace('-machine pc-i440fx-2.8,accel=kvm', '-M pc-1.0 -disable-kvm'),
    exe: qemu,
    expect: { ...said('off.example.org'), size: '512M', accelerator: 'tcg', asyncPageFaults: false },
  },
  {
    how: 'taking in a migration, as another user',
    argv: instance('in.example.org', '-m 2048', '-incoming tcp:192.0.2.9:8102 -runas ganeti-kvm'),
    exe: qemu,
    expect: { ...said('in.example.org'), size: '2G' },
  },
  {
    how: 'a processor passed through, and a guest agent',
    argv: instance(
      'cpu.example.org',
      '-m 2048',
      `-cpu host -chardev socket,path=${control}/cpu.example.org.qga,server,nowait,id=qga0 -device virtio-serial,id=qga0,bus=pci.0,addr=0x6 -device virtserialport,chardev=qga0,name=org.qemu.guest_agent.0`,
    ),
    exe: qemu,
    expect: { ...said('cpu.example.org'), size: '2G', asyncPageFaults: true },
  },
];
