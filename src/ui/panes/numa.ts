import { guestById } from '../../guests.ts';
import type { GuestModel, NodeModel, PoolModel } from '../../model.ts';
import { firstNode, nodeRoom } from '../../store/scroll.ts';
import { exactBytes, formatBytes, GiB, longBytes, unknown } from '../../units.ts';
import { type Line, span } from '../line.ts';
import { type GuestColumn, guestList } from './guest-list.ts';
import { fitting, type ListColumn, listHead, listRow } from './list.ts';
import { type Canvas, type Draw, heading, labelled, pairs } from './pane.ts';

const bytes = (title: string, of: (node: NodeModel) => number | undefined): ListColumn<NodeModel> => ({
  title,
  width: Math.max(6, title.length),
  cell: node => {
    const value = of(node);
    return { text: formatBytes(value), tone: value === 0 ? 'dim' : 'text' };
  },
});

const poolOf = (pools: readonly PoolModel[], size: number, node: NodeModel, alone: boolean): PoolModel | undefined =>
  pools.find(pool => pool.pageSize === size && pool.node === (alone ? undefined : node.id));

/** A pair of columns for each size of hugepages that is in use. */
const poolColumns = ({ model }: Canvas): readonly ListColumn<NodeModel>[] => {
  const alone = model.nodes.length === 1;
  const sizes = new Set(model.pools.filter(({ values }) => (values.total ?? 0) > 0).map(pool => pool.pageSize));
  return [...sizes]
    .sort((a, b) => a - b)
    .flatMap(size => [
      bytes(`HUGE${exactBytes(size)}`, node => poolOf(model.pools, size, node, alone)?.values.total),
      bytes('FREE', node => poolOf(model.pools, size, node, alone)?.values.free),
    ]);
};

const words = (value: number | string | undefined, of: Readonly<Record<number, string>>): string =>
  typeof value === 'number' ? (of[value] ?? String(value)) : unknown;

/** Nodes, their memory and their hugepages; how KSM and the kernel's balancing treat them. */
export const numaPane: Draw = canvas => {
  const { model, width, height } = canvas;
  const { ksm, sysctls } = model.sample.host;
  if (model.nodes.length === 0) return [heading('NUMA', canvas), [span('this kernel knows no nodes', 'dim')]];
  const columns = fitting(
    [
      { title: 'NODE', width: 4, cell: (node: NodeModel) => ({ text: String(node.id), tone: 'strong' as const }) },
      bytes('TOTAL', node => node.values.mem_total),
      bytes('FREE', node => node.values.mem_free),
      bytes('USED', node => node.values.mem_used),
      bytes('ANON', node => node.values.anon_pages),
      bytes('FILE', node => node.values.file_pages),
      bytes('SHMEM', node => node.values.shmem),
      ...poolColumns(canvas),
    ],
    width,
  );
  const one = model.nodes.length === 1;
  const about: Line = pairs(
    width,
    labelled('KSM merges', words(ksm?.['merge_across_nodes'], { 0: 'within a node', 1: 'across nodes' })),
    labelled('balancing', words(sysctls?.['kernel.numa_balancing'], { 0: 'off', 1: 'on', 2: 'by tiers' })),
    ...(one ? [[span('one node: all memory is equally near', 'dim')]] : []),
  );
  const first = firstNode(canvas.state, height);
  const shown = model.nodes.slice(first, first + nodeRoom(height));
  return [
    heading('NUMA', canvas, whichOf(shown, model.nodes.length)),
    listHead(columns, canvas),
    ...shown.map(node => listRow(node, columns, canvas)),
    about,
  ];
};

/** How many nodes there are, and which are shown where that is not all. */
const whichOf = (shown: readonly NodeModel[], all: number): Line => {
  const [first, last] = [shown[0], shown.at(-1)];
  if (shown.length === all || !first || !last) return [span(all === 1 ? '1 node' : `${all} nodes`, 'dim')];
  return [
    span(`${first.id} to ${last.id}`, 'strong'),
    span(` of ${all} nodes, `, 'dim'),
    span('Left', 'key'),
    span(' and ', 'dim'),
    span('Right', 'key'),
    span(' show others', 'dim'),
  ];
};

/** Milliseconds for each GiB in pages of 4 KiB, measured: /proc/PID/numa_maps walks all page tables. */
const cost = 8;

/** What measuring the selected guest would take, told before it is done. */
const price = ({ state, model }: Canvas): Line => {
  const guest = guestById(model, state.selected);
  if (!guest) return [span('select a guest to measure on which nodes its memory is', 'dim')];
  if (state.measuring?.what === 'placement') return [span(`reading where the memory of ${guest.name} is …`, 'warn')];
  const { rss, hugetlb } = guest.values;
  const held = rss === undefined ? undefined : rss + (hugetlb ?? 0);
  const time = rss === undefined ? `${cost} ms for each GiB` : `${Math.ceil((rss / GiB) * cost)} ms`;
  return [
    span('m', 'key'),
    span(` measures ${guest.name} (${longBytes(held)}): locks its memory map for `, 'dim'),
    span(time, 'strong'),
  ];
};

const nodeColumn = (id: number): GuestColumn => ({
  title: `NODE ${id}`,
  width: 7,
  cell: (guest: GuestModel) => {
    const placed = guest.sample.process.numa_maps;
    const here = placed?.[`N${id}`] ?? (placed ? 0 : undefined);
    return { text: formatBytes(here), tone: here ? 'text' : 'dim' };
  },
});

/** The guests, and where their memory was when that was last measured. */
export const placementPane: Draw = canvas => [
  heading('Placement', canvas),
  price(canvas),
  ...guestList({ ...canvas, height: canvas.height - 2 }, [
    'held',
    'hugetlb',
    ...nodesFrom(canvas).map(({ id }) => nodeColumn(id)),
    'numa_most',
    'numa_age',
  ]),
];

/** As many as have a column at most, from the first that is shown above. */
const nodesFrom = ({ state, model }: Canvas): readonly NodeModel[] => model.nodes.slice(state.scroll, state.scroll + 8);
