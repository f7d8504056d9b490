import { known } from '../../known.ts';
import { own } from '../../own.ts';
import type { BalloonSample, LaunchSample } from '../../sample.ts';
import { MiB } from '../../units.ts';
import { record } from '../answers.ts';
import { nameOf, type ProcessView, placesOf, type Started, stays } from '../launch.ts';

/** How a crosvm was started: `crosvm [switches] run [options] KERNEL`; src/crosvm/cmdline.rs: RunCommand. */

/** A configuration file larger than this is none. Bytes. */
const longestConfig = 256 * 1024;

/** Without `--mem`, MiB. */
const usualSize = 256;

const letters: Readonly<Record<string, string>> = { m: 'mem', s: 'socket', p: 'params' };

/** The options after `run`; the last of several equal ones holds. A switch has what follows it as its value, or none. */
export const parseRun = (words: readonly string[]): ReadonlyMap<string, string> => {
  const options = new Map<string, string>();
  for (let at = words.indexOf('run') + 1; at < words.length && words[at] !== '--'; at += 1) {
    const [, given = '', joined] = /^--?([a-z][\w-]*)(?:=(.*))?$/is.exec(words[at] ?? '') ?? [];
    if (given === '') continue;
    const name = own(letters, given) ?? given;
    const next = words[at + 1];
    // The kernel's own parameters may begin with a dash.
    const follows = joined === undefined && next !== undefined && (name === 'params' || !next.startsWith('-'));
    if (follows) at += 1;
    options.set(name, joined ?? (follows ? next : ''));
  }
  return options;
};

/** A number of MiB: `512`, `size=512`, or `{ size: 512 }` of a configuration file. Bytes. */
export const parseMem = (given: unknown): number | undefined => {
  const value = typeof given === 'object' ? record(given)['size'] : given;
  if (typeof value !== 'string' && typeof value !== 'number') return undefined;
  const digits = /^(?:(?:.*,)?size=)?(0x[\da-f]+|\d+)(?:,.*)?$/is.exec(String(value))?.[1];
  const bytes = Number(digits) * MiB;
  return Number.isSafeInteger(bytes) && bytes > 0 ? bytes : undefined;
};

/** Devices that pin its memory, and ways to keep that from the host. */
const devices = ['vfio', 'vfio-platform'];
const protections = ['protected-vm', 'protected-vm-with-firmware', 'protected-vm-without-firmware'];

/** What the last of its configuration files says; `undefined` where one can't be read. The command line has the last word. */
const configOf = (view: ProcessView, path: string | undefined): Readonly<Record<string, unknown>> | undefined => {
  if (path === undefined) return {};
  const text = view.text(path, stays, longestConfig);
  try {
    return text === undefined ? undefined : record(JSON.parse(text));
  } catch {
    return undefined;
  }
};

/** Where the process listens itself, for a control socket that was given as `path`: a folder gets one with a made-up name. */
const listensAt = (listening: readonly string[], path: string): string | undefined =>
  listening.find(one => one === path) ??
  listening.find(one => one.startsWith(`${path.replace(/\/+$/, '')}/crosvm-`) && one.endsWith('.sock'));

/**
 * Its control socket tells nobody's name, so only one on which the very process listens is asked: a stranger's process may
 * name any.
 */
const socketOf = (view: ProcessView, path: string): Pick<Started, 'places' | 'why' | 'mayOpen'> => {
  const listening = view.listening();
  const label = listening ? listensAt(listening, path) : path;
  return label === undefined
    ? { places: [], why: `it does not listen on its control socket ${path}`, mayOpen: true }
    : placesOf(view, label, 'a control socket');
};

export const readLaunch = (view: ProcessView): Started => {
  const options = parseRun(view.words.slice(1));
  const config = configOf(view, options.get('cfg'));
  const text = (name: string): string | undefined => {
    const value = options.get(name) ?? config?.[name];
    return typeof value === 'string' && value !== '' ? value : undefined;
  };
  const isOn = (name: string): boolean => {
    const told = config?.[name];
    return options.has(name) || told === true || (Array.isArray(told) && told.length > 0);
  };
  const size = parseMem(options.get('mem') ?? config?.['mem'] ?? (config ? usualSize : undefined));
  const launch: LaunchSample = {
    ...known({ size }),
    // A memfd, mapped shared. --hugepages asks for transparent ones.
    backend: 'shared',
    memLock: isOn('lock-guest-memory'),
    ...known({
      pinnedBy: devices.find(isOn),
      confidential: protections.some(isOn) ? 'protected VM' : undefined,
    }),
    prealloc: false,
  };
  // A guest may take back what a balloon holds unless it is a strict one; devices/src/virtio/balloon.rs: BalloonMode.
  const deflateOnOom = isOn('strict-balloon') ? false : config && true;
  const balloon: BalloonSample = isOn('no-balloon') ? { device: false } : { device: true, ...known({ deflateOnOom }) };
  const socket = text('socket');
  return {
    name: text('name') ?? nameOf(view, '--name'),
    expected: {},
    launch,
    balloon,
    ...(socket === undefined
      ? { places: [], why: config ? 'it was started without a control socket' : 'its configuration can’t be read' }
      : socketOf(view, socket)),
  };
};
