import { cpus, release, totalmem } from 'node:os';
import type { LibvirtCost } from './libvirt.ts';
import type { RecordingCost } from './recording.ts';
import type { RefreshCost } from './refresh.ts';
import type { RoundCost } from './rounds.ts';
import type { StartCost } from './start.ts';

export interface Results {
  readonly rounds?: readonly RoundCost[];
  readonly refresh?: readonly RefreshCost[];
  readonly start?: readonly StartCost[];
  readonly recording?: RecordingCost;
  readonly libvirt?: readonly LibvirtCost[];
}

/** Something that is to be at most `limit`. */
interface Target {
  readonly what: string;
  readonly limit: number;
  readonly value: number;
  readonly unit: string;
}

const row = (...cells: readonly (string | number)[]): string => `| ${cells.join(' | ')} |`;
const table = (head: readonly string[], rows: readonly string[]): string[] => [
  row(...head),
  row(...head.map((_, index) => (index === 0 ? '---' : '---:'))),
  ...rows,
];
const ms = (value: number | undefined): string =>
  value === undefined ? '' : value < 9.95 ? value.toFixed(2) : value.toFixed(value < 99.5 ? 1 : 0);
const times = (value: number): string => `${value.toFixed(2)} x`;
const mega = (bytes: number | undefined): string => (bytes === undefined ? '' : (bytes / 1e6).toFixed(1));
const whole = (value: number): string => value.toFixed(0).replace(/\B(?=(\d{3})+$)/g, ',');

const kinds: Readonly<Record<RoundCost['what'], string>> = {
  tree: 'files of a generated tree in memory',
  proc: '/proc and /sys of living processes',
  monitors: 'all guests’ monitors',
};

const roundsPart = (costs: readonly RoundCost[]): string[] => [
  '## One collection round',
  '',
  'What the overview reads each second, hot: `/proc` is listed, a quarter of the processes’ programs are looked at, each',
  'guest’s `stat`, `status` and `ksm_stat` and the host’s files are read and parsed. As many other processes run as guests.',
  'The program in C does the same with the same files by open, read and close (*kept*: through descriptors that stay open,',
  'as kvmtop’s do), and parses every number; it holds the same conversation with the monitors, one after the other, while',
  'kvmtop talks to sixteen at once. The guests answer from processes of their own, which are not counted. On the screen',
  'each of a hundred monitors is asked every two seconds. Milliseconds: CPU is the mean, time the median.',
  '',
  ...table(
    ['round', 'guests', 'kvmtop CPU', 'C CPU', 'C kept, CPU', 'kvmtop time', 'C time', 'CPU / C', 'time / C'],
    costs.map(({ what, guests, kvmtop, c, cKept }) =>
      row(
        kinds[what],
        guests,
        ms(kvmtop.cpu),
        ms(c.cpu),
        ms(cKept?.cpu),
        ms(kvmtop.wall),
        ms(c.wall),
        times(kvmtop.cpu / c.cpu),
        times(kvmtop.wall / c.wall),
      ),
    ),
  ),
  '',
];

const sameRun = (costs: readonly RefreshCost[], mine: RefreshCost, program: string): RefreshCost | undefined =>
  costs.find(cost => cost.program === program && cost.columns === mine.columns);

const refreshPart = (costs: readonly RefreshCost[]): string[] => [
  '## One refresh of the screen',
  '',
  'In a terminal, one refresh a second, means of 30 after 20 s of warming up, on a host with 100 guests and 100 other',
  'processes: small programs under QEMU’s name and command line, a third of which change their memory and compute a little',
  'each second. Their monitors answer with statistics that are renewed every two seconds. htop and btop show the same',
  'processes, in their own default views. htop and btop have nothing like the monitors, so kvmtop is measured without them too.',
  'CPU in milliseconds, by the scheduler’s count.',
  '',
  ...table(
    ['program', 'size', 'bytes', 'CPU', 'bytes / htop', 'bytes / btop', 'CPU / htop'],
    costs.map(cost => {
      const htop = sameRun(costs, cost, 'htop');
      const btop = sameRun(costs, cost, 'btop');
      const isMine = cost.program.startsWith('kvmtop');
      const ratio = (value: number, of: number | undefined): string => (isMine && of ? times(value / of) : '');
      return row(
        isMine ? `${cost.program}, ${cost.monitors ? 'asking 100 monitors' : 'guests without monitors'}` : cost.program,
        `${cost.columns}x${cost.rows}`,
        whole(cost.bytes),
        ms(cost.cpu),
        ratio(cost.bytes, htop?.bytes),
        ratio(cost.bytes, btop?.bytes),
        ratio(cost.cpu, htop?.cpu),
      );
    }),
  ),
  '',
];

