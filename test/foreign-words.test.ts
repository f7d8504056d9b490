import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest';
import { actions, meaning } from '../src/actions/actions.ts';
import { parseEntry, readEntry } from '../src/actions/gate/journal.ts';
import { findGuest } from '../src/actions/guest/guest.ts';
import { parsePageSize } from '../src/actions/hugepages/pool.ts';
import { parseSysctl } from '../src/actions/sysctl/sysctl.ts';
import { MessageReader } from '../src/collect/guests/monitors/libvirt/rpc/messages.ts';
import { readDomainStats, readJobStats } from '../src/collect/guests/monitors/libvirt/rpc/procedures.ts';
import type { XdrWriter } from '../src/collect/guests/monitors/libvirt/rpc/xdr.ts';
import { MessageSplitter } from '../src/collect/guests/monitors/qmp/splitter.ts';
import { parseMounts, parseMountTable } from '../src/collect/guests/process/mounts.ts';
import * as numbers from '../src/collect/guests/process/numbers.ts';
import { parseListening, parsePorts } from '../src/collect/guests/process/sockets.ts';
import { LiveProcess } from '../src/collect/guests/process/view.ts';
import { parseArcstats } from '../src/collect/host/arc.ts';
import { parseCpuinfo, readCpuinfo } from '../src/collect/host/cpuinfo.ts';
import { parseVmFolder } from '../src/collect/host/kvm.ts';
import { Layout, parseWith } from '../src/collect/host/layout.ts';
import { findLoadavg, parseLoadavg } from '../src/collect/host/loadavg.ts';
import { findMeminfo, parseMeminfo } from '../src/collect/host/meminfo.ts';
import { parsePoolName } from '../src/collect/host/pools.ts';
import { findPressure, parsePressure } from '../src/collect/host/pressure.ts';
import { parseComm, parsePasswd, parseUid } from '../src/collect/host/processes.ts';
import { findStat, parseStat } from '../src/collect/host/stat.ts';
import { parseSwaps } from '../src/collect/host/swaps.ts';
import { parseUptime } from '../src/collect/host/uptime.ts';
import { createValuesReader, parseValue, parseValueBytes, pathsIn } from '../src/collect/host/value.ts';
import { findVmstat, parseVmstat } from '../src/collect/host/vmstat.ts';
import { parseZoneinfo } from '../src/collect/host/zoneinfo.ts';
import { parseMmStat } from '../src/collect/host/zram.ts';
import { parseParameters } from '../src/collect/host/zswap.ts';
import { editSettings } from '../src/config/edit.ts';
import { readSettings } from '../src/config/read.ts';
import { settingIds } from '../src/config/settings.ts';
import { WordsError } from '../src/errors.ts';
import { toCsv } from '../src/export/csv.ts';
import { jsonText, toJson } from '../src/export/json.ts';
import { changesOf } from '../src/export/report/changes.ts';
import { toText } from '../src/export/text.ts';
import { selectGuests } from '../src/guests.ts';
import { derive } from '../src/model.ts';
import { readPolicyEvent } from '../src/policy/pilot.ts';
import { parseNote } from '../src/programs/loans.ts';
import { parseCall } from '../src/programs/options.ts';
import { parseKeep } from '../src/programs/record/keep.ts';
import { chooseFields } from '../src/programs/recorded/fields.ts';
import { asSample } from '../src/recording/as-sample.ts';
import { parseJson as parseRecorded } from '../src/recording/delta/json.ts';
import { parseMoment } from '../src/recording/moment.ts';
import { Root } from '../src/root.ts';
import type { GuestSample, MonitorSample, Sample } from '../src/sample.ts';
import { tabs } from '../src/store/tabs.ts';
import { paintPanes } from '../src/ui/paint.ts';
import { Painter } from '../src/ui/parts/painter.ts';
import { Screen } from '../src/ui/screen/screen.ts';
import { createTheme } from '../src/ui/theme.ts';
import { parseBytes, parseSeconds, parseTarget } from '../src/units.ts';
import { parseAnswer } from '../src/vmm/answers.ts';
import { cloudHypervisorDialect, parseInfo } from '../src/vmm/cloud-hypervisor/dialect.ts';
import { readLaunch as readCloudHypervisorLaunch } from '../src/vmm/cloud-hypervisor/launch.ts';
import { crosvmDialect, parseBalloonStats } from '../src/vmm/crosvm/dialect.ts';
import { parseMem, parseRun, readLaunch as readCrosvmLaunch } from '../src/vmm/crosvm/launch.ts';
import { faultOf } from '../src/vmm/dialect.ts';
import { firecrackerDialect } from '../src/vmm/firecracker/dialect.ts';
import { readLaunch as readFirecrackerLaunch } from '../src/vmm/firecracker/launch.ts';
import { vmms } from '../src/vmm/kinds.ts';
import { type Started, splitCommandLine } from '../src/vmm/launch.ts';
import { digestDomain, parseDomainXml, parseDomstats } from '../src/vmm/libvirt/answers.ts';
import { migrationOf, parseJob } from '../src/vmm/libvirt/job.ts';
import { describeAcceleration } from '../src/vmm/qemu/acceleration.ts';
import type { Answers } from '../src/vmm/qemu/answer.ts';
import { describeLaunch } from '../src/vmm/qemu/commandline.ts';
import { parseJson } from '../src/vmm/qemu/json.ts';
import { readLaunch } from '../src/vmm/qemu/launch.ts';
import { describeMemory } from '../src/vmm/qemu/memory.ts';
import { parseMemoryDevices } from '../src/vmm/qemu/memory-devices.ts';
import { parseMigration } from '../src/vmm/qemu/migration.ts';
import { findMonitors } from '../src/vmm/qemu/monitors.ts';
import { applySets, parseArguments, parseConfig, parseKeys } from '../src/vmm/qemu/options.ts';
import { describePinned } from '../src/vmm/qemu/pinned.ts';
import { digest, furtherQuestions, identityOf, parseStats } from '../src/vmm/qemu/round.ts';
import { parseSize } from '../src/vmm/sizes.ts';
import { parseStatistics } from '../src/vmm/statistics.ts';
import { capturedModel } from './actions/hosts.ts';
import { makeTree, type Tree } from './collect/guests/tree.ts';
import { model, samples } from './export/models.ts';
import { parametersOf, replyOf, statsOf } from './libvirtd/messages.ts';
import { openStage } from './ui/stage.tsx';

