import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ConfigError } from '../../src/config/error.ts';
import { printSettings } from '../../src/config/print.ts';
import { readSettings } from '../../src/config/read.ts';
import { defaults } from '../../src/config/settings.ts';
import { statements } from '../../src/config/statements.ts';
import { MiB } from '../../src/units.ts';
import { anySettings } from './arbitrary.ts';

const read = (text: string) => readSettings('/etc/kvmtop/config.toml', text);
const loaded = { origins: {}, files: [], own: undefined };

const complaint = (text: string): string => {
  try {
    read(text);
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    return (error as Error).message;
  }
  throw new Error('it was taken');
};

it('reads every form of TOML, and knows the line of each', () => {
  const text = [
    '# mine',
    'delay = 2.5',
    'balloon = { step = "1G" }',
    '[statistics]',
    'polling_seconds = 0 # never',
    '',
    '[tabs.guests]',
    'columns = [',
    '  "name", # and',
    '  "held",',
    ']',
    'sort = "name"',
    '[tabs]',
    'memory.reverse = true',
  ].join('\r\n');
  const { values, lines } = read(text);
  expect(values).toEqual({
    delay: 2.5,
    'balloon.step': 1024 * MiB,
    'statistics.polling_seconds': 0,
    'tabs.guests.columns': ['name', 'held'],
    'tabs.guests.sort': 'name',
    'tabs.memory.reverse': true,
  });
  expect(lines).toEqual({
    delay: 2,
    'balloon.step': 3,
    'statistics.polling_seconds': 5,
    'tabs.guests.columns': 8,
    'tabs.guests.sort': 12,
    'tabs.memory.reverse': 14,
  });
});

it('every default is allowed by its own setting', () => {
  expect(read(printSettings({ ...loaded, settings: defaults })).values).toEqual(defaults);
});

it('what is printed reads as what was in force', () => {
  fc.assert(
    fc.property(anySettings, values => {
      expect(read(printSettings({ ...loaded, settings: values })).values).toEqual(values);
    }),
    { numRuns: 50 },
  );
});

describe('what is wrong is told in one line with file, line and the nearest right key', () => {
  it.each([
    ['\ndely = 2', ':2: there is no setting dely: did you mean delay?'],
    ['[baloon]\nstep = "1G"', ':1: there is no table baloon: did you mean [balloon]?'],
    ['[balloon]\nstepp = "1G"', ':2: there is no setting balloon.stepp: did you mean balloon.step?'],
    ['floor_margin = "1G"', ':1: there is no setting floor_margin: did you mean balloon.floor_margin?'],
    ['[tabs.guest]\nsort = "name"', ':1: there is no table tabs.guest: did you mean [tabs.guests]?'],
    ['colour_of_the_sky = 1', ':1: there is no setting colour_of_the_sky: `kvmtop config` lists all'],
    ['balloon = 3', ':1: balloon is a table: write [balloon], its settings below it'],
    ['"balloon.step" = "1G"', ':1: there is no setting "balloon.step": did you mean balloon.step?'],
    ['delay = "2"', ':1: delay takes seconds from 0.1 to 3600, not "2"'],
    ['delay = 1979-05-27', ':1: delay takes seconds from 0.1 to 3600, not a date'],
    ['[balloon]\n\nstep = "1 cubit"', ':3: balloon.step takes a size from "1M" to "1T" in steps of 1M, not "1 cubit"'],
    ['tab = "gests"', /:1: tab takes a tab: [\w", ]+, not "gests": did you mean "guests"\?$/],
    [
      '[tabs.guests]\ncolumns = ["name",\n"heldd"]',
      /:2: tabs\.guests\.columns takes a list of .*, not "heldd": did you mean "held"\?$/,
    ],
    ['delay = 1\ndelay = 2', /:2: not TOML: [\w ,]+$/],
    ['delay = \n', /:1: not TOML: [\w ,]+$/],
    ['tab = "\u001b[2J"', /:1: not TOML: [\w ,]+$/],
    ['tab = "\\u001b[2J"', /^[ -~]+$/],
    ['"\\u009b2J" = 1', /^[ -~\ufffd]+$/],
    ['__proto__ = 1', ':1: there is no setting __proto__: `kvmtop config` lists all'],
  ])('%j', (text, expected) => {
    const message = complaint(text);
    if (typeof expected === 'string') expect(message).toBe(`/etc/kvmtop/config.toml${expected}`);
    else expect(message).toMatch(expected);
  });
});

it('whatever is in a file, it is read or refused in one line', () => {
  const piece = fc.oneof(
    fc.string(),
    fc.constantFrom('\n', '[', ']', '"', '=', '#', '[balloon]\n', 'step = ', 'delay = 1\n'),
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 20 }), pieces => {
      try {
        expect(Object.keys({ ...defaults, ...read(pieces.join('')).values })).toEqual(Object.keys(defaults));
      } catch (error) {
        expect(error).toBeInstanceOf(ConfigError);
        expect((error as Error).message).toMatch(/^\/etc\/kvmtop\/config\.toml(:\d+)?: [^\n]+$/);
      }
    }),
  );
});

it('a quoted key, an = in it and a # in a string hide nothing', () => {
  const text = '"a=b#" = "#=\\"" # c\n[ "x y" . z ]\n\'q\' = """\n[no]\n"""\n[[list]]\nw = 1';
  expect(statements(text)).toEqual([
    { path: ['a=b#'], kind: 'value', first: 1, last: 1 },
    { path: ['x y', 'z'], kind: 'head', first: 2, last: 2 },
    { path: ['x y', 'z', 'q'], kind: 'value', first: 3, last: 5 },
    { path: ['list'], kind: 'head', first: 6, last: 6 },
    { path: ['list', 'w'], kind: 'value', first: 7, last: 7 },
  ]);
});
