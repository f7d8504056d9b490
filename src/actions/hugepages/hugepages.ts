import { WordsError } from '../../errors.ts';
import { known } from '../../known.ts';
import type { Model } from '../../model.ts';
import { exactBytes, longBytes, longExactBytes, parseBytes } from '../../units.ts';
import type { Action, Plan } from '../action.ts';
import { availableAfter, draw, type Forecast } from '../forecast.ts';
import { refuse } from '../guest/guest.ts';
import { reserve } from '../reserve.ts';
import { commitLimitWith } from '../sysctl/commit-limit.ts';
import {
  isGigantic,
  nodeAvailable,
  nodePoolChange,
  type PoolChange,
  type PoolCounts,
  parsePageSize,
  persistent,
  poolChange,
  poolCounts,
  poolOwners,
} from './pool.ts';

interface HugepagesInput {
  readonly pageSize: number;
  readonly count: number;
  readonly node: number | undefined;
}

/** Growing by more than this part of what is available is worth a second look. */
const large = 0.5;

/** `64`, `+16`, `-16`, or a size such as `8G`, as a number of pages. */
const parseCount = (word: string, pageSize: number, now: number): number => {
  const [, sign, digits] = /^([+-]?)(\d{1,9})$/.exec(word) ?? [];
  const bytes = digits === undefined && /[a-z]/i.test(word) ? parseBytes(word) : undefined;
  const count =
    digits === undefined
      ? Math.ceil((bytes ?? Number.NaN) / pageSize)
      : sign === ''
        ? Number(digits)
        : now + Number(`${sign}${digits}`);
  if (!Number.isSafeInteger(count))
    throw new WordsError(`'${word}' is no number of pages: use 64, +16, -16, or a size: 8G`);
  if (count < 0) throw new WordsError(`the pool has only ${now} pages`);
  return count;
};

/** The words, with a node (`node1`, or `1` at the end) taken out of them. */
const splitNode = ([size, ...typed]: readonly string[]) => {
  const rest = typed.filter(word => word !== '--node');
  const named = rest.findIndex(word => /^node\d{1,4}$/.test(word));
  const at = named < 0 && rest.length === 2 ? 1 : named;
  const [count, ...others] = rest.filter((_, index) => index !== at);
  return { size, count, others, word: rest[at]?.replace(/^node(?=\d)/, '') };
};

const parseNode = (model: Model, word: string): number => {
  const node = model.nodes.find(({ id }) => String(id) === word);
  if (!node)
    throw new WordsError(`there is no node '${word}': there are ${model.nodes.map(({ id }) => id).join(', ')}`);
  return node.id;
};

const folderOf = (node: number | undefined): string =>
  node === undefined ? '/sys/kernel/mm/hugepages' : `/sys/devices/system/node/node${node}/hugepages`;

/** A file of a pool's folder. */
export const poolFile = (pageSize: number, node: number | undefined, file: string): string =>
  `${folderOf(node)}/hugepages-${pageSize / 1024}kB/${file}`;

interface Room {
  readonly free: number;
  readonly available: number;
  /** What is to stay. */
  readonly kept: number;
}

/** What the host, or one node of several, has: bytes. `undefined` when not all of it is known. */
const roomOf = (model: Model, id: number | undefined): Room | undefined => {
  const { mem_free, mem_available_with_arc, mem_total } = model.host.values;
  const whole = id === undefined || model.nodes.length === 1;
  const node = whole ? undefined : model.nodes.find(one => one.id === id);
  const free = whole ? mem_free : node?.values.mem_free;
  const available = whole ? mem_available_with_arc : node && nodeAvailable(model, node);
  const kept = reserve(model);
  if (free === undefined || available === undefined || kept === undefined || !mem_total) return undefined;
  return { free, available, kept: node ? (kept * (node.values.mem_total ?? mem_total)) / mem_total : kept };
};

const growRefusal = (room: Room | undefined, bytes: number, where: string): Plan['refusal'] => {
  if (!room) return { reason: `what is available on ${where} is unknown`, forceable: true };
  const has = `${longBytes(room.available)} are available on ${where}`;
  if (bytes > room.available) return { reason: `it needs ${longBytes(bytes)}, and ${has}`, forceable: false };
  if (room.available - bytes < room.kept)
    return {
      reason: `it needs ${longBytes(bytes)}, ${has}, and ${longBytes(room.kept)} must stay for ${where} itself`,
      forceable: true,
    };
  return undefined;
};

const growEffect = (room: Room | undefined, bytes: number, inOnePiece: boolean, where: string): string[] => {
  if (!room) return [];
  const fits = bytes <= room.free;
  return [
    `${where}: ${longBytes(bytes)} leave the ${longBytes(room.available)} that are available, for hugepages alone`,
    fits && inOnePiece
      ? `${where}: ${longBytes(room.free)} are free, so it is expected to succeed`
      : `${where}: ${fits ? `${longBytes(room.free)} are free, but each page must lie in one piece` : `only ${longBytes(room.free)} are free, the rest must be taken from page cache`}: the kernel may give fewer (\`kvmtop do compact\` helps)`,
  ];
};

