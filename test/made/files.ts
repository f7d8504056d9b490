import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { KiB } from '../../src/units.ts';

/** A tree of /proc and /sys: what is in each file, or where a link points. */
export type Files = Readonly<Record<string, string | { readonly link: string }>>;

type Numbers = Readonly<Record<string, number>>;

/** Writes the tree into a folder of its own; the caller removes it. */
export const plant = (files: Files): { readonly dir: string; readonly remove: () => void } => {
  const dir = mkdtempSync(join(tmpdir(), 'kvmtop-made-'));
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(dir, path)), { recursive: true });
    if (typeof content === 'string') writeFileSync(join(dir, path), content);
    else symlinkSync(content.link, join(dir, path));
  }
  return { dir, remove: () => rmSync(dir, { recursive: true }) };
};

/** A tree that was captured, in test/hosts. */
export const captured = (name: string): Files => {
  const top = join(import.meta.dirname, '../hosts', name);
  const found = readdirSync(top, { recursive: true, withFileTypes: true }).filter(entry => !entry.isDirectory());
  return Object.fromEntries(
    found.map(entry => {
      const path = join(entry.parentPath, entry.name);
      const content = entry.isSymbolicLink() ? { link: readlinkSync(path) } : readFileSync(path, 'utf8');
      return [path.slice(top.length), content] as const;
    }),
  );
};

/** Files of one value each. */
export const folder = (path: string, values: Readonly<Record<string, number | string>>): Files =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [`${path}/${name}`, `${value}\n`]));

export const kernel = (release: string): Files => folder('/proc/sys/kernel', { hostname: 'made', osrelease: release });

const meminfoText = (numbers: Numbers, before = ''): string =>
  Object.entries(numbers)
    .map(([name, value]) =>
      name.startsWith('HugePages_')
        ? `${before}${name}:${String(value).padStart(8)}\n`
        : `${before}${`${name}:`.padEnd(16)}${String(value / KiB).padStart(9)} kB\n`,
    )
    .join('');

/** Bytes; `HugePages_…` in pages. */
export const meminfo = (numbers: Numbers): Files => ({ '/proc/meminfo': meminfoText(numbers) });

export const vmstat = (numbers: Numbers): Files => ({
  '/proc/vmstat': Object.entries(numbers)
    .map(([name, value]) => `${name} ${value}\n`)
    .join(''),
});

export const ksm = (values: Readonly<Record<string, number | string>>): Files =>
  folder('/sys/kernel/mm/ksm', { run: 1, pages_to_scan: 100, sleep_millisecs: 20, full_scans: 3, ...values });

/** Of one size: pages, and how many of them are free and reserved. */
export const pool = (pageSize: number, total: number, free = total, reserved = 0): Files =>
  folder(`/sys/kernel/mm/hugepages/hugepages-${pageSize / KiB}kB`, {
    nr_hugepages: total,
    free_hugepages: free,
    resv_hugepages: reserved,
    surplus_hugepages: 0,
    nr_overcommit_hugepages: 0,
  });

export const node = (id: number, numbers: Numbers): Files => ({
  [`/sys/devices/system/node/node${id}/meminfo`]: meminfoText(numbers, `Node ${id} `),
});

export const nodePool = (id: number, pageSize: number, total: number, free = total): Files =>
  folder(`/sys/devices/system/node/node${id}/hugepages/hugepages-${pageSize / KiB}kB`, {
    nr_hugepages: total,
    free_hugepages: free,
    surplus_hugepages: 0,
  });

/** The free pages that each processor keeps ready. */
export const zoneinfo = (...counts: readonly number[]): Files => ({
  '/proc/zoneinfo': `Node 0, zone   Normal\n  pages free     3840\n        min      9\n  pagesets\n${counts
    .map(
      (count, cpu) =>
        `    cpu: ${cpu}\n              count: ${count}\n              high:  3000\n              batch: 63\n`,
    )
    .join('')}  node_unreclaimable:  0\n`,
});

export const arcstats = (numbers: Numbers): Files => ({
  '/proc/spl/kstat/zfs/arcstats': `13 1 0x01 147 39984 8462 12345678901\nname                            type data\n${Object.entries(
    numbers,
  )
    .map(([name, data]) => `${name.padEnd(31)} 4    ${data}\n`)
    .join('')}`,
});

/** The first processor, as each architecture describes it. */
export const cpuinfo = {
  x86: {
    '/proc/cpuinfo':
      'processor\t: 0\nvendor_id\t: GenuineIntel\nflags\t\t: fpu vmx ept vpid ept_ad pdpe1gb\n\nprocessor\t: 1\n',
  },
  arm64: {
    '/proc/cpuinfo':
      'processor\t: 0\nBogoMIPS\t: 50.00\nFeatures\t: fp asimd evtstrm aes\nCPU implementer\t: 0x41\nCPU part\t: 0xd0c\n\nprocessor\t: 1\n',
  },
  ppc64le: {
    '/proc/cpuinfo': 'processor\t: 0\ncpu\t\t: POWER9, altivec supported\nclock\t\t: 3800.000000MHz\nrevision\t: 2.2\n',
  },
  s390x: {
    '/proc/cpuinfo':
      'vendor_id       : IBM/S390\n# processors    : 8\nbogomips per cpu: 21881.00\nmax thread id   : 0\nfeatures\t: esan3 zarch stfle msa ldisp eimm dfp edat etf3eh highgprs te vx sie\n',
  },
} as const satisfies Record<string, Files>;

/** KVM's modules, each with its parameters. */
export const modules = (table: Readonly<Record<string, Readonly<Record<string, number | string>>>>): Files =>
  Object.assign(
    {},
    ...Object.entries(table).flatMap(([name, values]) => [
      folder(`/sys/module/${name}`, { refcnt: 0 }),
      folder(`/sys/module/${name}/parameters`, values),
    ]),
  );

interface MadeGuest {
  readonly exe?: string;
  /** Its words, after the program's name. */
  readonly command: string;
  /** Amounts of /proc/PID/status, bytes. */
  readonly status: Numbers;
  /** Its line in /proc/PID/cgroup: of version 1 or 2. */
  readonly cgroup?: string;
  /** Further files in its folder. */
  readonly files?: Readonly<Record<string, string>>;
}

export const guest = (
  pid: number,
  { exe = '/usr/bin/qemu-system-x86_64', command, status, cgroup, files = {} }: MadeGuest,
): Files => {
  const amounts = Object.entries(status).map(([name, bytes]) => `${name}:\t${String(bytes / KiB).padStart(8)} kB\n`);
  const own = {
    cmdline: [exe, ...command.split(' ')].map(word => `${word}\0`).join(''),
    stat: `${pid} (qemu-kvm) S 1 1 1 0 -1 4194560 100 0 7 0 1000 500 0 0 20 0 4 0 ${5000 + pid} 0 0\n`,
    status: `Name:\tqemu-kvm\nState:\tS (sleeping)\nPid:\t${pid}\nUid:\t107\t107\t107\t107\n${amounts.join('')}Threads:\t8\n`,
    ...(cgroup === undefined ? {} : { cgroup: `${cgroup}\n` }),
    ...files,
  };
  return {
    [`/proc/${pid}/exe`]: { link: exe },
    ...Object.fromEntries(Object.entries(own).map(([name, text]) => [`/proc/${pid}/${name}`, text])),
  };
};
