import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const src = join(import.meta.dirname, '../../../src');
const files = globSync('**/*.{ts,tsx}', { cwd: src }).sort();
const textOf = (file: string): string => readFileSync(join(src, file), 'utf8');

/** Modules that can change something, and what of each only looks. */
const modules: Readonly<Record<string, readonly string[]>> = {
  fs: [
    'accessSync',
    'closeSync',
    'constants',
    'existsSync',
    'fstat',
    'fstatSync',
    'lstatSync',
    'opendirSync',
    'read',
    'readFileSync',
    'readSync',
    'readdirSync',
    'readlink',
    'readlinkSync',
    'realpathSync',
    'statSync',
  ],
  'fs/promises': ['constants', 'lstat', 'readFile', 'readdir', 'readlink', 'realpath', 'stat'],
  child_process: [],
  net: [],
  http: [],
  worker_threads: [],
  sqlite: [],
};

/** The only files that may do more, with what. All but the first five change nothing of a host or a guest. */
const allowed: Readonly<Record<string, readonly string[]>> = {
  // The hands of the gate.
  'actions/gate/kernel-file.ts': ['writeFile'],
  'actions/gate/settings-file.ts': ['chmod', 'mkdir', 'open', 'rename', 'rm'],
  'collect/guests/monitors/libvirt/change.ts': ['execFile'],
  'collect/guests/monitors/libvirt/migrate.ts': ['spawn'],
  // Monitors: what is asked there, and that changes are asked for by the gate alone, is tested below.
  'collect/guests/monitors/qmp/qmp.ts': ['createConnection'],
  'collect/guests/monitors/http/http.ts': ['request'],
  'collect/guests/monitors/client/run.ts': ['execFile'],
  // `virsh --readonly`, and a connection that libvirtd takes no change on.
  'collect/guests/monitors/libvirt/virsh.ts': ['spawn'],
  'collect/guests/monitors/libvirt/rpc/connection.ts': ['connect'],
  // A shell beside the terminal, which gives it back.
  'programs/screen/watchdog.ts': ['spawn', 'spawnSync'],
  // Files that strangers name: most are only named (O_PATH), and nothing is opened for more than reading.
  'collect/guests/process/foreign.ts': ['open'],
  // These open with 'r'.
  'root.ts': ['openSync'],
  'actions/gate/journal-watch.ts': ['openSync'],
  'programs/record/recording-files.ts': ['openSync', 'renameSync'],
  // kvmtop's own: what was done, the operator's settings, the documentation.
  'actions/gate/journal.ts': ['mkdir', 'open'],
  'programs/screen/flight-recorder.ts': ['mkdirSync'],
  'config/save.ts': ['mkdirSync'],
  'replace-file.ts': ['chownSync', 'renameSync', 'rmSync', 'writeFileSync'],
  'docs.ts': ['writeFileSync'],
  'programs/loans.ts': ['mkdirSync', 'renameSync', 'rmSync', 'writeFileSync'],
  // Recordings and reports, at the operator's paths; another thread writes, so that a slow disk holds nothing up.
  'recording/file.ts': ['DatabaseSync', 'openSync'],
  'recording/recorder.ts': ['Worker'],
  'recording/worker.ts': ['parentPort', 'workerData'],
  'programs/page-file.ts': ['writeFileSync'],
  'programs/recorded/recover.ts': ['rmSync'],
  // A socket that nobody talks on: the claim to act.
  'programs/auto/acting-claim.ts': ['createServer'],
  // Old days' recordings.
  'programs/record/rotation.ts': ['rmSync'],
};

/** What is taken by name from a module: `import { a, type B, c as d } from 'node:fs'`, `getBuiltinModule('node:fs').a`. */
const named = /import \{([^}]*)\} from 'node:([\w/]+)'|getBuiltinModule\('node:([\w/]+)'\)\.(\w+)/g;

/** Names that are taken from modules that can change something. */
const namesFrom = (file: string): string[] =>
  [...textOf(file).matchAll(named)].flatMap(([, list, from, builtin, one]) => {
    const names = list ?? one ?? '';
    const module = from ?? builtin ?? '';
    return names
      .split(',')
      .map(name => name.trim())
      .filter(name => name !== '' && !name.startsWith('type ') && modules[module])
      .map(name => name.split(' as ')[0] ?? name)
      .filter(name => !modules[module]?.includes(name));
  });

describe('no change of the world outside the gate', () => {
  it('reads the imports', () => {
    expect(namesFrom('actions/gate/kernel-file.ts')).toEqual(['writeFile']);
    expect(files.length).toBeGreaterThan(100);
  });

  it('takes what can change something by name, so that this test sees it', () => {
    const dangerous = Object.keys(modules).join('|');
    const whole = new RegExp(
      `(?:import (?!\\{|type )[^;]*from |import\\(|require\\()'(?:node:)?(?:${dangerous})'|getBuiltinModule\\((?!'node:[\\w/]+'\\)\\.\\w)|from '(?:${dangerous})'`,
    );
    expect(files.filter(file => whole.test(textOf(file)))).toEqual([]);
  });

  it('lies in the files that are named here', () => {
    const more = files.flatMap(file =>
      namesFrom(file)
        .filter(name => !allowed[file]?.includes(name))
        .map(name => `${file}: ${name}`),
    );
    expect(more).toEqual([]);
  });

  it('has no exception that nobody needs', () => {
    const idle = Object.entries(allowed).flatMap(([file, names]) =>
      files.includes(file) && !names.some(name => namesFrom(file).includes(name)) ? [file] : [],
    );
    expect(idle).toEqual([]);
  });

  it('opens for reading where it only reads', () => {
    expect([...textOf('root.ts').matchAll(/openSync\(.*\)/g)].map(([call]) => call)).toEqual([
      'openSync(this.path(path), constants.O_RDONLY | constants.O_NONBLOCK))',
    ]);
    expect([...textOf('actions/gate/journal-watch.ts').matchAll(/openSync\(.*\)/g)].map(([call]) => call)).toEqual([
      "openSync(path, 'r'))",
    ]);
  });

  it('has the hands used by the gate alone', () => {
    const hands = /\bcontrol[!?]?\.(?:execute|write|virsh|call|run|file)\(/;
    expect(files.filter(file => hands.test(textOf(file)))).toEqual(['actions/gate/perform.ts']);
    const writers = /\b(?:writeKernelFile|writeSettingsFile)\b/;
    expect(files.filter(file => writers.test(textOf(file)))).toEqual([
      'actions/gate/kernel-file.ts',
      'actions/gate/settings-file.ts',
      'source/live.ts',
    ]);
    const monitors = /\bguests\.execute\(/;
    expect(files.filter(file => monitors.test(textOf(file)))).toEqual(['source/live.ts']);
  });

  it('signals no process but itself', () => {
    const signals = files.flatMap(file =>
      [...textOf(file).matchAll(/(?<![#.\w])process\.kill\(.*\)/g)].map(([call]) => call),
    );
    expect(signals).toEqual(["process.kill(process.pid, 'SIGSTOP')"]);
    const shells = files.flatMap(file => [...textOf(file).matchAll(/\bkill -.*/g)].map(([call]) => `${file}: ${call}`));
    expect(shells).toEqual(['programs/screen/watchdog.ts: kill -KILL "$pid"']);
  });
});
