import { join } from 'node:path';
import type { Plan, Request } from '../../src/actions/action.ts';
import { planStrictly } from '../../src/actions/actions.ts';
import { createHostReader } from '../../src/collect/host/host.ts';
import { planNeeds } from '../../src/fields/needs.ts';
import { derive, type Model } from '../../src/model.ts';
import { Root } from '../../src/root.ts';
import type { GuestSample, HostSample } from '../../src/sample.ts';
import { sample } from '../samples.ts';

export type HostName = 'debian12-1node' | 'debian12-busy' | 'linux-4.18' | 'two-nodes';

const hosts = new Map<HostName, HostSample>();

/** What is captured of it, read once. */
const captured = (name: HostName): HostSample => {
  const known = hosts.get(name);
  if (known) return known;
  const reader = createHostReader(new Root(join(import.meta.dirname, '../hosts', name)));
  const host = reader.read(planNeeds);
  reader.close();
  hosts.set(name, host);
  return host;
};

/** A captured host as an action sees it, with what a test changes about it. */
export const capturedModel = (
  name: HostName,
  change: (host: HostSample) => Partial<HostSample> = () => ({}),
  guests: readonly GuestSample[] = [],
): Model => {
  const host = captured(name);
  return derive(undefined, sample({ host: { ...host, ...change(host) }, guests }));
};

/** `change` for meminfo, KSM or sysctls alone. */
export const withMeminfo = (numbers: Readonly<Record<string, number>>) => (host: HostSample) => ({
  meminfo: { ...host.meminfo, ...numbers },
});
export const withKsm = (values: Readonly<Record<string, number | string>>) => (host: HostSample) => ({
  ksm: { ...host.ksm, ...values },
});
export const withSysctls = (values: Readonly<Record<string, number>>) => (host: HostSample) => ({
  sysctls: { ...host.sysctls, ...values },
});

/** The plan of a line of `kvmtop do`. */
export const planOf = (model: Model, line: string): Plan => planStrictly(model, requestOf(line));

export const requestOf = (line: string): Request => {
  const [action = '', ...words] = line.split(' ');
  return { action, words };
};

/** What a plan would write, as `path=value`. */
export const writes = ({ steps }: Plan): string[] =>
  steps.map(step => (step.kind === 'write' ? `${step.path}=${step.value}` : step.kind));

/** A plan’s way back, as a line of `kvmtop do`. */
export const undoLine = ({ undo }: Plan): string | undefined => undo && [undo.action, ...undo.words].join(' ');
