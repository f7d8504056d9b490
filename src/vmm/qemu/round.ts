import { known } from '../../known.ts';
import type { BalloonSample, BalloonStats, MemoryDeviceSample, MonitorSample, Numbers } from '../../sample.ts';
import { amount, amounts, list, record, shared, word } from '../answers.ts';
import type { Identity } from '../launch.ts';
import { earlierOf, withSize } from '../reports.ts';
import { type Answers, value } from './answer.ts';
import { hasVirtioMem, lacksPath, parseMemoryDevices } from './memory-devices.ts';
import { isMigrating, parseMigration } from './migration.ts';

/** What is asked in a round, and how the answers become a MonitorSample. Pure. */

export interface Question {
  readonly id: string;
  readonly command: string;
  readonly args?: Readonly<Record<string, unknown>>;
}

export const identityQuestions: readonly Question[] = [
  { id: 'query-name', command: 'query-name' },
  { id: 'query-uuid', command: 'query-uuid' },
];

const nameless = '/machine/peripheral-anon';
const folders = ['/machine/peripheral', nameless];

/** QEMU's words (RunState) for a guest that is on its way, or has gone. Before the last moment it just says running. */
const migrationStates = new Set(['inmigrate', 'finish-migrate', 'postmigrate']);

/**
 * The first questions of a round. `fresh`: nothing is known yet, or something went wrong since, so ask also what
 * hardly changes. `rare`: ask what another client may have begun, too: a migration, a device plugged in. The balloon is
 * looked for again whenever QEMU has one at an unknown place (hot-plugged).
 */
export const questions = (last: MonitorSample, fresh: boolean, rare = fresh): Question[] => {
  const asked: Question[] = [
    { id: 'query-status', command: 'query-status' },
    { id: 'query-balloon', command: 'query-balloon' },
    { id: 'query-memory-size-summary', command: 'query-memory-size-summary' },
  ];
  if (fresh)
    asked.push(...identityQuestions, ...['query-memdev', 'query-kvm'].map(command => ({ id: command, command })));
  if (rare || hasVirtioMem(last.memoryDevices))
    asked.push({ id: 'query-memory-devices', command: 'query-memory-devices' });
  if (rare || isMigrating(last.migration) || migrationStates.has(last.status ?? ''))
    asked.push({ id: 'query-migrate', command: 'query-migrate' });
  if (rare) asked.push({ id: 'query-migrate-parameters', command: 'query-migrate-parameters' });
  const path = fresh ? undefined : last.balloon?.path;
  if (path !== undefined) asked.push(...statsQuestions(path));
  else if (fresh || last.balloon?.device !== false) {
    for (const folder of folders) asked.push({ id: folder, command: 'qom-list', args: { path: folder } });
  }
  return asked;
};

/** The questions that have to wait for where the devices are. */
export const furtherQuestions = (last: MonitorSample, answers: Answers): Question[] => {
  const path = balloonPath(answers);
  const found = parseMemoryDevices(value(answers, 'query-memory-devices'), last.memoryDevices);
  const plugged = memoryOf(answers)?.['plugged-memory'];
  return [
    // The balloon's size counts a DIMM from the moment that it is plugged.
    ...(answers.has('query-memory-devices') || plugged === last.memory?.['plugged-memory']
      ? []
      : [{ id: 'query-memory-devices', command: 'query-memory-devices' }]),
    ...(path === undefined
      ? []
      : [
          ...statsQuestions(path),
          { id: 'deflate-on-oom', command: 'qom-get', args: { path, property: 'deflate-on-oom' } },
        ]),
    ...(lacksPath(found) && !answers.has(nameless)
      ? [{ id: nameless, command: 'qom-list', args: { path: nameless } }]
      : []),
  ];
};

const memoryOf = (answers: Answers): Numbers | undefined => amounts(value(answers, 'query-memory-size-summary'));

const statsQuestions = (path: string): Question[] =>
  ['guest-stats', 'guest-stats-polling-interval'].map(property => ({
    id: property,
    command: 'qom-get',
    args: { path, property },
  }));

/** Paths of the devices of a kind: below the id given by the operator, or `device[N]` of the nameless. */
const pathsOf = (answers: Answers, folder: string, kind: string): string[] =>
  list(value(answers, folder)).flatMap(child => {
    const { name, type } = record(child);
    return typeof name === 'string' && typeof type === 'string' && type.startsWith(`child<${kind}`)
      ? [`${folder}/${name}`]
      : [];
  });

const balloonPath = (answers: Answers): string | undefined =>
  folders.flatMap(folder => pathsOf(answers, folder, 'virtio-balloon'))[0];

export const identityOf = (answers: Answers): Identity => {
  const { name } = record(value(answers, 'query-name'));
  const { UUID: uuid } = record(value(answers, 'query-uuid'));
  return {
    ...(typeof name === 'string' && name !== '' ? { name } : {}),
    ...(typeof uuid === 'string' && !/^[0-]*$/.test(uuid) ? { uuid: uuid.toLowerCase() } : {}),
  };
};

