import type { CommandLine } from './told.ts';

const id = '5f0c5f0c5f0c5f0c';
const uuid = '90909090-1111-4222-8333-444444444444';
const run = `/run/vc/vm/${id}`;

/** What Kata's runtime writes around the memory of a sandbox. */
const sandbox = (memory: string, more = '', program = '/opt/kata/bin/qemu-system-x86_64'): string =>
  `${program} -name sandbox-${id},debug-threads=on -uuid ${uuid} -machine q35,accel=kvm,nvdimm=on -cpu host,pmu=off
  -qmp unix:fd=3,server=on,wait=off ${memory} -device pci-bridge,bus=pcie.0,id=pci-bridge-0,chassis_nr=1,shpc=off,addr=2
  -device virtio-serial-pci,disable-modern=true,id=serial0 -device virtconsole,chardev=charconsole0,id=console0
  -chardev socket,id=charconsole0,path=${run}/console.sock,server=on,wait=off
  -device nvdimm,id=nv0,memdev=mem0,unarmed=on
  -object memory-backend-file,id=mem0,mem-path=/opt/kata/share/kata-containers/kata.img,size=268435456,readonly=on
  -object rng-random,id=rng0,filename=/dev/urandom -device virtio-rng-pci,rng=rng0
  -device vhost-vsock-pci,disable-modern=true,vhostfd=4,id=vsock-1,guest-cid=77 ${more}
  -rtc base=utc,driftfix=slew,clock=host -global kvm-pit.lost_tick_policy=discard -vga none -no-user-config -nodefaults
  -nographic --no-reboot -kernel /opt/kata/share/kata-containers/vmlinux.container
  -append 'tsc=reliable no_timer_check systemd.unit=kata-containers.target scsi_mod.scan=none'
  -pidfile ${run}/pid -smp 1,cores=1,threads=1,sockets=8,maxcpus=8`;

const shared = (mib: number): string =>
  `-object memory-backend-file,id=dimm1,size=${mib}M,mem-path=/dev/shm,share=on -numa node,memdev=dimm1`;

const said = { name: `sandbox-${id}`, uuid, accelerator: 'kvm', asyncPageFaults: true } as const;
const listening = { 3: `${run}/qmp.sock` };