const spreadEffect = (model: Model, node: number | undefined, pages: number): string[] =>
  node === undefined && model.nodes.length > 1
    ? [
        `nodes ${model.nodes.map(({ id }) => id).join(', ')}: about ${Math.round(pages / model.nodes.length)} pages each`,
      ]
    : [];

/** `bytes`: what the pool takes from the host, below 0 what it gives back. */
const forecastOf = (model: Model, bytes: number): Forecast | undefined => {
  const moves =
    bytes < 0
      ? [{ from: 'free_hugetlb' as const, to: 'free' as const, bytes: -bytes }]
      : draw(model, [{ to: 'free_hugetlb', bytes }]);
  const { hugetlb_total: hugetlb } = model.host.values;
  const limit = commitLimitWith(model, terms => ({ hugetlb: terms.hugetlb + bytes }));
  return (
    moves && {
      assumes: bytes < 0 ? 'at once' : 'if the kernel finds them all',
      moves,
      host: {
        ...availableAfter(model, -bytes),
        ...(hugetlb === undefined ? {} : { hugetlb_total: hugetlb + bytes }),
        ...known({ commit_limit: limit }),
      },
    }
  );
};

const changeOf = (model: Model, { pageSize, count, node }: HugepagesInput, pool: PoolCounts): PoolChange => {
  const host = poolCounts(model, pageSize, undefined);
  return node === undefined || !host ? poolChange(pool, count) : nodePoolChange(host, pool, count);
};

export const hugepages: Action<HugepagesInput> = {
  id: 'hugepages',
  title: 'Hugepages',
  help: 'Set the number of hugepages of a size on the host or on one NUMA node: 64, +16, -16, or 8G in total.',
  usage: 'SIZE COUNT [--node N]',
  example: '2M 1024',

  parse(model, words) {
    const { size, count, others, word } = splitNode(words);
    if (size === undefined || count === undefined || others.length > 0)
      throw new WordsError('hugepages takes SIZE COUNT [NODE], such as: hugepages 2M 1024');
    const pageSize = parsePageSize(model, size);
    const node = word === undefined ? undefined : parseNode(model, word);
    const pool = poolCounts(model, pageSize, node);
    return { pageSize, node, count: parseCount(count, pageSize, pool ? persistent(pool) : Number.NaN) };
  },

  plan(model, input, request) {
    const { pageSize, count, node } = input;
    const where = node === undefined ? 'host' : `node ${node}`;
    const pool = poolCounts(model, pageSize, node);
    const name = `pool of ${longExactBytes(pageSize)} pages${node === undefined ? '' : ` on node ${node}`}`;
    if (!pool) return refuse(request, `Resize the ${name}`, 'its counts are unknown');
    const before = persistent(pool);
    const summary = `${count > before ? 'Grow' : 'Shrink'} the ${name} from ${before} to ${count} (${longBytes(count * pageSize)})`;
    if (count === before) return refuse(request, `Resize the ${name}`, `it has ${before} pages already`);
    const { allocated, freed, surplus } = changeOf(model, input, pool);
    const room = roomOf(model, node);
    const bytes = allocated * pageSize;
    const refusal = allocated > 0 ? growRefusal(room, bytes, where) : undefined;
    const taken = bytes - freed * pageSize;
    const forecast = taken === 0 ? undefined : forecastOf(model, taken);
    const warnings: string[] = [];
    if (allocated > 0 && room && bytes > large * room.available)
      warnings.push(`that is more than half of what is available on ${where}: programs and guests may be swapped`);
    if (surplus > 0 && count < before)
      warnings.push(
        `${surplus} pages are in use or reserved: they stay as surplus, beyond the ${count}, until their owners end`,
      );
    const nodeWords = node === undefined ? [] : [`node${node}`];
    return {
      request,
      subject: 'hugepages',
      summary,
      steps: [
        {
          kind: 'write',
          path: poolFile(pageSize, node, 'nr_hugepages'),
          value: String(count),
          before: String(pool.total),
        },
      ],
      effect: [
        ...(allocated > 0 ? growEffect(room, bytes, !isGigantic(model, pageSize), where) : []),
        ...(freed > 0 ? [`${where}: gets back ${longBytes(freed * pageSize)}`] : []),
        ...spreadEffect(model, node, count),
        ...poolOwners(model),
      ],
      warnings,
      ...(forecast ? { forecasts: [forecast] } : {}),
      ...(refusal ? { refusal } : {}),
      undo: { action: 'hugepages', words: [exactBytes(pageSize), ...nodeWords, String(before)] },
    };
  },

  hint(model, [size = '', ...words]) {
    const { word } = splitNode([size, ...words, '0']);
    const pageSize = parsePageSize(model, size);
    const node = word === undefined ? undefined : parseNode(model, word);
    const pool = poolCounts(model, pageSize, node);
    const room = roomOf(model, node);
    // What is reserved is known of the whole host only.
    const reserved = node === undefined ? `${pool?.reserved} reserved, ` : '';
    return pool
      ? `${persistent(pool)} pages, ${pool.free} free, ${reserved}${pool.surplus} surplus; ${longBytes(room?.available)} available`
      : 'its counts are unknown';
  },
};
