import type { CommandLine } from './told.ts';

const all = { vmm: 'crosvm', backend: 'shared', balloon: true } as const;

/** Guests as crosvm starts them: memory is one memfd, and only a socket on which the very process listens is asked. */
export const crosvm: readonly CommandLine[] = [
  {
    how: 'a size in MiB, and a control socket',
    argv: '/usr/bin/crosvm run --cpus 4 --mem 2048 --socket /run/cv/a.sock --rwdisk root.img --params "console=ttyS0 -x" vmlinux',
    descriptors: { 6: '/run/cv/a.sock' },
    expect: { ...all, size: '2G', monitor: '/run/cv/a.sock' },
  },
  {
    how: 'short letters, and a size by its key',
    argv: '/usr/bin/crosvm run -c 2 -m size=1024 -s /run/cv/b.sock --name dev vmlinux',
    descriptors: { 6: '/run/cv/b.sock' },
    expect: { ...all, name: 'dev', size: '1G', monitor: '/run/cv/b.sock' },
  },
  {
    how: 'no size: its own',
    argv: '/usr/bin/crosvm run --socket /run/cv/c.sock vmlinux',
    descriptors: { 6: '/run/cv/c.sock' },
    expect: { ...all, size: '256M', monitor: '/run/cv/c.sock' },
  },
  {
    how: 'a folder for the socket',
    argv: '/usr/bin/crosvm run --mem 512 --socket /run/cv/d/ vmlinux',
    descriptors: { 6: '/run/cv/d/crosvm-77.sock' },
    expect: { ...all, size: '512M', monitor: '/run/cv/d/crosvm-77.sock' },
  },
  {
    how: 'a socket on which another process listens',
    argv: '/usr/bin/crosvm run --mem 512 --socket /run/cv/e.sock vmlinux',
    expect: { ...all, size: '512M', monitor: 'it does not listen on its control socket /run/cv/e.sock', mayOpen: true },
  },
  {
    how: 'no socket, no balloon, locked',
    argv: '/usr/bin/crosvm run --mem 512 --no-balloon --lock-guest-memory vmlinux',
    expect: {
      vmm: 'crosvm',
      backend: 'shared',
      size: '512M',
      memLock: true,
      monitor: 'it was started without a control socket',
    },
  },
  {
    how: 'a configuration file',
    argv: '/usr/bin/crosvm run --cfg /etc/cv/f.json',
    files: { '/etc/cv/f.json': '{"mem":{"size":4096},"socket":"/run/cv/f.sock","name":"cfg","kernel":"vmlinux"}' },
    descriptors: { 6: '/run/cv/f.sock' },
    expect: { ...all, name: 'cfg', size: '4G', monitor: '/run/cv/f.sock' },
  },
  {
    how: 'a configuration file that is gone',
    argv: '/usr/bin/crosvm run --cfg /etc/cv/gone.json --name lost',
    expect: { ...all, name: 'lost', monitor: 'its configuration can’t be read' },
  },
];
