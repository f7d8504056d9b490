import { programName } from '../../../src/collect/guests/process/discovery.ts';
import { LiveProcess } from '../../../src/collect/guests/process/view.ts';
import { known } from '../../../src/known.ts';
import { Root } from '../../../src/root.ts';
import type { MemoryPart } from '../../../src/sample.ts';
import { exactBytes } from '../../../src/units.ts';
import { vmmNamed, vmms } from '../../../src/vmm/kinds.ts';
import { startedOf } from '../../collect/guests/started.ts';
import type { Tree } from '../../collect/guests/tree.ts';

/** A way in which a guest is started, and what kvmtop must say of it. Names, sizes, ids and addresses are invented. */
export interface CommandLine {
  /** What this one is about. */
  readonly how: string;
  /** As in a shell: words in quotes are one. */
  readonly argv: string;
  /** Its program's file, where that is another than the command line names. */
  readonly exe?: string;
  /** What its descriptors are: the path of a socket on which it listens, or `kvm-vm`. */
  readonly descriptors?: Readonly<Record<number, string>>;
  /** Files that it was given, by path. */
  readonly files?: Readonly<Record<string, string>>;
  /** What `/proc/PID/root` is, after a chroot. */
  readonly root?: string;
  readonly expect: Told;
}

/** What is not there must not be told. Sizes are as `exactBytes` writes them. */
export interface Told {
  /** Else QEMU. */
  readonly vmm?: string;
  readonly manager?: string;
  /** `undefined`: made up of program and PID. */
  readonly name?: string;
  readonly uuid?: string;
  readonly vmid?: number;
  readonly size?: string;
  /** `formal`: nobody chose it. */
  readonly maxmem?: string;
  /** USE KIND SIZE [ID] [requested SIZE] [merge=off]; left out where it is boot memory alone, private, of `size`. */
  readonly memory?: readonly string[];
  /** Of what most of it is; else anon. */
  readonly backend?: string;
  readonly memLock?: true;
  readonly prealloc?: true;
  readonly memMerge?: false;
  readonly pinnedBy?: string;
  readonly confidential?: string;
  readonly accelerator?: string;
  readonly asyncPageFaults?: boolean;
  readonly balloon?: true;
  /** Where its monitor listens; what begins with `its` or `it` says why there is none. */
  readonly monitor: string | readonly string[];
  /** It is looked at again soon. */
  readonly mayOpen?: true;
}

const wordsOf = (argv: string): string[] =>
  [...argv.matchAll(/(?:'[^']*'|"[^"]*"|[^\s'"])+/g)].map(([word]) => word.replace(/'([^']*)'|"([^"]*)"/g, '$1$2'));

/** What a host has mounted. */
const mounts = `20 1 0:0 / / rw - ext4 /dev/vda1 rw
21 1 0:1 / /proc rw - proc proc rw
22 1 0:2 / /run rw - tmpfs tmpfs rw
23 1 0:3 / /dev/shm rw - tmpfs tmpfs rw
24 1 0:4 / /dev/hugepages rw - hugetlbfs hugetlbfs rw
25 1 0:5 / /run/hugepages/kvm/2048kB rw - hugetlbfs hugetlbfs rw
26 1 0:6 / /run/hugepages/kvm/1048576kB rw - hugetlbfs hugetlbfs rw
27 1 0:7 / /srv/guest\\040ram rw - xfs /dev/vdb1 rw
`;

/** What a process in a root of its own sees of them. */
const alone = '20 1 0:0 / / rw - ext4 /dev/vda1 rw\n';

const sizeText = (bytes: number | undefined): string => (bytes === undefined ? '?' : exactBytes(bytes));

const partText = ({ use, kind, size, id, requested, merge }: MemoryPart): string =>
  [
    `${use} ${kind} ${sizeText(size)}`,
    ...(id === undefined ? [] : [id]),
    ...(requested === undefined ? [] : [`requested ${sizeText(requested)}`]),
    ...(merge === false ? ['merge=off'] : []),
  ].join(' ');

/** Puts the process into the tree, as it has been running for a while. */
const run = (tree: Tree, pid: number, { argv, exe, descriptors = {}, files = {}, root }: CommandLine): void => {
  const args = wordsOf(argv);
  const links: Record<string, string> = { 'fd/0': '/dev/null', ...(root === undefined ? {} : { root }) };
  const sockets: string[] = ['Num       RefCount Protocol Flags    Type St Inode Path'];
  for (const [descriptor, what] of Object.entries(descriptors)) {
    const inode = 7000 + Number(descriptor);
    links[`fd/${descriptor}`] = what === 'kvm-vm' ? 'anon_inode:kvm-vm' : `socket:[${inode}]`;
    if (what !== 'kvm-vm') sockets.push(`0000000000000000: 00000002 00000000 00010000 0001 01 ${inode} ${what}`);
  }
  tree.process(pid, {
    exe: exe ?? args[0] ?? '',
    args,
    cwd: root ?? '/var/lib/guests',
    links,
    // What is outside of a process's root is in no list of its own.
    files: { mountinfo: root === undefined ? mounts : alone, 'net/unix': `${sockets.join('\n')}\n` },
  });
  for (const [path, text] of Object.entries(files)) tree.write(path, text);
};

/** What kvmtop says of the guest. */
export const tell = async (tree: Tree, pid: number, line: CommandLine): Promise<Told> => {
  run(tree, pid, line);
  tree.write('proc/uptime', '5000.00 9000.00\n');
  tree.write('proc/self/mountinfo', mounts);
  const root = new Root(tree.dir);
  const program = programName(root.link(`/proc/${pid}/exe`) ?? '');
  const vmm = vmmNamed(program) ?? 'none';
  const started = vmm === 'none' ? undefined : await startedOf(vmms[vmm].started, new LiveProcess(root, pid));
  if (!started) return { vmm, monitor: 'it is no guest' };
  const { launch = {}, places, why } = started;
  const { uuid, vmid, size, maxmem, maxmemFormal, parts, backend, memLock, prealloc, memMerge, ...rest } = launch;
  const plain =
    parts === undefined ||
    (parts.length === 1 && parts[0]?.kind === 'anon' && parts[0].size === size && parts[0].merge === undefined);
  const labels = places.map(({ label }) => label);
  return {
    ...(vmm === 'qemu' ? {} : { vmm }),
    ...known({ manager: started.manager }),
    ...(started.name === `${vmm === 'qemu' ? vmm : program}-${pid}` ? {} : { name: started.name }),
    ...known({ uuid, vmid }),
    ...(size === undefined ? {} : { size: exactBytes(size) }),
    ...(maxmem === undefined ? {} : { maxmem: `${exactBytes(maxmem)}${maxmemFormal ? ' formal' : ''}` }),
    ...(plain ? {} : { memory: parts.map(partText) }),
    ...(backend === undefined || backend === 'anon' ? {} : { backend }),
    ...(memLock ? { memLock } : {}),
    ...(prealloc ? { prealloc } : {}),
    ...(memMerge === false ? { memMerge } : {}),
    ...rest,
    ...(started.balloon?.device ? { balloon: true } : {}),
    monitor: labels.length === 0 ? (why ?? '') : labels.length === 1 ? (labels[0] ?? '') : labels,
    ...(started.mayOpen ? { mayOpen: true } : {}),
  };
};
