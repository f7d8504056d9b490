import type { LiveProcess } from '../../../src/collect/guests/process/view.ts';
import type { ProcessView } from '../../../src/vmm/launch.ts';

/** What a kind says of how a process was started, with the files that this names. */
export const startedOf = async <Told>(started: (view: ProcessView) => Told, view: LiveProcess): Promise<Told> => {
  started(view);
  await view.readTexts();
  return started(view);
};
