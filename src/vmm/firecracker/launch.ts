import { known } from '../../known.ts';
import type { LaunchSample } from '../../sample.ts';
import { MiB } from '../../units.ts';
import { amount, list, record, text } from '../answers.ts';
import { mainBackend } from '../backing.ts';
import { nameOf, optionOf, type ProcessView, placesOf, type Started, stays } from '../launch.ts';

/** How a Firecracker was started: by its API alone, or with a configuration file that says what the API would be told. */

/** Where it listens unless told otherwise. */
const usualSocket = '/run/firecracker.socket';

/** A configuration file larger than this is none. Bytes. */
const longestConfig = 1024 * 1024;

/** `undefined` where there is none, or it can't be read. */
const configOf = (view: ProcessView, words: readonly string[]): Record<string, unknown> | undefined => {
  const path = optionOf(words, '--config-file');
  try {
    const said: unknown = JSON.parse((path && view.text(path, stays, longestConfig)) || 'null');
    return said === null ? undefined : record(said);
  } catch {
    return undefined;
  }
};

/** Its RAM is a memfd where a device of another process needs it, else private; src/vmm: create_guest_memory(). */
const launchOf = (config: Record<string, unknown>): LaunchSample => {
  const machine = record(config['machine-config']);
  const size = (amount(machine['mem_size_mib']) ?? 0) * MiB || undefined;
  const pages = text(machine['huge_pages']);
  const shared = list(config['drives']).some(drive => text(record(drive)['socket']) !== undefined);
  const kind = pages !== undefined && pages !== 'None' ? 'hugetlb' : shared ? 'shmem' : 'anon';
  const parts = [{ use: 'base', kind, ...known({ size }) }] as const;
  return { ...known({ size }), parts, backend: mainBackend(parts) };
};

// Behind a jailer these words are its own: it was exec()uted with them.
export const readLaunch = (view: ProcessView): Started => {
  const words = view.words.slice(1);
  const id = optionOf(words, '--id');
  const socket = words.includes('--no-api') ? undefined : (optionOf(words, '--api-sock') ?? usualSocket);
  const config = configOf(view, words);
  return {
    name: nameOf(view, '--id'),
    expected: known({ name: id }),
    ...(config
      ? {
          launch: launchOf(config),
          balloon: { device: typeof config['balloon'] === 'object' && config['balloon'] !== null },
        }
      : {}),
    ...placesOf(view, socket, 'an API socket'),
  };
};
