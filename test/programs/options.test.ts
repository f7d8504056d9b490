import { describe, expect, it } from 'vitest';
import { describeRequest } from '../../src/actions/describe.ts';
import { overrule } from '../../src/config/load.ts';
import {
  defaults,
  limitsOf,
  type Settings,
  settingsOfTables,
  tablesOf,
  thresholdsOf,
} from '../../src/config/settings.ts';
import { defaultThresholds } from '../../src/policy/thresholds.ts';
import { type Options, parseCall, UsageError, withSettings } from '../../src/programs/options.ts';
import { GiB, MiB } from '../../src/units.ts';

/** The options of a command line, with files that say `set`. */
const options = (set: Partial<Settings>, ...argv: string[]): Options => {
  const call = parseCall(argv);
  const loaded = { settings: { ...defaults, ...set }, origins: {}, files: [], own: undefined };
  return withSettings(call, overrule(loaded, call.given).settings).options;
};

describe('what is set in a file', () => {
  it('holds where the command line says nothing', () => {
    expect(options({})).toMatchObject({ delay: 1, tab: 'overview', readOnly: false });
    expect(options({ delay: 5, tab: 'memory', read_only: true })).toMatchObject({
      delay: 5,
      tab: 'memory',
      readOnly: true,
    });
  });

  it('is overruled by the command line, though that says what the default is', () => {
    const set = { delay: 5, tab: 'memory' } as const;
    expect(options(set, '-d', '1', '--tab', 'overview', '--read-only')).toMatchObject({
      delay: 1,
      tab: 'overview',
      readOnly: true,
    });
    expect(options(set, '-d', '2').settings.delay).toBe(2);
  });

  it('goes with every command, and so does --config', () => {
    for (const command of ['snapshot', 'stream', 'do', 'config', 'doctor'])
      expect(options({ delay: 5 }, command, '--config', '/x')).toMatchObject({ delay: 5, config: '/x' });
    expect(() => parseCall(['config', '--json'])).toThrow(UsageError);
    expect(() => parseCall(['config', 'delay'])).toThrow(UsageError);
    expect(parseCall(['doctor', '--json']).options.json).toBe(true);
  });
});

describe('what starts with a dash and a digit is no flag', () => {
  it('is a size of do, or the value of a flag', () => {
    expect(parseCall(['do', 'balloon', 'web-1', '-25%']).options.words).toEqual(['balloon', 'web-1', '-25%']);
    expect(parseCall(['dump', 'x', '--from', '-10m', '--to=-1m']).options).toMatchObject({ from: '-10m', to: '-1m' });
  });

  it('is told as it was typed', () => {
    expect(() => parseCall(['-5'])).toThrow("unknown command '-5'");
    expect(() => parseCall(['-d', '-5'])).toThrow("not '-5'");
    expect(() => parseCall(['do', '--node', '-1x', '--nope=-1'])).toThrow(/^Unknown option '--nope'/);
  });
});

describe('a guest whose name starts with a dash', () => {
  it('is named behind --, as the command that kvmtop writes does, and by --guests=', () => {
    const request = { action: 'balloon', words: ['-x', '2G'] };
    expect(describeRequest(request)).toBe('kvmtop do balloon -- -x 2G');
    const { options } = parseCall(describeRequest(request).split(' ').slice(1));
    expect(options.words).toEqual(['balloon', '-x', '2G']);
    expect(parseCall(['--guests=-x,--force']).options.guests).toEqual(['-x', '--force']);
    expect(describeRequest({ action: 'balloon', words: ['web-1', '-25%'] })).toBe('kvmtop do balloon web-1 -25%');
  });

  it('is told how', () => {
    expect(() => parseCall(['do', 'balloon', '-x', '2G'])).toThrow(
      "Unknown option '-x'; -- stands before a name that starts with a dash; see kvmtop -h",
    );
  });
});

describe('a recording', () => {
  it('is one word after record and dump', () => {
    expect(parseCall(['record', 'day.kvmtop']).options.words).toEqual(['day.kvmtop']);
    for (const command of ['record', 'dump']) {
      expect(() => parseCall([command])).toThrow(`${command} takes a FILE; see kvmtop ${command} -h`);
      expect(() => parseCall([command, 'a', 'b'])).toThrow(`${command} takes no 'b'`);
      expect(parseCall([command, '-h']).help).toBe(true);
    }
  });

  it('takes the flags of its own command only', () => {
    expect(() => parseCall(['dump', 'a', '--keep', '1d'])).toThrow('--keep does not go with dump');
    expect(() => parseCall(['record', 'a', '--from', '8:00'])).toThrow('--from does not go with record');
  });
});

it('settings become the limits of actions', () => {
  expect(
    limitsOf({
      ...defaults,
      'balloon.floor_percent': 40,
      'balloon.floor_margin': GiB,
      'balloon.step': 64 * MiB,
      'balloon.stall_seconds': 30,
      'statistics.stale_seconds': 20,
    }),
  ).toEqual({ floorShare: 0.4, floorMargin: GiB, step: 64 * MiB, stallSeconds: 30, staleSeconds: 20 });
});

it('settings become thresholds, and those that nobody set are the ones that findings know', () => {
  expect(thresholdsOf(defaults)).toEqual(defaultThresholds);
  const set: Partial<Settings> = {
    'thresholds.available_low_percent': 20,
    'thresholds.available_critical_percent': 8,
    'thresholds.pressure_some_percent': 30,
    'thresholds.pressure_full_percent': 15,
    'thresholds.swap_rate': 4 * MiB,
    'thresholds.guest_available_low_percent': 5,
    'thresholds.guest_swap_in': MiB,
    'thresholds.guest_major_faults': 200,
    'thresholds.host_major_faults': 2,
    'thresholds.commit_near_percent': 80,
    'thresholds.dirty_near_percent': 70,
    'thresholds.pool_idle': 8 * GiB,
    'statistics.stale_seconds': 20,
  };
  expect(thresholdsOf({ ...defaults, ...set })).toEqual({
    availableLow: 0.2,
    availableCritical: 0.08,
    pressureSome: 0.3,
    pressureFull: 0.15,
    swapRate: 4 * MiB,
    guestAvailableLow: 0.05,
    guestSwapIn: MiB,
    guestMajorFaults: 200,
    hostMajorFaults: 2,
    commitNear: 0.8,
    dirtyNear: 0.7,
    poolIdle: 8 * GiB,
    limits: { ...defaultThresholds.limits, staleSeconds: 20 },
  });
});

it('tables become settings and back', () => {
  const set: Partial<Settings> = {
    'tabs.guests.columns': ['name', 'held'],
    'tabs.guests.sort': 'name',
    'tabs.memory.reverse': true,
  };
  const tables = tablesOf({ ...defaults, ...set });
  expect(tables.guests).toEqual({ columns: ['name', 'held'], sort: { column: 'name', reverse: false } });
  expect(settingsOfTables(tables)).toMatchObject(set);
  expect({ ...defaults, ...settingsOfTables(tablesOf(defaults)) }).toEqual(defaults);
});
