import { journalPath, noJournal, openJournal } from '../actions/gate/journal.ts';
import type { Gate } from '../actions/gate/perform.ts';
import { patienceOf } from '../config/settings.ts';
import { Root } from '../root.ts';
import { createLiveSource } from '../source/live.ts';
import type { Source } from '../source/source.ts';
import type { Options } from './options.ts';
import type { Surroundings } from './surroundings.ts';

/** This host, a captured tree of one, or the demo. */
export const openSource = async (options: Options): Promise<Source> => {
  if (options.demo) {
    const { createDemoSource } = await import('../source/demo.ts');
    return createDemoSource();
  }
  return createLiveSource(new Root(options.root), {
    libvirt: options.connect,
    patience: patienceOf(options.settings),
  });
};

/** The one gate of this run; without control when it is read-only. */
export const openGate = (
  source: Source,
  { readOnly }: Pick<Options, 'readOnly'>,
  { env, uid }: Pick<Surroundings, 'env' | 'uid'>,
): Gate => ({
  control: readOnly ? undefined : source.control,
  journal: source.kind === 'demo' ? noJournal : openJournal(journalPath(env, uid)),
});
