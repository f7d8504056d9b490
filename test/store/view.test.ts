import fc from 'fast-check';
import { expect, test } from 'vitest';
import { defaultLimits } from '../../src/actions/limits.ts';
import { derive, type Model } from '../../src/model.ts';
import { visibleProcesses } from '../../src/store/processes.ts';
import { troublesOf } from '../../src/store/trouble.ts';
import { visibleGuests } from '../../src/store/view.ts';
import { guest, sample } from '../samples.ts';

/** As many guests as there are sizes; `undefined` is one that nobody knows. */
const guestsOf = (sizes: readonly (number | undefined)[]): Model =>
  derive(
    undefined,
    sample({
      guests: sizes.map((size, index) =>
        guest({ id: `${100 + index}.1`, pid: 100 + index, launch: size === undefined ? {} : { size } }),
      ),
    }),
  );

const basis = { troubles: troublesOf([]), limits: defaultLimits };

const sizes = fc.array(fc.option(fc.nat({ max: 5 }), { nil: undefined }), { maxLength: 8 });

test('guests whose number is unknown come last, in either order', () => {
  fc.assert(
    fc.property(sizes, fc.boolean(), (all, reverse) => {
      const listed = visibleGuests(guestsOf(all), '', { column: 'mem_size', reverse }, basis).map(
        one => one.values.mem_size,
      );
      const known = all.filter(size => size !== undefined).sort((a, b) => (reverse ? a - b : b - a));
      expect(listed).toEqual([...known, ...Array.from({ length: all.length - known.length }, () => undefined)]);
    }),
  );
});

test('guests of equal or unknown numbers keep the order of their ids, in either order', () => {
  for (const reverse of [false, true])
    for (const all of [
      [7, 7, 7],
      [undefined, undefined, undefined],
    ])
      expect(visibleGuests(guestsOf(all), '', { column: 'mem_size', reverse }, basis).map(({ id }) => id)).toEqual([
        '100.1',
        '101.1',
        '102.1',
      ]);
});

test('so do processes', () => {
  fc.assert(
    fc.property(sizes, fc.boolean(), (all, reverse) => {
      const processes = all.map((size, index) => ({
        pid: 100 + index,
        name: 'x',
        starttime: 1,
        stat: {},
        status: size === undefined ? {} : { RssAnon: size },
      }));
      const model = derive(undefined, sample({ host: { processes } }));
      const listed = visibleProcesses(model, '', { column: 'held', reverse });
      const known = all.filter(size => size !== undefined).sort((a, b) => (reverse ? a - b : b - a));
      expect(listed.map(({ values }) => values.held)).toEqual([
        ...known,
        ...Array.from({ length: all.length - known.length }, () => undefined),
      ]);
      const unknown = listed.slice(known.length).map(one => one.sample.pid);
      expect(unknown).toEqual([...unknown].sort((a, b) => a - b));
    }),
  );
});
