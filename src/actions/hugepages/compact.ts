import { WordsError } from '../../errors.ts';
import { longBytes } from '../../units.ts';
import type { Action } from '../action.ts';

export const compact: Action<undefined> = {
  id: 'compact',
  title: 'Compact memory',
  help: 'Compact memory, so that more hugepages can be allocated.',
  usage: '',
  example: '',

  parse(_model, words) {
    if (words.length > 0) throw new WordsError('compact takes nothing more');
    return undefined;
  },

  plan(model, _input, request) {
    return {
      request,
      subject: 'compact',
      summary: 'Compact the memory of all nodes',
      steps: [{ kind: 'write', path: '/proc/sys/vm/compact_memory', value: '1' }],
      effect: [
        `host: the ${longBytes(model.host.values.mem_free)} that are free become larger pieces, as far as pages can be moved`,
        'host: nothing is freed, and guests keep what they have',
      ],
      warnings: [
        'a processor is busy until it is done, seconds on a large host; pages that move can’t be used meanwhile',
      ],
    };
  },
};
