import { zstdCompressSync } from 'node:zlib';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { toCsv } from '../src/export/csv.ts';
import { jsonText, toJson } from '../src/export/json.ts';
import { toText } from '../src/export/text.ts';
import { derive, type Model } from '../src/model.ts';
import { advise, startAdvising } from '../src/policy/advisor.ts';
import { defaultThresholds } from '../src/policy/thresholds.ts';
import { Decoder } from '../src/recording/decoder.ts';
import { headlineOf } from '../src/recording/headline.ts';
import { RecordingError } from '../src/recording/tape.ts';
import type { Sample } from '../src/sample.ts';
import { type Tab, tabs } from '../src/store/tabs.ts';
import { paintPanes } from '../src/ui/paint.ts';
import { Painter } from '../src/ui/parts/painter.ts';
import { Screen } from '../src/ui/screen/screen.ts';
import { createTheme } from '../src/ui/theme.ts';
import { samples as captured } from './export/models.ts';
import { demoSamples } from './recording/samples.ts';
import { soaking } from './soaking.ts';
import { openStage } from './ui/stage.tsx';

/** A recording is a file of somebody else's: what is read of it is a Sample all through, or refused; nothing else happens. */

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

const json = (value: unknown): Json => JSON.parse(JSON.stringify(value)) as Json;

const few = ({ guests, host, ...rest }: Sample): Sample => ({
  ...rest,
  guests: guests.slice(0, 5),
  host: { ...host, ...(host.processes && { processes: host.processes.slice(0, 4) }) },
});
const originals: readonly (readonly [Json, Json])[] = [
  (await demoSamples(2)).map(one => json(few(one))) as [Json, Json],
  captured().map(json) as [Json, Json],
];

interface Place {
  /** The way to it. */
  readonly way: readonly string[];
  readonly value: Json;
}

const placesIn = (value: Json, way: readonly string[] = []): readonly Place[] => [
  { way, value },
  ...(value === null || typeof value !== 'object'
    ? []
    : Object.entries(value).flatMap(([key, child]) => placesIn(child, [...way, key]))),
];
const places = originals.map(([, later]) => placesIn(later));

/** The value with another at this place; `undefined`: with nothing there. */
const changed = (value: Json, [key, ...rest]: readonly string[], to: Json | undefined): Json | undefined => {
  if (key === undefined) return to;
  if (value === null || typeof value !== 'object') return value;
  const made = changed((value as { [key: string]: Json })[key] ?? null, rest, to);
  if (Array.isArray(value))
    return value.flatMap((one, index) => (String(index) !== key ? [one] : made === undefined ? [] : [made]));
  const { [key]: _, ...others } = value;
  return made === undefined ? others : { ...others, [key]: made };
};

const strangeNumber = fc.oneof(
  fc.constantFrom(0, -1, 0.5, 1e308, -1e308, 5e-324, 2 ** 63, 1e28, -1e28, 1e13, -1e16),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
);
const strangeText = fc.oneof(
  fc.constantFrom('', 'x', 'ok', 'qemu', '\u001b[2J', 'virtio-mem', 'active', 'T', '__proto__', 'toString'),
  fc.string({ unit: 'binary' }),
);
/** Mostly of the same kind, or all would be refused. */
const strangeFor = ({ value }: Place): fc.Arbitrary<Json | undefined> =>
  fc.oneof(
    { weight: 6, arbitrary: typeof value === 'number' ? strangeNumber : strangeText },
    {
      weight: 1,
      arbitrary: fc.constantFrom<Json | undefined>(undefined, null, true, false, 1, 'x', [], {}, { a: 1 }, [1], [null]),
    },
  );

const changeIn = (all: readonly Place[]) =>
  fc
    .oneof(
      fc.constantFrom(...all.filter(({ way }) => way.length === 1)),
      fc.constantFrom(...all.filter(({ value }) => value === null || typeof value !== 'object')),
      fc.constantFrom(...all),
    )
    .chain(place => strangeFor(place).map(to => ({ way: place.way, to })));

const crafted = fc.nat(originals.length - 1).chain(which =>
  fc.record({
    which: fc.constant(which),
    changes: fc.array(changeIn(places[which] ?? []), { minLength: 1, maxLength: 4 }),
    both: fc.boolean(),
    tab: fc.constantFrom(...tabs),
    detail: fc.boolean(),
  }),
);

const decoded = (value: Json | undefined): Sample | undefined => {
  try {
    return new Decoder().decode({ key: true, data: zstdCompressSync(JSON.stringify(value) ?? '') });
  } catch (error) {
    expect(error).toBeInstanceOf(RecordingError);
    expect((error as Error).message).toMatch(/^[ -~]+$/);
    return undefined;
  }
};

const theme = createTheme({ TERM: 'xterm-256color', LANG: 'C.UTF-8' });

const drawn = (models: readonly Model[], tab: Tab, detail: boolean): string => {
  const { store } = openStage(models, { tab, size: { columns: 160, rows: 60 } });
  const [guest] = models.at(-1)?.guests ?? [];
  if (detail && guest) store.setState({ selected: guest.id, detail: { scroll: 0 } });
  const terminal = { columns: 160, rows: 60, write: () => true, on: () => undefined, off: () => undefined };
  const screen = new Screen(terminal, theme);
  screen.enter();
  const stop = paintPanes(store, new Painter(screen), theme.glyphs);
  const text = screen.text();
  stop();
  screen.leave();
  return text;
};

test('whatever a recording has for a sample is refused, or goes all the way to the screen', () => {
  let refused = 0;
  let shown = 0;
  fc.assert(
    fc.property(crafted, ({ which, changes, both, tab, detail }) => {
      const [earlier, later] = originals[which] as readonly [Json, Json];
      const craft = (value: Json): Sample | undefined =>
        decoded(
          changes.reduce<Json | undefined>(
            (made, { way, to }) => (made === undefined ? undefined : changed(made, way, to)),
            value,
          ),
        );
      const before = both ? craft(earlier) : decoded(earlier);
      const after = craft(later);
      if (!before || !after) {
        refused += 1;
        return;
      }
      shown += 1;
      const models = [derive(undefined, before), derive(before, after), derive(after, before)];
      let advice = startAdvising(false);
      for (const model of models) {
        advice = advise(advice, model, defaultThresholds);
        headlineOf(model);
        const texts = [toCsv(model), toText(model, { ascii: false }), jsonText(toJson(model, advice.findings), 'line')];
        for (const text of texts) expect(text).not.toMatch(/\bNaN\b|\bundefined\b|Infinity/);
      }
      expect(drawn(models, tab, detail)).not.toMatch(/\bNaN\b|\bundefined\b|Infinity/);
    }),
    { numRuns: soaking ? 3000 : 60 },
  );

  expect(refused).toBeGreaterThan(0);
  expect(shown).toBeGreaterThan(0);
});
