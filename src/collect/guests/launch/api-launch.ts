import type { Root } from '../../../root.ts';
import type { ApiMonitor } from '../monitors/http/api.ts';
import { splitCommandLine } from './commandline.ts';
import { type Place, ProcessView } from './launch.ts';

/** How a VMM with an HTTP API was started. */
export interface ApiLaunch {
  /** `--id`. */
  readonly id?: string;
  readonly place?: ConstructorParameters<typeof ApiMonitor>[1];
  /** Why there is no `place`. */
  readonly why?: string;
}

/** Where Firecracker listens unless told otherwise. */
const usualSocket = '/run/firecracker.socket';

/** The value of `--name VALUE` or `--name=VALUE`. */
export const optionOf = (words: readonly string[], name: string): string | undefined => {
  const at = words.findIndex(word => word === name || word.startsWith(`${name}=`));
  const word = words[at];
  if (word === undefined) return undefined;
  return word === name ? words[at + 1] : word.slice(name.length + 1);
};

/** The socket's path as the process knows it; `undefined` when its API is off, or can't be reached by a path. */
const socketOf = (words: readonly string[], vmm: 'firecracker' | 'cloud-hypervisor'): string | undefined => {
  if (vmm === 'firecracker')
    return words.includes('--no-api') ? undefined : (optionOf(words, '--api-sock') ?? usualSocket);
  const given = optionOf(words, '--api-socket');
  return given?.startsWith('fd=') ? undefined : given?.replace(/^path=/, '');
};

export const readApiLaunch = (root: Root, pid: number, vmm: 'firecracker' | 'cloud-hypervisor'): ApiLaunch => {
  // Behind a jailer these words are the VMM's own: it was exec()uted with them.
  const words = splitCommandLine(root.read(`/proc/${pid}/cmdline`) ?? '').slice(1);
  const id = optionOf(words, '--id');
  const named = id === undefined ? {} : { id };
  const label = socketOf(words, vmm);
  if (label === undefined) return { ...named, why: 'it was started without an API socket' };
  const view = new ProcessView(root, pid);
  const path = view.socket(label, { chroots: false, daemonized: false });
  if (path === undefined) return { ...named, why: `its API socket ${label} is relative to a folder that is not known` };
  return { ...named, place: { address: { kind: 'unix', path }, label, claim: view.claim(path) } satisfies Place };
};
