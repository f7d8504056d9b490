import type { CommandLine } from './told.ts';

const home = '/home/ada/.lima/default';

/** What Lima writes around the memory of an instance. */
const instance = (memory: string, more = ''): string =>
  `/usr/bin/qemu-system-x86_64 ${memory} -cpu host -machine q35,accel=kvm -smp 4,sockets=1,cores=4,threads=1
  -drive if=pflash,format=raw,readonly=on,file=/usr/share/OVMF/OVMF_CODE_4M.fd -boot order=c,splash-time=0,menu=on
  -drive file=${home}/diffdisk,if=virtio,discard=on -drive id=cdrom0,if=none,format=raw,readonly=on,file=${home}/cidata.iso
  -device virtio-scsi-pci,id=scsi0 -device scsi-cd,bus=scsi0.0,drive=cdrom0
  -netdev user,id=net0,net=192.168.5.0/24,dhcpstart=192.168.5.15,hostfwd=tcp:127.0.0.1:60022-:22
  -device virtio-net-pci,netdev=net0,mac=52:55:55:00:00:01 -device virtio-rng-pci -display none -device virtio-vga
  -device virtio-keyboard-pci -device virtio-mouse-pci -device qemu-xhci,id=usb-bus -parallel none
  -chardev socket,id=char-serial,path=${home}/serial.sock,server=on,wait=off,logfile=${home}/serial.log -serial chardev:char-serial
  -chardev socket,id=char-qmp,path=${home}/qmp.sock,server=on,wait=off -qmp chardev:char-qmp ${more}
  -name lima-default -pidfile ${home}/qemu.pid`;

const said = {
  name: 'lima-default',
  accelerator: 'kvm',
  asyncPageFaults: true,
  monitor: `${home}/qmp.sock`,
} as const;

/** Instances as Lima starts them, with its driver for QEMU. */
export const lima: readonly CommandLine[] = [
  { how: 'a plain instance', argv: instance('-m 4096'), expect: { ...said, size: '4G' } },
  {
    how: 'mounts by virtiofs',
    argv: instance(
      '-m 4096',
      '-object memory-backend-file,id=virtiofs-shm,size=4096M,mem-path=/dev/shm,share=on -machine memory-backend=virtiofs-shm -chardev socket,id=char-virtiofs-0,path=/home/ada/.lima/default/virtiofsd-0.sock -device vhost-user-fs-pci,id=virtiofs-0,tag=mount0,chardev=char-virtiofs-0',
    ),
    expect: { ...said, size: '4G', memory: ['base shmem 4G'], backend: 'shared' },
  },
  {
    how: 'mounts by 9p',
    argv: instance('-m 2048', '-virtfs local,mount_tag=mount0,path=/home/ada,security_model=none,readonly=on'),
    expect: { ...said, size: '2G' },
  },
  {
    how: 'a swap of mounts and a size in MiB that is no power of two',
    argv: instance('-m 6000', '-device virtio-balloon-pci'),
    expect: { ...said, size: '6000M', balloon: true },
  },
  {
    how: 'an arm64 instance on an x86 host',
    argv: instance('-m 4096')
      .replace('/usr/bin/qemu-system-x86_64', '/usr/bin/qemu-system-aarch64')
      .replace('-cpu host', '-cpu max,pauth-impdef=on')
      .replace('q35,accel=kvm', 'virt,accel=tcg,thread=multi,tb-size=512'),
    expect: {
      name: 'lima-default',
      size: '4G',
      accelerator: 'tcg',
      asyncPageFaults: false,
      monitor: `${home}/qmp.sock`,
    },
  },
  {
    how: 'as Colima names it',
    argv: instance('-m 2048')
      .replaceAll('/home/ada/.lima/default', '/home/ada/.colima/_lima/colima')
      .replace('lima-default', 'lima-colima'),
    expect: {
      ...said,
      name: 'lima-colima',
      size: '2G',
      monitor: '/home/ada/.colima/_lima/colima/qmp.sock',
    },
  },
  {
    how: 'with the old words for a socket',
    argv: instance('-m 4096').replaceAll('server=on,wait=off', 'server,nowait'),
    expect: { ...said, size: '4G' },
  },
  {
    how: 'a display over VNC, and audio',
    argv: instance('-m 4096', '-audiodev none,id=default -device virtio-sound-pci,audiodev=default').replace(
      '-display none',
      '-display vnc=127.0.0.1:0,to=9,password=on',
    ),
    expect: { ...said, size: '4G' },
  },
];
