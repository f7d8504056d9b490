import type { GuestOptions } from '../guest.ts';

/** How others start QEMU, their words as of Proxmox VE 8 and libvirt 9; graphics, disks, and what only Proxmox's QEMU takes (`-id`) are left out. */

const page = 2 ** 20;

/** `cpu`: `-cpu`, as the guest's `cpu:` line makes it. */
export const asProxmox = (vmid: number, name: string, memory: number, cpu: string): GuestOptions => ({
  name,
  memory,
  // No -accel: called so, QEMU prefers KVM.
  program: '/usr/bin/kvm',
  qmpPath: `/var/run/qemu-server/${vmid}.qmp`,
  monitor: false,
  words: [
    ...['-name', `${name},debug-threads=on`, '-no-shutdown'],
    ...[
      '-chardev',
      `socket,id=qmp,path=/var/run/qemu-server/${vmid}.qmp,server=on,wait=off`,
      '-mon',
      'chardev=qmp,mode=control',
    ],
    ...[
      '-chardev',
      'socket,id=qmp-event,path=/var/run/qmeventd.sock,reconnect=5',
      '-mon',
      'chardev=qmp-event,mode=control',
    ],
    ...['-pidfile', `/var/run/qemu-server/${vmid}.pid`],
    ...['-smbios', 'type=1,uuid=7c1b2a39-5a2c-4a3e-9d0e-0f6f6f1c2d3e'],
    ...[
      '-smp',
      '1,sockets=1,cores=1,maxcpus=1',
      '-nodefaults',
      '-boot',
      'strict=on,reboot-timeout=1000',
      '-display',
      'none',
    ],
    ...['-cpu', cpu, '-m', String(memory)],
    ...['-device', 'pci-bridge,id=pci.1,chassis_nr=1,bus=pci.0,addr=0x1e'],
    ...['-device', 'virtio-balloon-pci,id=balloon0,bus=pci.0,addr=0x3,free-page-reporting=on'],
    ...['-rtc', 'driftfix=slew,base=localtime', '-machine', 'type=pc', '-global', 'kvm-pit.lost_tick_policy=discard'],
  ],
});

export const asLibvirt = (name: string, memory: number, cpu: string): GuestOptions => ({
  name,
  memory,
  handedOver: true,
  words: [
    ...['-name', `guest=${name},debug-threads=on`, '-S'],
    ...[
      '-machine',
      'pc-i440fx-7.2,usb=off,dump-guest-core=off,memory-backend=pc.ram,acpi=on',
      '-accel',
      'kvm',
      '-cpu',
      cpu,
    ],
    ...['-m', `size=${memory * 1024}k`],
    ...['-object', JSON.stringify({ 'qom-type': 'memory-backend-ram', id: 'pc.ram', size: memory * page })],
    ...['-overcommit', 'mem-lock=off', '-smp', '1,sockets=1,cores=1,threads=1'],
    ...['-uuid', '4dea22b3-1d52-d8f3-2516-782e98ab3fa0', '-display', 'none', '-no-user-config', '-nodefaults'],
    ...[
      '-chardev',
      'socket,id=charmonitor,fd=3,server=on,wait=off',
      '-mon',
      'chardev=charmonitor,id=monitor,mode=control',
    ],
    ...['-rtc', 'base=utc', '-no-shutdown', '-boot', 'strict=on'],
    ...['-device', JSON.stringify({ driver: 'virtio-balloon-pci', id: 'balloon0', bus: 'pci.0', addr: '0x2' })],
    ...['-sandbox', 'on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny', '-msg', 'timestamp=on'],
  ],
});
