import type { CommandLine } from './told.ts';

const config = (machine: string, more = ''): string =>
  `{"boot-source":{"kernel_image_path":"vmlinux","boot_args":"console=ttyS0"},"drives":[{"drive_id":"rootfs","path_on_host":"r.ext4","is_root_device":true,"is_read_only":false}],"machine-config":{"vcpu_count":2${machine}}${more}}`;

const fc = { vmm: 'firecracker' } as const;

/** MicroVMs as Firecracker and its jailer start them. */
export const firecracker: readonly CommandLine[] = [
  {
    how: 'all by the API',
    argv: '/usr/bin/firecracker --api-sock /run/fc/a.socket --id vm-a',
    expect: { ...fc, name: 'vm-a', monitor: '/run/fc/a.socket' },
  },
  {
    how: 'with an equals sign',
    argv: '/usr/bin/firecracker --api-sock=/run/fc/b.socket --id=vm-b',
    expect: { ...fc, name: 'vm-b', monitor: '/run/fc/b.socket' },
  },
  {
    how: 'without a word: its usual socket, and no name',
    argv: '/usr/bin/firecracker',
    expect: { ...fc, monitor: '/run/firecracker.socket' },
  },
  {
    how: 'a configuration file, beside the API',
    argv: '/usr/bin/firecracker --api-sock /run/fc/c.socket --id vm-c --config-file /etc/fc/c.json',
    files: { '/etc/fc/c.json': config(',"mem_size_mib":1024,"smt":false') },
    expect: { ...fc, name: 'vm-c', size: '1G', monitor: '/run/fc/c.socket' },
  },
  {
    how: 'a configuration file with a balloon',
    argv: '/usr/bin/firecracker --api-sock /run/fc/d.socket --id vm-d --config-file /etc/fc/d.json',
    files: {
      '/etc/fc/d.json': config(
        ',"mem_size_mib":512',
        ',"balloon":{"amount_mib":0,"deflate_on_oom":true,"stats_polling_interval_s":1}',
      ),
    },
    expect: { ...fc, name: 'vm-d', size: '512M', balloon: true, monitor: '/run/fc/d.socket' },
  },
  {
    how: 'a configuration file with hugepages',
    argv: '/usr/bin/firecracker --api-sock /run/fc/e.socket --id vm-e --config-file /etc/fc/e.json',
    files: { '/etc/fc/e.json': config(',"mem_size_mib":2048,"huge_pages":"2M"') },
    expect: {
      ...fc,
      name: 'vm-e',
      size: '2G',
      memory: ['base hugetlb 2G'],
      backend: 'hugetlb',
      monitor: '/run/fc/e.socket',
    },
  },
  {
    how: 'hugepages said to be none',
    argv: '/usr/bin/firecracker --id vm-f --config-file /etc/fc/f.json',
    files: { '/etc/fc/f.json': config(',"mem_size_mib":256,"huge_pages":"None"') },
    expect: { ...fc, name: 'vm-f', size: '256M', monitor: '/run/firecracker.socket' },
  },
  {
    how: 'a disk of another process: its memory is shared with it',
    argv: '/usr/bin/firecracker --api-sock /run/fc/g.socket --id vm-g --config-file /etc/fc/g.json',
    files: {
      '/etc/fc/g.json':
        '{"drives":[{"drive_id":"d0","socket":"/run/spdk.sock","is_root_device":false}],"machine-config":{"vcpu_count":1,"mem_size_mib":256}}',
    },
    expect: {
      ...fc,
      name: 'vm-g',
      size: '256M',
      memory: ['base shmem 256M'],
      backend: 'shared',
      monitor: '/run/fc/g.socket',
    },
  },
  {
    how: 'without an API',
    argv: '/usr/bin/firecracker --no-api --id vm-h --config-file /etc/fc/h.json --level Info',
    files: { '/etc/fc/h.json': config(',"mem_size_mib":128') },
    expect: { ...fc, name: 'vm-h', size: '128M', monitor: 'it was started without an API socket' },
  },
  {
    how: 'behind a jailer: a relative path, and words of its own',
    argv: '/firecracker --id 551e7604 --start-time-us 1234567 --start-time-cpu-us 2345 --parent-cpu-time-us 3456 --api-sock run/fc.socket',
    exe: '/usr/bin/firecracker',
    root: '/srv/jailer/firecracker/551e7604/root',
    expect: { ...fc, name: '551e7604', monitor: 'run/fc.socket' },
  },
  {
    how: 'a released binary’s own name',
    argv: './firecracker-v1.9.1-x86_64 --api-sock /tmp/fc.socket --no-seccomp',
    exe: '/opt/fc/firecracker-v1.9.1-x86_64',
    expect: { ...fc, monitor: '/tmp/fc.socket' },
  },
  {
    how: 'a configuration file that is broken',
    argv: '/usr/bin/firecracker --id vm-i --config-file /etc/fc/i.json',
    files: { '/etc/fc/i.json': '{"machine-config":{"mem_size_mib":' },
    expect: { ...fc, name: 'vm-i', monitor: '/run/firecracker.socket' },
  },
];