/** Sandboxes as Kata Containers starts them. */
export const kata: readonly CommandLine[] = [
  {
    how: 'the monitor is a socket that was handed over; the image is no RAM',
    argv: sandbox('-m 2048M,slots=10,maxmem=64220M', shared(2048)),
    descriptors: listening,
    expect: {
      ...said,
      size: '2G',
      maxmem: '64220M',
      memory: ['base shmem 2G'],
      backend: 'shared',
      monitor: `${run}/qmp.sock`,
    },
  },
  {
    how: 'its descriptors may not be looked at: it is not libvirt’s all the same',
    argv: sandbox('-m 2048M,slots=10,maxmem=64220M', shared(2048)),
    expect: {
      ...said,
      size: '2G',
      maxmem: '64220M',
      memory: ['base shmem 2G'],
      backend: 'shared',
      monitor: 'its QMP monitor was handed over as an open descriptor',
    },
  },
  {
    how: 'without a shared file system: private memory',
    argv: sandbox('-m 2048M,slots=10,maxmem=64220M'),
    descriptors: listening,
    expect: { ...said, size: '2G', maxmem: '64220M', monitor: `${run}/qmp.sock` },
  },
  {
    how: 'hugepages',
    argv: sandbox(
      '-m 2048M,slots=10,maxmem=64220M',
      '-object memory-backend-file,id=dimm1,size=2048M,mem-path=/dev/hugepages,share=on,prealloc=on -numa node,memdev=dimm1',
    ),
    descriptors: listening,
    expect: {
      ...said,
      size: '2G',
      maxmem: '64220M',
      memory: ['base hugetlb 2G'],
      backend: 'hugetlb',
      prealloc: true,
      monitor: `${run}/qmp.sock`,
    },
  },
  {
    how: 'a memfd',
    argv: sandbox(
      '-m 2048M,slots=10,maxmem=64220M',
      '-object memory-backend-memfd,id=dimm1,size=2048M,share=on -numa node,memdev=dimm1',
    ),
    descriptors: listening,
    expect: {
      ...said,
      size: '2G',
      maxmem: '64220M',
      memory: ['base shmem 2G'],
      backend: 'shared',
      monitor: `${run}/qmp.sock`,
    },
  },
  {
    how: 'memory prepared for touching it all (enable_mem_prealloc)',
    argv: sandbox(
      '-m 2048M,slots=10,maxmem=64220M',
      '-object memory-backend-ram,id=dimm1,size=2048M,prealloc=on -numa node,memdev=dimm1',
    ),
    descriptors: listening,
    expect: { ...said, size: '2G', maxmem: '64220M', prealloc: true, monitor: `${run}/qmp.sock` },
  },
  {
    how: 'virtio-mem (enable_virtio_mem)',
    argv: sandbox(
      '-m 2048M,slots=10,maxmem=64220M',
      `${shared(2048)} -object memory-backend-file,id=virtiomem0,size=61440M,mem-path=/dev/shm,share=on -device virtio-mem-pci,id=virtiomem0,memdev=virtiomem0,requested-size=0`,
    ),
    descriptors: listening,
    expect: {
      ...said,
      size: '2G',
      maxmem: '64220M',
      memory: ['base shmem 2G', 'virtio-mem shmem 60G virtiomem0 requested 0B'],
      backend: 'shared',
      monitor: `${run}/qmp.sock`,
    },
  },
  {
    how: 'a DIMM that holds a template',
    argv: sandbox(
      '-m 512M,slots=10,maxmem=16000M',
      '-object memory-backend-file,id=dimm1,size=512M,mem-path=/run/vc/vm/template/memory,share=on -numa node,memdev=dimm1 -incoming defer',
    ),
    descriptors: listening,
    expect: {
      ...said,
      size: '512M',
      maxmem: '16000M',
      memory: ['base shmem 512M'],
      backend: 'shared',
      monitor: `${run}/qmp.sock`,
    },
  },
  {
    how: 'a device passed through (cold plug)',
    argv: sandbox(
      '-m 2048M,slots=10,maxmem=64220M',
      '-device vfio-pci,host=0000:81:00.0,x-pci-vendor-id=0x10de,x-pci-device-id=0x20f1,bus=rp0',
    ),
    descriptors: listening,
    expect: { ...said, size: '2G', maxmem: '64220M', pinnedBy: 'vfio-pci', monitor: `${run}/qmp.sock` },
  },
  {
    how: 'a second monitor, for people (extra_monitor_socket)',
    argv: sandbox('-m 2048M,slots=10,maxmem=64220M', `-monitor unix:path=${run}/extra-monitor.sock,server=on,wait=off`),
    descriptors: listening,
    expect: { ...said, size: '2G', maxmem: '64220M', monitor: `${run}/qmp.sock` },
  },
  {
    how: 'a second monitor, for programs',
    argv: sandbox('-m 2048M,slots=10,maxmem=64220M', `-qmp unix:path=${run}/extra-monitor.sock,server=on,wait=off`),
    descriptors: listening,
    expect: {
      ...said,
      size: '2G',
      maxmem: '64220M',
      monitor: [`${run}/qmp.sock`, `${run}/extra-monitor.sock`],
    },
  },
  {
    how: 'before its monitor was handed over',
    argv: sandbox('-m 2048M,slots=10,maxmem=64220M').replace(
      'unix:fd=3,server=on,wait=off',
      `unix:${run}/qmp.sock,server,nowait`,
    ),
    expect: { ...said, size: '2G', maxmem: '64220M', monitor: `${run}/qmp.sock` },
  },
  {
    how: 'qemu-lite of Clear Containers',
    argv: sandbox('-m 2048M,slots=2,maxmem=15890M', '', '/usr/bin/qemu-lite-system-x86_64').replace(
      'q35,accel=kvm,nvdimm=on',
      'pc-lite,accel=kvm,kernel_irqchip,nvdimm',
    ),
    descriptors: listening,
    expect: { ...said, size: '2G', maxmem: '15890M', monitor: `${run}/qmp.sock` },
  },
  {
    how: 'a confidential sandbox (TDX)',
    argv: sandbox(
      '-m 2048M,slots=10,maxmem=64220M',
      `-object '{"qom-type":"tdx-guest","id":"tdx","mrconfigid":"","quote-generation-socket":{"type":"vsock","cid":"2","port":"4050"}}'`,
      '/opt/kata/bin/qemu-system-x86_64-tdx-experimental',
    ).replace('nvdimm=on', 'nvdimm=on,confidential-guest-support=tdx'),
    descriptors: listening,
    expect: { ...said, size: '2G', maxmem: '64220M', confidential: 'TDX', monitor: `${run}/qmp.sock` },
  },
  {
    how: 'the runtime in Rust',
    argv: `/opt/kata/bin/qemu-system-x86_64 -name sandbox-${id} -uuid ${uuid} -kernel /opt/kata/vmlinux -append 'console=ttyS0 -- -x' -smp 1,maxcpus=16 -m 2048M,slots=1,maxmem=64000M -cpu host -qmp unix:fd=9,server=on,wait=off -machine q35,accel=kvm,memory-backend=entire-guest-memory-share -object memory-backend-file,id=entire-guest-memory-share,mem-path=/dev/shm,size=2048M,share=on,readonly=off -nodefaults -nographic -no-user-config`,
    descriptors: { 9: `/run/kata/${id}/qmp.sock` },
    expect: {
      ...said,
      size: '2G',
      maxmem: '64000M',
      memory: ['base shmem 2G'],
      backend: 'shared',
      monitor: `/run/kata/${id}/qmp.sock`,
    },
  },
];