/**
 * What Object.prototype answers to, as keys and as values in everything that is read: a command line, a reply, a file of
 * the kernel, of settings, of a recording. It must stay a word like any other.
 */
const words = ['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'valueOf', '__defineGetter__'] as const;

/** JSON text, as it comes over a socket: JSON.parse makes `__proto__` a key like any other. */
const jsonOf = (names: readonly string[]): fc.Arbitrary<unknown> =>
  fc
    .letrec<{ json: string }>(tie => ({
      json: fc.oneof(
        { depthSize: 'small', withCrossShrink: true },
        fc.oneof(
          fc.constantFrom(...words).map(word => JSON.stringify(word)),
          fc.nat().map(String),
          fc.constantFrom('null', 'true', '-1', '1.5'),
        ),
        fc.array(tie('json'), { maxLength: 3 }).map(all => `[${all.join()}]`),
        fc
          .uniqueArray(fc.tuple(fc.constantFrom(...words, ...names), tie('json')), {
            maxLength: 6,
            selector: ([name]) => name,
          })
          .map(pairs => `{${pairs.map(([name, value]) => `${JSON.stringify(name)}:${value}`).join()}}`),
      ),
    }))
    .json.map(text => JSON.parse(text));

const uuid = '938d9d25-c83b-41ac-81db-984442040c70';
/** A reply of libvirtd, as it is read. */
const messageOf = (write: (writer: XdrWriter) => unknown) => {
  const [message] = new MessageReader().push(replyOf(1, write));
  if (message?.kind !== 'reply') throw new TypeError('no reply');
  return message;
};

/** Fails where a foreign word has become a function, another prototype, or somebody's text of a function. */
const expectHarmless = (value: unknown, path = ''): void => {
  if (typeof value === 'function') throw new Error(`a function at ${path}`);
  if (typeof value === 'string' && /native code|\[object |=>/.test(value)) throw new Error(`'${value}' at ${path}`);
  if (typeof value !== 'object' || value === null) return;
  if (value instanceof Map || value instanceof Set) {
    expectHarmless([...value], path);
    return;
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== null && prototype !== Object.prototype && prototype !== Array.prototype)
    throw new Error(`a strange prototype at ${path}`);
  for (const key of Object.keys(value)) expectHarmless((value as Record<string, unknown>)[key], `${path}.${key}`);
};

/** What comes of it: a value, or a refusal in words. A TypeError and its like are bugs. */
const outcomeOf = (feed: () => unknown): unknown => {
  try {
    return feed();
  } catch (error) {
    if (!(error instanceof Error) || /^(Type|Range|Reference|Syntax)Error$/.test(error.name)) throw error;
    return error.message;
  }
};

const before = new Map(Reflect.ownKeys(Object.prototype).map(key => [key, Reflect.get(Object.prototype, key)]));
const expectUntouched = (): void => {
  expect(new Map(Reflect.ownKeys(Object.prototype).map(key => [key, Reflect.get(Object.prototype, key)]))).toEqual(
    before,
  );
};

const host = capturedModel('debian12-1node');
const unasked: MonitorSample = { state: 'unasked' };
const seen: Pick<LiveProcess, 'words' | 'fileSystem' | 'listensAt' | 'hasMachine'> = {
  words: [],
  fileSystem: path => path,
  listensAt: () => undefined,
  hasMachine: () => undefined,
};
const started: Started = { name: 'x', expected: {}, places: [] };
const span = { from: 1_800_000_000, to: 1_800_003_600 };

let tree: Tree;
let root: Root;
beforeAll(() => {
  tree = makeTree();
  root = new Root(tree.dir);
});
afterAll(() => tree.remove());

/** Everything that a QMP monitor may be asked, answered by the same. */
const answersOf = (value: unknown): Answers =>
  new Map(
    ['query-status', 'query-memory-size-summary', 'query-memdev', 'query-balloon', 'query-memory-devices']
      .concat(
        ['query-migrate', 'query-name', 'query-uuid', 'guest-stats', 'guest-stats-polling-interval', 'deflate-on-oom'],
        ['/machine/peripheral', '/machine/peripheral-anon'],
      )
      .map(id => [id, { ok: true, value }]),
  );

/** Two looks, since some numbers of the last one are kept. */
const twice = (value: unknown): unknown => {
  const heard = { time: 1, path: 'x', version: undefined };
  const first = digest(unasked, answersOf(value), heard);
  return [first, digest(first, answersOf(value), heard), furtherQuestions(first, answersOf(value))];
};

/** How each parser of text is fed with two words. */
const ofText = new Map<unknown, (key: string, value: string) => unknown>([
  [parseBytes, (key, value) => [parseBytes(key), parseBytes(`1${value}`), parseBytes('1', value)]],
  [parseTarget, (key, value) => [parseTarget(key, 1, 2), parseTarget(`+1${value}`, 1, 2)]],
  [parseSeconds, (key, value) => [parseSeconds(key), parseSeconds(`1${value}`)]],
  [
    parseCall,
    (key, value) =>
      [
        [key, value],
        [`--${key}`, value],
        [`--${key}=${value}`],
        ['stream', '--format', value],
        ['do', key, value],
        ['replay', value, '--at', key],
        ['--tab', key],
      ].map(argv => outcomeOf(() => parseCall(argv))),
  ],
  [parseKeep, (key, value) => parseKeep(`${key},1${value}`)],
  [chooseFields, (key, value) => chooseFields(`${key},${value}`)],
  [selectGuests, (key, value) => selectGuests(model(), [key, value], new Set()).guests],
  [parseMoment, (key, value) => [parseMoment(key, span), parseMoment(`-1${value}`, span)]],
  [
    parseSysctl,
    (key, value) => [
      outcomeOf(() => parseSysctl(host, key, value)),
      outcomeOf(() => parseSysctl(host, 'vm.swappiness', value)),
    ],
  ],
  [parsePageSize, key => parsePageSize(host, key)],
  [findGuest, key => findGuest(host, key)],
  [parseEntry, (key, value) => parseEntry(`{"${key}":"${value}"}`)],
  [
    readSettings,
    (key, value) =>
      [
        `${key} = "${value}"`,
        `[${key}]\n${value} = 1`,
        `[balloon]\n${key} = "${value}"`,
        `[tabs.${key}]\n${value} = ["${key}"]`,
        ...settingIds.flatMap(id => [`${id} = "${value}"`, `${id} = ["${value}", "${key}=1"]`, `[${id}]\n${key} = 1`]),
      ].map(text => outcomeOf(() => readSettings('a.toml', text))),
  ],
  [
    editSettings,
    (key, value) =>
      [`${key} = "${value}"\n`, `[${key}]\n${value} = 1\n`].map(text =>
        outcomeOf(() => editSettings(text, { delay: 2, 'balloon.step': 2 ** 30 })),
      ),
  ],
  [splitCommandLine, (key, value) => splitCommandLine(`${key}\0${value}\0`)],
  [parseKeys, (key, value) => [parseKeys(`${key}=${value},${value}`, key), parseKeys(`${value},${key}`, 'guest')]],
  [
    parseArguments,
    (key, value) =>
      parseArguments([`-${key}`, value, `-${value}`, `${key}=${value}`, '-object', `{"${key}":{"${value}":"${key}"}}`]),
  ],
  [
    parseConfig,
    (key, value) => parseConfig(`[${key}]\n  ${value} = "${key}"\n[${value} "${key}"]\n  ${key} = "${value}"\n`),
  ],
  [
    describeLaunch,
    (key, value) => [
      describeLaunch(
        parseArguments(
          `-name\0${key}=${value}\0-${key}\0${value}\0-chardev\0${key},id=${value}\0-mon\0chardev=${value},mode=control\0-m\0${key}\0-machine\0${key}=${value},accel=${value},memory-backend=${value}\0-object\0memory-backend-${key},id=${value},${key}=${value}\0-device\0pc-dimm,memdev=${value},id=${key}\0-cpu\0${key},${value}=on\0-readconfig\0${key}\0-set\0${key}.${value}.${key}=${value}`.split(
            '\0',
          ),
        ),
        seen,
      ),
      describeLaunch(
        parseConfig(`[name]\n guest = "${key}"\n[memory]\n size = "${value}"\n[${key}]\n x = "${value}"\n`),
        seen,
      ),
    ],
  ],
  [
    describeMemory,
    (key, value) =>
      describeMemory(
        parseArguments(
          `-m\0size=1G,maxmem=${value}\0-object\0memory-backend-file,id=${value},mem-path=${key},size=1G,merge=${key},share=on\0-device\0virtio-mem-pci,memdev=${value},id=${key},requested-size=${key}\0-numa\0node,memdev=${value}`.split(
            '\0',
          ),
        ),
        path => path,
      ),
  ],
  [
    findMonitors,
    (key, value) => [
      findMonitors(parseArguments(['-qmp', `unix:${key}=${value},server=on`, '-qmp', key, '-qmp', `chardev:${value}`])),
      findMonitors(parseArguments(['-mon', `${key},mode=control`, '-chardev', `${value},id=${key},fd=${value}`])),
    ],
  ],
  [
    readFirecrackerLaunch,
    (key, value) => {
      tree.process(7, {
        exe: '/usr/bin/firecracker',
        args: ['firecracker', '--id', key, `--${key}`, value, '--config-file', '/c.json'],
      });
      tree.write(
        'c.json',
        `{"${key}":"${value}","machine-config":{"${value}":1,"huge_pages":"${key}"},"drives":["${key}"]}`,
      );
      return readFirecrackerLaunch(new LiveProcess(root, 7));
    },
  ],
  [
    readCloudHypervisorLaunch,
    (key, value) => {
      tree.process(7, {
        exe: '/usr/bin/cloud-hypervisor',
        args: [
          'ch',
          '--kernel',
          key,
          '--memory',
          `${key}=${value},size=1G`,
          '--memory-zone',
          `id=${key},size=${value}`,
        ],
      });
      return readCloudHypervisorLaunch(new LiveProcess(root, 7));
    },
  ],
  [
    applySets,
    (key, value) =>
      applySets(parseArguments(['-chardev', `socket,id=${key}`, '-set', `chardev.${key}.${value}=${key}`])),
  ],
  [parseRecorded, (key, value) => parseRecorded(Buffer.from(`{"${key}":{"${value}":"${key}"}}`))],
  [parseJson, (key, value) => [parseJson(`{"${key}":"${value}"}`), parseJson(`{'${key}':'${value}'}`)]],
  [parseSize, (key, value) => [parseSize(key, 'm'), parseSize(`1${value}`, 'b')]],
  [
    describeAcceleration,
    (key, value) =>
      describeAcceleration(parseArguments(['-accel', key, '-cpu', `${value},${key}=on`]), {
        called: value,
        machine: () => true,
      }),
  ],
  [
    describePinned,
    (key, value) =>
      describePinned(
        parseArguments(['-machine', `confidential-guest-support=${key}`, '-object', `${value},id=${key}`]),
      ),
  ],
  [
    readLaunch,
    (key, value) => {
      tree.process(7, {
        exe: '/usr/bin/qemu-system-x86_64',
        args: ['qemu', '-name', key, `-${key}`, value, '-readconfig', '/c'],
      });
      const text = () => `[${key}]\n ${value} = "${key}"\n`;
      return readLaunch(Object.assign(new LiveProcess(root, 7), { text }));
    },
  ],
  [parseRun, (key, value) => parseRun(['run', `--${key}`, value, `-${value}`, `--${key}=${value}`])],
  [
    readCrosvmLaunch,
    (key, value) => {
      tree.process(7, {
        exe: '/usr/bin/crosvm',
        args: ['crosvm', 'run', `--${key}`, value, '--name', key, '--mem', value, '--cfg', '/c.json'],
      });
      tree.write('c.json', `{"${key}":"${value}","mem":{"${value}":1},"socket":"${key}"}`);
      return readCrosvmLaunch(new LiveProcess(root, 7));
    },
  ],
  [
    LiveProcess,
    (key, value) => {
      tree.process(7, { exe: '/usr/bin/vmm', args: ['vmm', key, '--id', key, `--${key}`, value] });
      return Object.values(vmms).map(kind => kind.started(new LiveProcess(root, 7)));
    },
  ],
  [
    parseListening,
    (key, value) => parseListening(`ffff: 00000002 00000000 00010000 0001 01 123 ${key}\n${value}: ${key}\n`),
  ],
  [
    parsePorts,
    (key, value) => parsePorts(`0: 0100007F:115C 00000000:0000 0A 0:0 0:0 0 0 0 9 ${key}\n${key}: ${value}\n`, true),
  ],
  [parseMountTable, (key, value) => parseMountTable(`${key} /${value} ${key} rw\n`)],
  [parseAnswer, (key, value) => parseAnswer(`{"${key}":{"${value}":["${key}"]}}`)],
  [parseMounts, (key, value) => parseMounts(`1 2 0:1 / /${key} rw - ${value} ${key} ${value}\n${key} ${value}\n`)],
  [numbers.parseUsers, (key, value) => numbers.parseUsers(`Name:\t${key}\nUid:\t1 2 3 4\n${value}:\t5\n`)],
  [
    parseDomstats,
    (key, value) =>
      parseDomstats(
        `Domain: '${key}'\n  state.state=1\n  balloon.rss=1\n  ${key}.${value}=1\n  state.${key}=${value}\n`,
      ),
  ],
  [
    readDomainStats,
    (key, value) => {
      const { body } = messageOf(writer =>
        statsOf(
          writer,
          uuid,
          new Map([
            [key, 1],
            [`balloon.${value}`, 2],
          ]),
        ),
      );
      return readDomainStats(body);
    },
  ],
  [
    readJobStats,
    (key, value) => {
      const { body } = messageOf(writer =>
        parametersOf(
          writer.int(2),
          new Map([
            [key, 1],
            [value, 2],
            ['operation', 5],
          ]),
        ),
      );
      const job = readJobStats(body);
      return [job, migrationOf(job)];
    },
  ],
  [
    digestDomain,
    (key, value) => {
      const values = new Map([
        ['state.state', 1],
        ['balloon.rss', 1],
        ['balloon.last-update', 9],
        ['balloon.current', 9],
      ]);
      for (const word of [key, `balloon.${key}`, `balloon.${value}`]) values.set(word, 1);
      return digestDomain(unasked, values, undefined, { time: 1, size: 1, idle: true });
    },
  ],
  [
    parseDomainXml,
    (key, value) =>
      parseDomainXml(
        `<domain><${key} unit='KiB'>1</${key}><memtune><${value} unit='KiB'>1</${value}></memtune><memballoon model='${value}'/><memory model='virtio-mem'><alias name='${key}'/><${value}/></memory></domain>`,
      ),
  ],
  [
    parseJob,
    (key, value) => {
      const job = parseJob(`Job type: 2\n${key}: 1\n${value}: ${key}\noperation: 5\n`);
      return [job, job && migrationOf(job)];
    },
  ],
  [
    parseCpuinfo,
    (key, value) =>
      parseCpuinfo(`processor: 0\n${key}\t: ${value}\nflags\t\t: ${key} ${value}\nTLB size\t: ${value}\n`),
  ],
  [
    readCpuinfo,
    (key, value) => {
      tree.write('proc/cpuinfo', `${key}\t: ${value}\nflags\t: ${key}\n`);
      return readCpuinfo(root);
    },
  ],
  [
    parseSwaps,
    (key, value) => parseSwaps(`Filename Type Size Used Priority\n${key} ${value} 1 2 3\n${value} file ${key} 1 1\n`),
  ],
  [parseParameters, (key, value) => parseParameters(JSON.parse(`{"${key}":"${value}","${value}2":"Y"}`))],
  [parseValue, (key, value) => [parseValue(key), parseValue(`${key} [${value}]`)]],
  [
    parseValueBytes,
    (key, value) => [parseValueBytes(Buffer.from(`${key}\n`)), parseValueBytes(Buffer.from(`x [${value}]`))],
  ],
  [
    createValuesReader,
    (key, value) => {
      for (const name of [key, value, 'other']) tree.write(`sys/words/${name}`, `${value}\n`);
      const reader = createValuesReader(root, () => pathsIn(root, '/sys/words'));
      const read = [reader.read(), reader.read()];
      reader.close();
      return read;
    },
  ],
  [parseComm, key => parseComm(Buffer.from(`1 (${key}) S 1\n`))],
  [parseUid, (key, value) => [parseUid(Buffer.from(`Name:\t${key}\nUid:\t${value}\n`))]],
  [parsePasswd, (key, value) => parsePasswd(`${key}:x:0:0:${value}\n${value}:x:${key}\n`)],
  [parseUptime, (key, value) => parseUptime(`${key} ${value}\n`)],
  [parsePressure, (key, value) => parsePressure(`some ${key}=1 ${value}=2\n${key} avg10=1\n`)],
  [findPressure, (key, value) => findPressure(`some ${key}=1 ${value}=2\n`)],
  [parseVmFolder, key => parseVmFolder(key)],
  [parseStat, (key, value) => parseStat(`cpu 1 2 3\n${key} 1\n${value} ${key}\n`)],
  [findStat, (key, value) => findStat(`${key} 1\n${value} 2\n`)],
  [parsePoolName, key => [parsePoolName(key), parsePoolName(`hugepages-${key}`)]],
  [parseLoadavg, (key, value) => parseLoadavg(`${key} 1 2 1/${value} 3\n`)],
  [findLoadavg, (key, value) => findLoadavg(`${key} 1 2 1/${value} 3\n`)],
  [parseMmStat, (key, value) => parseMmStat(`${key} 1 ${value}\n`)],
  [parseMeminfo, (key, value) => parseMeminfo(`${value}: 2\n${key}: 1 kB\n`)],
  [findMeminfo, (key, value) => findMeminfo(`${key}: 1 kB\n${value}: 2\n`)],
  [
    parseNote,
    (key, value) =>
      parseNote(
        `{"${key}": 1, "guest": "${value}", "was": 0, "set": 2, "pid": 1, "starttime": 2, "boot": "${value}", "leaving": false}`,
      ),
  ],
  [parseArcstats, (key, value) => parseArcstats(`${key} 4 1\n${value} 4 2\n`)],
  [parseZoneinfo, (key, value) => parseZoneinfo(`  ${key}: 1\n   count: 2\n   ${value}: 3\n`)],
  [parseVmstat, (key, value) => parseVmstat(`${key} 1\n${value} 2\n`)],
  [findVmstat, (key, value) => findVmstat(`${key} 1\n${value} 2\n`)],
  [parseWith, (key, value) => parseWith(findVmstat, `${key} 1\n${value} 2\n`)],
  [
    Layout,
    (key, value) => {
      const layout = new Layout(findVmstat);
      return [1, 2, 3].map(number => layout.parse(Buffer.from(`${key} ${number}\n${value} 2\n`)));
    },
  ],
  [
    numbers.parseKilobytes,
    (key, value) => {
      const names = new numbers.KeyNames();
      return [1, 2].map(number =>
        numbers.parseKilobytes(Buffer.from(`Name:\t${key}\n${key}:\t ${number} kB\n${value}: 1 kB\n`), names),
      );
    },
  ],
  [numbers.parseNumaMaps, (key, value) => numbers.parseNumaMaps(`7f00 ${key} ${value}=1 N0=1 kernelpagesize_kB=4\n`)],
  [numbers.parseKsmStat, (key, value) => numbers.parseKsmStat(`${key} 1\n${value}: yes\n`)],
  [numbers.parseStat, (key, value) => numbers.parseStat(Buffer.from(`1 (${key}) ${value} 1\n`))],
]);

/** How each reader of replies and recorded data is fed, and the names that it knows in them. */
const ofJson = new Map<unknown, readonly [names: readonly string[], feed: (value: unknown) => unknown]>([
  [parseInfo, [['config', 'state', 'memory', 'memory_actual_size', 'balloon', 'size', 'zones'], parseInfo]],
  [
    cloudHypervisorDialect.round,
    [
      ['state', 'config', 'memory'],
      value => cloudHypervisorDialect.round(async () => ({ status: 200, value }), undefined, 1, started),
    ],
  ],
  [
    firecrackerDialect.round,
    [
      ['id', 'state', 'mem_size_mib', 'huge_pages', 'amount_mib', 'stats_polling_interval_s', 'actual_mib'],
      value => firecrackerDialect.round(async () => ({ status: 200, value }), undefined, 1, started),
    ],
  ],
  [
    crosvmDialect.round,
    [
      ['BalloonStats', 'stats', 'balloon_actual', 'swap_in'],
      value => crosvmDialect.round(async () => JSON.stringify(value), undefined, 1, started),
    ],
  ],
  [
    parseBalloonStats,
    [['BalloonStats', 'stats', 'balloon_actual', 'swap_in'], value => parseBalloonStats(JSON.stringify(value))],
  ],
  [parseMem, [['size'], parseMem]],
  [parseStatistics, [['free_memory', 'swap_in'], parseStatistics]],
  [faultOf, [['fault_message'], value => faultOf({ status: 400, value })]],
  [
    parseMemoryDevices,
    [['type', 'data', 'id', 'memdev', 'size'], value => parseMemoryDevices(value, parseMemoryDevices(value), ['x'])],
  ],
  [parseMigration, [['status', 'ram', 'blocked-reasons', 'error-desc', 'total-time'], parseMigration]],
  [parseStats, [['stats', 'last-update', 'stat-free-memory'], parseStats]],
  [
    digest,
    [['status', 'actual', 'stats', 'last-update', 'base-memory', 'name', 'type', 'size', 'data', 'id', 'ram'], twice],
  ],
  [identityOf, [['name', 'UUID'], value => identityOf(answersOf(value))]],
  [
    MessageSplitter,
    [['QMP', 'return', 'error', 'id'], value => new MessageSplitter().push(Buffer.from(JSON.stringify({ value })))],
  ],
  [readEntry, [['time', 'user', 'by', 'summary', 'outcome', 'request', 'action', 'words', 'steps'], readEntry]],
  [readPolicyEvent, [['time', 'policy', 'subject', 'outcome', 'text', 'guest'], readPolicyEvent]],
  [
    changesOf,
    [
      ['user', 'by', 'summary', 'outcome', 'error'],
      data => changesOf([{ time: 1, kind: 'action', subject: 'x', text: 'y', data }]),
    ],
  ],
  [asSample, [['version', 'time', 'host', 'guests', 'problems'], asSample]],
]);

/** What the search below finds, and is no parser of foreign text. */
const others = new Map<string, string>([
  ['readPageSize', 'reads numbers by parseMeminfo and parseVmstat'],
  ['readAuthList', 'reads numbers'],
  ['readText', 'reads a text, which parseDomainXml is fed'],
  ['readEvent', 'reads numbers'],
  ['readTrack', 'reads samples of a tape, which asSample has let through'],
  ['parseFrame', 'reads what Ink has drawn'],
  ['asTyped', 'words a request of ours'],
  ['describeStep', 'tells of a plan of ours'],
  ['describeRequest', 'tells of a plan of ours'],
  ['describePlan', 'tells of a plan of ours'],
  ['describeLimits', 'tells of numbers'],
  ['describeFollowing', 'tells of what an action of ours came to'],
  ['describeTried', 'tells of a finding of ours'],
  ['describeSession', 'writes a recording'],
  ['choosePoints', 'chooses among numbers'],
  ['selectFindings', 'chooses by guests that selectGuests has chosen'],
  ['asRecordingError', 'tells of an error of SQLite'],
]);

const pattern =
  /^export (?:async )?(?:const|function) ((?:parse|read|digest|describe|split|find|choose|select|as)(?:[A-Z]\w*)?)\b/gm;
const source = join(import.meta.dirname, '../src');

test('every parser of foreign text is fed below', async () => {
  const missing: string[] = [];
  const seen = new Set<string>();
  for (const file of globSync('**/*.ts', { cwd: source }).filter(name => !name.includes('browser/'))) {
    const names = [...readFileSync(join(source, file), 'utf8').matchAll(pattern)].map(([, name = '']) => name);
    if (names.length === 0) continue;
    const module: Readonly<Record<string, unknown>> = await import(join(source, file));
    for (const name of names) {
      seen.add(name);
      if (!others.has(name) && !ofText.has(module[name]) && !ofJson.has(module[name])) missing.push(`${file}: ${name}`);
    }
  }
  expect(missing).toEqual([]);
  expect([...others.keys()].filter(name => !seen.has(name))).toEqual([]);
});

const nameOf = (parser: unknown): string => {
  const { name } = parser as { readonly name: string };
  return name;
};

describe.each([...ofText].map(([parser, feed]) => [nameOf(parser), feed] as const))('%s', (_name, feed) => {
  it('takes the words of Object.prototype for words', () => {
    for (const key of words)
      for (const value of words)
        expectHarmless(
          outcomeOf(() => feed(key, value)),
          `${key} ${value}`,
        );
    expectUntouched();
  });
});

describe.each([...ofJson].map(([parser, [names, feed]]) => [nameOf(parser), names, feed] as const))(
  '%s',
  (_name, names, feed) => {
    it('takes the words of Object.prototype for words', async () => {
      await fc.assert(
        fc.asyncProperty(jsonOf(names), async value => {
          const outcome = outcomeOf(() => feed(value));
          expectHarmless(
            outcome instanceof Promise
              ? await outcome.catch((error: unknown) =>
                  outcomeOf(() => {
                    throw error;
                  }),
                )
              : outcome,
          );
        }),
        { numRuns: 300 },
      );
      expectUntouched();
    });
  },
);

it('is one of no action, nor of its input', () => {
  for (const [key, value] of words.flatMap(one => words.map(other => [one, other] as const))) {
    expectHarmless(messageIn(meaning(host, { action: key, words: [value] })));
    for (const action of actions.values())
      for (const input of [
        [key],
        [key, value],
        [value, '-'],
        [`ksm/${key}`, value],
        [`transparent_hugepage/${key}`, '-'],
      ]) {
        const plan = meaning(host, { action: action.id, words: input });
        expectHarmless(messageIn(plan));
        if (action.hint) expectHarmless(outcomeOf(() => action.hint?.(host, input)));
      }
  }
});

const messageIn = (plan: unknown): unknown => {
  if (!(plan instanceof Error)) return plan;
  if (!(plan instanceof WordsError)) throw plan;
  return plan.message;
};

/** A sample in which everything that somebody else may say is this word, as JSON that came from a recording. */
const sampleOf = (word: string, [earlier, later]: readonly [Sample, Sample]): readonly [Sample, Sample] => {
  const entry = (value: unknown): Readonly<Record<string, unknown>> =>
    JSON.parse(`{${JSON.stringify(word)}:${JSON.stringify(value)}}`);
  const guestOf = (guest: GuestSample): unknown => ({
    ...guest,
    name: word,
    launch: { ...guest.launch, accelerator: word, uuid: word, ...entry(word) },
    process: {
      ...guest.process,
      status: { ...guest.process.status, ...entry(1) },
      stat: { ...guest.process.stat, ...entry(1) },
    },
    monitor: {
      ...guest.monitor,
      state: guest.monitor.state,
      status: word,
      reason: word,
      memory: { ...guest.monitor.memory, ...entry(1) },
      memtune: entry(1),
      memoryDevices: [{ type: word, id: word, path: word, values: entry(1) }],
      migration: { status: word, error: word, blocked: [word], values: entry(1), ram: entry(1) },
      balloon: { device: true, actual: 1, stats: { lastUpdate: 1, values: entry(1) } },
      ...entry(word),
    },
  });
  const made = (sample: Sample, more: number): Sample =>
    asSample(
      JSON.parse(
        JSON.stringify({
          ...sample,
          host: {
            ...sample.host,
            hostname: word,
            meminfo: { ...sample.host.meminfo, ...entry(more) },
            vmstat: { ...sample.host.vmstat, ...entry(more) },
            ksm: { ...sample.host.ksm, ...entry(word), advisor_mode: word },
            thp: { ...sample.host.thp, ...entry(word), enabled: word },
            sysctls: { ...sample.host.sysctls, ...entry(more) },
            zswap: { compressor: word, ...entry(word) },
            settings: entry(word),
            swaps: [{ path: word, type: word, size: 1, used: 0, priority: 1 }],
            zram: [{ device: word, stat: entry(1) }],
            processes: [{ pid: 1, starttime: 1, name: word, user: word, status: entry(1), stat: entry(1) }],
            kvm: { modules: [word], parameters: entry(word), flags: [word], statistics: 'read', vms: entry(entry(1)) },
          },
          guests: sample.guests.map(guestOf),
          problems: [{ source: word, message: word }],
        }),
      ),
    );
  return [made(earlier, 0), made(later, 3)];
};

/** Words that have just come, and those that were there in the look before. */
const cases = words.flatMap(word => [true, false].map(isNew => [word, isNew ? 'new' : 'known'] as const));

describe.each(cases)('a host whose every word is %s, %s', (word, since) => {
  const theme = createTheme({ TERM: 'xterm-256color', LANG: 'C.UTF-8' });
  const [before, after] = sampleOf(word, samples());
  const pair = [since === 'new' ? samples()[0] : before, after] as const;

  it('has a Model, and exports', () => {
    const found = derive(...pair);
    expectHarmless({
      ...found,
      sample: undefined,
      guests: found.guests.map(guest => ({ ...guest, sample: undefined })),
    });
    for (const text of [toCsv(found), toText(found, { ascii: true }), jsonText(toJson(found), 'line')]) {
      expect(text).toContain(word);
      expectHarmless(text);
    }
  });

  it('is drawn in every tab', () => {
    for (const tab of tabs) {
      const { store } = openStage([derive(undefined, pair[0]), derive(...pair)], {
        tab,
        size: { columns: 160, rows: 120 },
      });
      const terminal = { columns: 160, rows: 120, write: () => true, on: () => undefined, off: () => undefined };
      const screen = new Screen(terminal, theme);
      screen.enter();
      const stop = paintPanes(store, new Painter(screen), theme.glyphs);
      expectHarmless(screen.text(), tab);
      expect(screen.text()).not.toMatch(/NaN|undefined/);
      stop();
      screen.leave();
    }
    expectUntouched();
  });
});