const startPart = (costs: readonly StartCost[]): string[] => {
  const node = costs.find(({ program }) => program === 'node -e 0');
  return [
    '## Start and memory',
    '',
    'From the start in an 80x24 terminal until the screen shows the head of the table and its first row, on the host above;',
    'of `node -e 0` until its end. The programs start in turn, twelve times each. The peak is the most memory held (VmHWM) in',
    'the first 20 s, in millions of bytes; a good part of kvmtop’s is the text of Node, which all Node programs share. What V8',
    'compiled at the first start is kept beside the program for the others. CPU is of all threads until then, the median.',
    '',
    ...table(
      ['program', 'least ms', 'median ms', 'least / least', 'median / median', 'CPU ms', 'CPU / CPU', 'peak MB'],
      costs.map(cost =>
        row(
          cost.program === 'node -e 0' ? '`node -e 0`' : cost.program,
          ms(cost.least),
          ms(cost.median),
          times(cost.least / (node?.least ?? Number.NaN)),
          times(cost.median / (node?.median ?? Number.NaN)),
          ms(cost.cpu),
          times(cost.cpu / (node?.cpu ?? Number.NaN)),
          mega(cost.peak),
        ),
      ),
    ),
    '',
  ];
};

const recordingPart = ({ guests, seconds, kvmtop, atop, append, day }: RecordingCost): string[] => [
  '## Recording',
  '',
  `${guests} such guests and as many other processes, with all numbers that kvmtop reads of them, at one sample a second.`,
  `Beside it \`atop -w\` recorded the same for the same ${seconds} s. Of kvmtop’s file what an empty one has (the tables) is not`,
  'counted there; the file of a day is counted whole. It is made of the same samples, forth and back. A seek is finding a moment',
  'and decoding its sample. The main loop tells what changed, while another thread compresses and writes; the worst are the whole',
  'samples, of which one begins each chain of 128.',
  '',
  ...table(
    ['what', 'kvmtop', 'atop', 'kvmtop / atop'],
    [
      row('bytes a sample', whole(kvmtop), whole(atop), times(kvmtop / atop)),
      row('bytes a sample, of a day', whole(day.bytes / 86_400), '', ''),
      row('MB a day', mega(day.bytes), mega(atop * 86_400), times(day.bytes / (atop * 86_400))),
      row('seek in a day, median ms', ms(day.seek.median), '', ''),
      row('the same, worst', ms(day.seek.most), '', ''),
      row('main loop a sample, median ms', ms(append.median), '', ''),
      row('the same, mean', ms(append.mean), '', ''),
      row('the same, worst', ms(append.most), '', ''),
    ],
  ),
  '',
];

const allCpu = ({ asker, virsh, libvirtd }: LibvirtCost['rpc']): number => asker + virsh + libvirtd;
const whatLibvirt = ({ domains, real }: LibvirtCost): string =>
  `${domains} ${real ? 'running domains, a real libvirtd' : 'domains, a scripted libvirtd'}`;

const libvirtPart = (costs: readonly LibvirtCost[]): string[] => [
  '## Questions to libvirt',
  '',
  'One question about each domain, for its state and its balloon’s statistics: by libvirt’s own protocol, as kvmtop asks them,',
  'four under way at once; and through one `virsh` that stays and is given all questions in one piece. In each question of virsh',
  'it looks the domain up first. A scripted libvirtd is a program of the tests, in Node: what it computes is no libvirtd’s.',
  'Milliseconds of one round: CPU is the mean, time the median.',
  '',
  ...table(
    [
      'domains',
      'way',
      'time',
      'CPU of who asks',
      'of virsh',
      'of libvirtd',
      'CPU of all',
      'time / virsh',
      'CPU / virsh',
    ],
    costs.flatMap(cost =>
      (['virsh', 'rpc'] as const).map(way => {
        const { wall, asker, virsh, libvirtd } = cost[way];
        const isMine = way === 'rpc';
        return row(
          whatLibvirt(cost),
          isMine ? 'its protocol' : 'virsh',
          ms(wall),
          ms(asker),
          isMine ? '' : ms(virsh),
          ms(libvirtd),
          ms(allCpu(cost[way])),
          isMine ? times(wall / cost.virsh.wall) : '',
          isMine ? times(allCpu(cost.rpc) / allCpu(cost.virsh)) : '',
        );
      }),
    ),
  ),
  '',
];

const libvirtTargets = (costs: readonly LibvirtCost[]): Target[] =>
  costs.flatMap(cost => [
    {
      what: `${whatLibvirt(cost)}: time against virsh`,
      limit: 0.5,
      value: cost.rpc.wall / cost.virsh.wall,
      unit: ' x',
    },
    { what: 'the same: CPU of all', limit: 0.5, value: allCpu(cost.rpc) / allCpu(cost.virsh), unit: ' x' },
  ]);

