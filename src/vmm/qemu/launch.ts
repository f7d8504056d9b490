import { known } from '../../known.ts';
import type { LaunchSample } from '../../sample.ts';
import type { Place, ProcessView, Started } from '../launch.ts';
import { describeLaunch, type Launch, type LaunchMonitor } from './commandline.ts';
import { type LaunchOption, parseArguments, parseConfig } from './options.ts';

/** A configuration file larger than this is none. */
const longestConfig = 1024 * 1024;

/** How a QEMU process was started. `undefined` while it has no command line: on its way in, or out. */
export const readLaunch = (view: ProcessView): Started | undefined => {
  if (view.words.length === 0) return undefined;
  const options = parseArguments(view.words.slice(1));
  const daemonized = options.some(({ name }) => name === 'daemonize');
  const configs = options.filter(({ name }) => name === 'readconfig');
  const configured = configs.flatMap(({ raw }): LaunchOption[] =>
    parseConfig(view.text(raw, daemonized, longestConfig) ?? ''),
  );
  let launch = describeLaunch([...options, ...configured], path => view.onHugetlbfs(path));
  if (configs.length > 0 && launch.monitors.length === 0) {
    // The file is gone or unreadable. What listens under a name that says QMP is tried, and nothing else: another
    // socket may be somebody's serial console.
    const found = (view.listening() ?? []).filter(path => /qmp/i.test(path));
    launch = { ...launch, monitors: found.map(path => ({ kind: 'unix', path })) };
  }
  const tried = launch.monitors.map(monitor => placeOf(monitor, launch, view));
  const places = tried.filter(place => typeof place !== 'string');
  const why = tried.find(place => typeof place === 'string') ?? 'it was started without a QMP monitor';
  const { name, uuid, manager } = launch;
  return {
    name: name ?? `qemu-${view.pid}`,
    expected: known({ name, uuid }),
    ...known({ manager }),
    launch: sampleOf(launch),
    places,
    ...(places.length > 0 ? {} : { why }),
    ...(launch.daemonized ? { forks: true } : {}),
    ...(launch.configs.length > 0 && places.length === 0 ? { mayOpen: true } : {}),
  };
};

const sampleOf = (launch: Launch): LaunchSample => {
  const { uuid, size, maxmem, backend, memLock, prealloc, memMerge, vmid, accelerator, asyncPageFaults } = launch;
  const { pinnedBy, confidential } = launch;
  return {
    ...known({ uuid, size, maxmem }),
    backend,
    memLock,
    prealloc,
    ...known({ pinnedBy, confidential, memMerge, vmid, accelerator, asyncPageFaults }),
  };
};

const placeOf = (monitor: LaunchMonitor, launch: Launch, view: ProcessView): Place | string => {
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
      const file = view.socket(monitor.path, launch);
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