/** Whether what answered can be what was expected; only what both sides know is compared. */
export const sameGuest = (expected: Identity, found: Identity): boolean =>
  !(
    (expected.uuid !== undefined && found.uuid !== undefined && expected.uuid !== found.uuid) ||
    // A name that was no UTF-8 is not the same after two decoders.
    (expected.name !== undefined &&
      found.name !== undefined &&
      !expected.name.includes('\ufffd') &&
      expected.name !== found.name)
  );

/** The sample after a round that was answered at `time` (wall clock, seconds). `last` fills in what was not asked. */
export const digest = (
  last: MonitorSample,
  answers: Answers,
  heard: { readonly time: number; readonly path: string; readonly version: string | undefined },
): MonitorSample => {
  const status = word(record(value(answers, 'query-status'))['status']);
  const memory = shared(last.memory, memoryOf(answers));
  const memdevs = answers.has('query-memdev') ? memdevsOf(value(answers, 'query-memdev')) : last.memdevs;
  const balloon = balloonOf(last.balloon, answers);
  const memoryDevices = memoryDevicesOf(last.memoryDevices, answers);
  const migrationLimits = answers.has('query-migrate-parameters')
    ? migrationLimitsOf(value(answers, 'query-migrate-parameters'))
    : last.migrationLimits;
  const { enabled: kvm = last.kvm } = record(value(answers, 'query-kvm'));
  const migration = answers.has('query-migrate') ? parseMigration(value(answers, 'query-migrate')) : last.migration;
  return {
    state: 'ok',
    time: heard.time,
    path: heard.path,
    ...known({ qemuVersion: heard.version, status }),
    ...(typeof kvm === 'boolean' ? { kvm } : {}),
    ...(memory ? { memory } : {}),
    ...(balloon ? { balloon } : {}),
    ...(memdevs ? { memdevs } : {}),
    ...(memoryDevices ? { memoryDevices } : {}),
    ...(migration ? { migration } : {}),
    ...(migrationLimits ? { migrationLimits } : {}),
  };
};

/** `query-migrate-parameters`, those that say how long a migration takes. */
const migrationLimitsOf = (answer: unknown): MonitorSample['migrationLimits'] => {
  const { 'max-bandwidth': bandwidth, 'downtime-limit': downtime } = amounts(answer) ?? {};
  const limits = known({ bandwidth, downtime: downtime === undefined ? undefined : downtime / 1000 });
  return Object.keys(limits).length === 0 ? undefined : limits;
};

const memoryDevicesOf = (
  last: readonly MemoryDeviceSample[] | undefined,
  answers: Answers,
): readonly MemoryDeviceSample[] | undefined => {
  const answer = answers.get('query-memory-devices');
  if (!answer) return last;
  return answer.ok ? parseMemoryDevices(answer.value, last, pathsOf(answers, nameless, 'virtio-mem')) : undefined;
};

const balloonOf = (last: BalloonSample | undefined, answers: Answers): BalloonSample | undefined => {
  const answer = answers.get('query-balloon');
  if (!answer) return last;
  if (!answer.ok) return answer.errorClass === 'DeviceNotActive' ? { device: false } : undefined;
  const actual = amount(record(answer.value)['actual']);
  const statsAnswer = answers.get('guest-stats');
  // A device that is gone from its place is looked for again in the next round.
  const path = balloonPath(answers) ?? (statsAnswer?.ok ? last?.path : undefined);
  const deflate = answers.has('deflate-on-oom') ? value(answers, 'deflate-on-oom') : last?.deflateOnOom;
  const interval = amount(value(answers, 'guest-stats-polling-interval'));
  const stats = withSize(last, parseStats(statsAnswer?.ok ? statsAnswer.value : undefined), actual);
  const earlier = earlierOf(last, stats);
  return {
    device: true,
    ...known({ actual, path }),
    ...(typeof deflate === 'boolean' ? { deflateOnOom: deflate } : {}),
    ...known({ pollingInterval: interval }),
    ...(stats ? { stats } : {}),
    ...(earlier ? { earlier } : {}),
  };
};

/** `guest-stats` of the balloon; `undefined` until the guest's driver reported for the first time. */
export const parseStats = (answer: unknown): BalloonStats | undefined => {
  const given = record(answer);
  const lastUpdate = amount(given['last-update']);
  return lastUpdate === undefined || lastUpdate === 0
    ? undefined
    : { lastUpdate, values: amounts(given['stats']) ?? {} };
};

const memdevsOf = (answer: unknown): MonitorSample['memdevs'] =>
  list(answer).flatMap(entry => {
    const { size, share, merge, prealloc } = record(entry);
    const bytes = amount(size);
    return bytes === undefined
      ? []
      : [{ size: bytes, share: share === true, merge: merge === true, prealloc: prealloc === true }];
  });
