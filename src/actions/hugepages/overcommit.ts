import { WordsError } from '../../errors.ts';
import { exactBytes, longBytes, longExactBytes } from '../../units.ts';
import type { Action } from '../action.ts';
import { refuse } from '../guest/guest.ts';
import { spare } from '../reserve.ts';
import { poolFile } from './hugepages.ts';
import { isGigantic, parsePageSize } from './pool.ts';

interface OvercommitInput {
  readonly pageSize: number;
  readonly count: number;
}

export const hugepagesOvercommit: Action<OvercommitInput> = {
  id: 'hugepages-overcommit',
  title: 'Hugepage overcommit',
  help: 'Set by how many pages a hugepage pool may grow on demand (surplus pages).',
  usage: 'SIZE COUNT',
  example: '2M 512',

  parse(model, words) {
    const [size, count, ...rest] = words;
    if (size === undefined || count === undefined || rest.length > 0 || !/^\d{1,9}$/.test(count))
      throw new WordsError('hugepages-overcommit takes SIZE COUNT, such as: hugepages-overcommit 2M 512');
    return { pageSize: parsePageSize(model, size), count: Number(count) };
  },

  plan(model, { pageSize, count }, request) {
    const summary = `Let the pool of ${longExactBytes(pageSize)} pages grow by ${count} on demand (${longBytes(count * pageSize)})`;
    if (isGigantic(model, pageSize))
      return refuse(request, summary, 'the kernel can find pages of this size only in advance');
    const pool = model.sample.host.pools?.find(one => one.pageSize === pageSize && one.node === undefined);
    const before = pool?.counts['nr_overcommit_hugepages'];
    if (before === undefined) return refuse(request, summary, 'its setting is unknown');
    if (before === count) return refuse(request, summary, `it is ${count} already`);
    const surplus = pool?.counts['surplus_hugepages'] ?? 0;
    const room = spare(model);
    return {
      request,
      subject: 'hugepages',
      summary,
      steps: [
        {
          kind: 'write',
          path: poolFile(pageSize, undefined, 'nr_overcommit_hugepages'),
          value: String(count),
          before: String(before),
        },
      ],
      effect: [
        `host: takes nothing now; up to ${longBytes(count * pageSize)} when a program asks for more than the pool has`,
      ],
      warnings: [
        ...(room !== undefined && count > before && count * pageSize > room
          ? [
              `the host can spare only ${longBytes(Math.max(0, room))}: a guest that counts on more can die when it touches it`,
            ]
          : []),
        ...(surplus > count
          ? [`${surplus} pages are there beyond the pool's size: they stay until their owners free them`]
          : []),
      ],
      undo: { action: 'hugepages-overcommit', words: [exactBytes(pageSize), String(before)] },
    };
  },

  hint(model, [size = '']) {
    const pageSize = parsePageSize(model, size);
    const pool = model.sample.host.pools?.find(one => one.pageSize === pageSize && one.node === undefined);
    return `now ${pool?.counts['nr_overcommit_hugepages'] ?? 'unknown'} pages; the host can spare ${longBytes(spare(model))}`;
  },
};