const roundTargets = (costs: readonly RoundCost[]): Target[] =>
  costs.map(({ what, guests, kvmtop, c }) => ({
    what: `round of ${guests} guests, ${kinds[what]}: CPU against C`,
    limit: 1.5,
    value: kvmtop.cpu / c.cpu,
    unit: ' x',
  }));

const refreshTargets = (costs: readonly RefreshCost[]): Target[] =>
  costs
    .filter(({ program }) => program === 'kvmtop')
    .flatMap(mine => {
      const htop = sameRun(costs, mine, 'htop');
      const btop = sameRun(costs, mine, 'btop');
      const where = `refresh at ${mine.columns}x${mine.rows}${mine.monitors ? '' : ', no monitors'}`;
      if (!htop || !btop) return [];
      return [
        { what: `${where}: bytes against htop`, limit: 1.5, value: mine.bytes / htop.bytes, unit: ' x' },
        { what: `${where}: bytes against btop`, limit: 0.25, value: mine.bytes / btop.bytes, unit: ' x' },
        { what: `${where}: CPU against htop`, limit: 3, value: mine.cpu / htop.cpu, unit: ' x' },
      ];
    });

const startTargets = (costs: readonly StartCost[]): Target[] => {
  const of = (name: string): StartCost | undefined => costs.find(({ program }) => program === name);
  const mine = of('kvmtop');
  const one = of('kvmtop, one executable');
  const node = of('node -e 0');
  if (!mine || !node) return [];
  return [
    { what: 'first complete screen against `node -e 0`, least', limit: 7, value: mine.least / node.least, unit: ' x' },
    { what: 'the same, median', limit: 7, value: mine.median / node.median, unit: ' x' },
    ...(one
      ? [
          { what: 'the same of the one executable, median', limit: 3, value: one.median / node.median, unit: ' x' },
          { what: 'its CPU', limit: 3, value: one.cpu / node.cpu, unit: ' x' },
        ]
      : []),
    { what: 'peak memory', limit: 110, value: (mine.peak ?? Number.NaN) / 1e6, unit: ' MB' },
  ];
};

const recordingTargets = ({ kvmtop, atop, append, day }: RecordingCost): Target[] => [
  { what: 'recording: a sample of a day', limit: 1536, value: day.bytes / 86_400, unit: ' bytes' },
  { what: 'recording: bytes against atop', limit: 0.15, value: kvmtop / atop, unit: ' x' },
  { what: 'seek in a day, worst', limit: 50, value: day.seek.most, unit: ' ms' },
  { what: 'main loop a sample, median', limit: 1, value: append.median, unit: ' ms' },
  { what: 'the same, mean', limit: 1, value: append.mean, unit: ' ms' },
];

const targetsPart = (results: Results, explanations: readonly string[]): string[] => {
  const targets = [
    ...roundTargets(results.rounds ?? []),
    ...refreshTargets(results.refresh ?? []),
    ...startTargets(results.start ?? []),
    ...(results.recording ? recordingTargets(results.recording) : []),
    ...libvirtTargets(results.libvirt ?? []),
  ];
  const missed = targets.filter(({ value, limit }) => !(value <= limit));
  return [
    '## Targets',
    '',
    ...table(
      ['target', 'at most', 'measured', ''],
      targets.map(({ what, limit, value, unit }) =>
        row(
          what,
          `${limit}${unit}`,
          `${value.toFixed(value < 10 ? 2 : 1)}${unit}`,
          value <= limit ? 'met' : '**missed**',
        ),
      ),
    ),
    '',
    ...(missed.length === 0 ? ['All targets are met.'] : [`${missed.length} of ${targets.length} are missed.`]),
    '',
    ...explanations,
  ];
};

/** Of /proc/cpuinfo; machines differ, and the ratios with them. */
const machine = (): string => {
  const all = cpus();
  const model = all[0]?.model.trim() || 'unknown CPU';
  return `${model}, ${all.length} cores, ${(totalmem() / 2 ** 30).toFixed(0)} GiB of RAM, Linux ${release().split('-')[0]}, Node ${process.versions.node}`;
};

/** The page of a whole run, or of the parts that were run. `explanations`: why what is missed is missed. */
export const report = (
  results: Results,
  versions: Readonly<Record<string, string>>,
  explanations: readonly string[],
): string =>
  [
    '# What kvmtop costs',
    '',
    'Measured by `npm run bench`, which writes this page; the ratios are what matters, since all programs ran on one machine:',
    `${machine()}; ${Object.entries(versions)
      .map(([program, version]) => `${program} ${version}`)
      .join(', ')}.`,
    '',
    ...(results.rounds ? roundsPart(results.rounds) : []),
    ...(results.refresh ? refreshPart(results.refresh) : []),
    ...(results.start ? startPart(results.start) : []),
    ...(results.recording ? recordingPart(results.recording) : []),
    ...(results.libvirt?.length ? libvirtPart(results.libvirt) : []),
    ...targetsPart(results, explanations),
    '',
  ].join('\n');
