import { known } from '../../known.ts';
import { type Moved, type Place, type ProcessView, type Started, tooYoung } from '../launch.ts';
import { accelerationByMachine } from './acceleration.ts';
import { describeLaunch, movedOf } from './commandline.ts';
import type { LaunchMonitor } from './monitors.ts';
import { type LaunchOption, parseArguments, parseConfig } from './options.ts';

/** A configuration file larger than this is none. Bytes. */
const longestConfig = 256 * 1024;

/** How a QEMU process was started. `undefined` while it has no command line: on its way in, or out. */
export const readLaunch = (view: ProcessView): Started | undefined => {
  if (view.words.length === 0) return undefined;
  const given = parseArguments(view.words.slice(1));
  const moved = movedOf(given);
  const configured = given.some(({ name }) => name === 'readconfig');
  // The last word holds, so what a file says stands where QEMU read it.
  let unread: string | undefined;
  const configOf = (path: string): readonly LaunchOption[] => {
    const text = view.text(path, moved, longestConfig);
    if (text === undefined) unread ??= path;
    return parseConfig(text ?? '');
  };
  const options = given.flatMap(option =>
    option.name === 'readconfig' ? [option, ...configOf(option.raw)] : [option],
  );
  const launch = describeLaunch(options, view);
  // The file is gone or unreadable. What listens under a name that says QMP is tried, and nothing else: another
  // socket may be somebody's serial console.
  const monitors: readonly LaunchMonitor[] =
    configured && launch.monitors.length === 0
      ? (view.listening() ?? []).filter(path => /qmp/i.test(path)).map(path => ({ kind: 'unix', path }))
      : launch.monitors;
  const tried = monitors.map(monitor => placeOf(monitor, moved, view));
  const places = tried.filter(place => typeof place !== 'string');
  const why =
    tried.find(place => typeof place === 'string') ??
    (unread === undefined ? 'it was started without a QMP monitor' : `its configuration file ${unread} can’t be read`);
  const { name, sample, balloon, manager } = launch;
  // With a monitor QEMU itself tells, once it answers.
  const settles = sample.accelerator === undefined && places.length === 0 && (view.age ?? tooYoung) < tooYoung;
  return {
    name: name ?? `qemu-${view.pid}`,
    expected: known({ name, uuid: sample.uuid }),
    ...known({ manager }),
    launch: sample,
    ...accelerationByMachine(options, view.words[0] ?? ''),
    balloon: { device: balloon },
    places,
    ...(places.length > 0 ? {} : { why }),
    ...(moved.daemonized ? { forks: true } : {}),
    ...((configured && places.length === 0) || settles ? { mayOpen: true } : {}),
  };
};

const placeOf = (monitor: LaunchMonitor, moved: Moved, view: ProcessView): Place | string => {
  switch (monitor.kind) {
    case 'fd':
      return 'its QMP monitor was handed over as an open descriptor';
    case 'other':
      return monitor.why;
    case 'tcp': {
      const host = loopback(monitor.host);
      if (host === undefined) return `its QMP monitor is on ${monitor.host}, and only the loopback is trusted`;
      if (!view.sameNetwork) return 'its QMP monitor is in another network namespace';
      const label = `${host}:${monitor.port}`;
      return { address: { kind: 'tcp', host, port: monitor.port }, label };
    }
    case 'unix': {
      const file = view.socket(monitor.path, moved);
      if (file === undefined) return `its QMP socket ${monitor.path} is relative to a folder that is not known`;
      return { address: { kind: 'unix', file }, label: monitor.path };
    }
  }
};

/** An address that listens on all interfaces is reached over the loopback too. */
const loopback = (host: string): string | undefined => {
  if (['', '0.0.0.0', 'localhost'].includes(host) || /^127(\.\d{1,3}){3}$/.test(host)) {
    return host.startsWith('127') ? host : '127.0.0.1';
  }
  return host === '::' || host === '::1' ? '::1' : undefined;
};
