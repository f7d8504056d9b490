import type { CommandLine } from './told.ts';

const none = 'it was started without a QMP monitor';

/** What quickemu writes around the memory of a guest. Its monitor is one for people. */
const guest = (name: string, memory: string, more = ''): string =>
  `/usr/bin/qemu-system-x86_64 -name ${name},process=${name} -pidfile ${name}/${name}.pid
  -machine q35,smm=off,vmport=off,accel=kvm -global kvm-pit.lost_tick_policy=discard -cpu host -smp cores=2,threads=2,sockets=1 ${memory}
  -rtc base=utc,clock=host -vga none -device virtio-vga-gl,xres=1280,yres=800 -display sdl,gl=on
  -device virtio-rng-pci,rng=rng0 -object rng-random,id=rng0,filename=/dev/urandom -device qemu-xhci,id=spicepass
  -chardev spicevmc,id=usbredirchardev1,name=usbredir -device usb-redir,chardev=usbredirchardev1,id=usbredirdev1
  -device pci-ohci,id=smartpass -device usb-ccid ${more}
  -monitor unix:${name}/${name}-monitor.socket,server,nowait -serial unix:${name}/${name}-serial.socket,server,nowait`;

const said = { accelerator: 'kvm', asyncPageFaults: true, balloon: true, monitor: none } as const;

/** Guests as quickemu starts them. */
export const quickemu: readonly CommandLine[] = [
  {
    how: 'a Linux guest',
    argv: guest('ubuntu-24.04', '-m 8G -device virtio-balloon'),
    expect: { ...said, name: 'ubuntu-24.04', size: '8G' },
  },
  {
    how: 'Windows, with its own flags of the processor',
    argv: guest('windows-11', '-m 4G -device virtio-balloon').replace(
      '-cpu host',
      '-cpu host,+hypervisor,+invtsc,l3-cache=on,migratable=no,hv_passthrough',
    ),
    expect: { ...said, name: 'windows-11', size: '4G' },
  },
  {
    how: 'macOS',
    argv: guest('macos-sonoma', '-m 8G -device virtio-balloon', "-device isa-applesmc,osk='some(c)words'").replace(
      '-cpu host',
      '-cpu Haswell-v2,vendor=GenuineIntel,-pdpe1gb,+avx,+sse',
    ),
    expect: { name: 'macos-sonoma', size: '8G', accelerator: 'kvm', balloon: true, monitor: none },
  },
  {
    how: 'a guest as old as it takes no balloon',
    argv: guest('kolibrios', '-m 2G'),
    expect: { accelerator: 'kvm', asyncPageFaults: true, monitor: none, name: 'kolibrios', size: '2G' },
  },
  {
    how: 'without KVM',
    argv: guest('debian', '-m 4G -device virtio-balloon')
      .replace('accel=kvm', 'accel=tcg')
      .replace('-cpu host', '-cpu max'),
    expect: { name: 'debian', size: '4G', accelerator: 'tcg', asyncPageFaults: false, balloon: true, monitor: none },
  },
  {
    how: 'with a share by virtiofs of its extra arguments',
    argv: guest(
      'fedora',
      '-m 4G -device virtio-balloon',
      '-object memory-backend-memfd,id=mem,size=4G,share=on -numa node,memdev=mem',
    ),
    expect: { ...said, name: 'fedora', size: '4G', memory: ['base shmem 4G'], backend: 'shared' },
  },
  {
    how: 'with a monitor for programs of its extra arguments',
    argv: guest('arch', '-m 4G -device virtio-balloon', '-qmp unix:/run/user/1000/arch.qmp,server,nowait'),
    expect: { ...said, name: 'arch', size: '4G', monitor: '/run/user/1000/arch.qmp' },
  },
  {
    how: 'its monitor over telnet is one for people too',
    argv: guest('alpine', '-m 1G -device virtio-balloon').replace(
      '-monitor unix:alpine/alpine-monitor.socket,server,nowait',
      '-monitor telnet:127.0.0.1:4440,server,nowait',
    ),
    expect: { ...said, name: 'alpine', size: '1G' },
  },
];
