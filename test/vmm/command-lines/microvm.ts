import type { CommandLine } from './told.ts';

const none = 'it was started without a QMP monitor';
const store = '/nix/store/0123456789-qemu-host-cpu-only-9.1/bin/qemu-system-x86_64';

/** What microvm.nix writes around the memory of a guest; its process is called after the guest. */
const guest = (name: string, memory: string, more = ''): Omit<CommandLine, 'how' | 'expect'> => ({
  argv: `microvm@${name} -name ${name} -M microvm,accel=kvm:tcg,acpi=on,mem-merge=on,pcie=on,pic=off,pit=off,usb=off,rtc=on
    ${memory} -smp 2 -nodefaults -no-user-config -no-reboot -kernel /nix/store/k/bzImage -initrd /nix/store/i/initrd
    -chardev stdio,id=stdio,signal=off -device virtio-rng-pci -serial chardev:stdio -enable-kvm -cpu host,+x2apic,-sgx
    -append 'earlyprintk=ttyS0 console=ttyS0 reboot=t panic=-1 root=fstab init=/nix/store/s/init' -nographic ${more}`,
  exe: store,
});

const said = { accelerator: 'kvm', asyncPageFaults: true } as const;

/** Guests as microvm.nix starts them with QEMU. */
export const microvm: readonly CommandLine[] = [
  {
    how: 'a plain guest',
    ...guest('mail', '-m 512', '-qmp unix:mail.sock,server,nowait'),
    expect: { ...said, name: 'mail', size: '512M', monitor: 'mail.sock' },
  },
  {
    how: 'with shares by virtiofs',
    ...guest(
      'dns',
      '-m 1024',
      '-object memory-backend-memfd,id=mem,size=1024M,share=on -numa node,memdev=mem -qmp unix:dns.sock,server,nowait',
    ),
    expect: { ...said, name: 'dns', size: '1G', memory: ['base shmem 1G'], backend: 'shared', monitor: 'dns.sock' },
  },
  {
    how: 'with a balloon (balloon = true)',
    ...guest(
      'web',
      '-m 2048',
      '-device virtio-balloon,free-page-reporting=on,id=balloon0 -qmp unix:web.sock,server,nowait',
    ),
    expect: { ...said, name: 'web', size: '2G', balloon: true, monitor: 'web.sock' },
  },
  {
    how: 'hugepages (hugepageMem)',
    ...guest(
      'db',
      '-m 4096',
      '-object memory-backend-memfd,id=mem,size=4096M,share=on,hugetlb=on,hugetlbsize=2M,prealloc=on -numa node,memdev=mem',
    ),
    expect: {
      ...said,
      name: 'db',
      size: '4G',
      memory: ['base hugetlb 4G'],
      backend: 'hugetlb',
      prealloc: true,
      monitor: none,
    },
  },
  {
    how: 'a device passed through',
    ...guest('gw', '-m 1024', '-device vfio-pci,host=0000:02:00.0,multifunction=on'),
    expect: { ...said, name: 'gw', size: '1G', pinnedBy: 'vfio-pci', monitor: none },
  },
  {
    how: 'on a machine of the usual kind (q35)',
    ...guest('big', '-m 8192'),
    argv: guest('big', '-m 8192').argv.replace('-M microvm,', '-M q35,'),
    expect: { ...said, name: 'big', size: '8G', monitor: none },
  },
  {
    how: 'without KVM: the list falls back',
    exe: store,
    argv: guest('slow', '-m 256').argv.replace('-enable-kvm', '').replace('-cpu host,+x2apic,-sgx', '-cpu qemu64'),
    expect: { name: 'slow', size: '256M', accelerator: 'tcg', asyncPageFaults: false, monitor: none },
  },
  {
    how: 'of the same name, by Firecracker',
    argv: 'microvm@fire --config-file /nix/store/c/fire.json --api-sock /run/fire.sock',
    exe: '/nix/store/0123456789-firecracker-1.9/bin/firecracker',
    files: { '/nix/store/c/fire.json': '{"machine-config":{"vcpu_count":2,"mem_size_mib":512}}' },
    expect: { vmm: 'firecracker', size: '512M', monitor: '/run/fire.sock' },
  },
  {
    how: 'of the same name, by Cloud Hypervisor',
    argv: 'microvm@cloud --cpus boot=2 --watchdog --console null --serial tty --kernel /nix/store/k/vmlinux --initramfs /nix/store/i/initrd --cmdline "console=ttyS0 --x" --seccomp true --memory mergeable=on,shared=on,size=512M --platform oem_strings=[a] --api-socket cloud.sock',
    exe: '/nix/store/0123456789-cloud-hypervisor-41.0/bin/cloud-hypervisor',
    expect: {
      vmm: 'cloud-hypervisor',
      size: '512M',
      memory: ['base shmem 512M'],
      backend: 'shared',
      monitor: 'cloud.sock',
    },
  },
];
