import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { plan } from '../../../src/actions/actions.ts';
import { givesNow } from '../../../src/actions/balloon/gives.ts';
import { restOf } from '../../../src/actions/balloon/take.ts';
import { defaultLimits } from '../../../src/actions/limits.ts';
import { GiB, MiB, parseBytes } from '../../../src/units.ts';
import { demoModels } from '../../ui/stage.tsx';

const [, , model] = await demoModels(3);
if (!model) throw new Error('the demo has three models');

const taking = (size: string) => plan(model, { action: 'take', words: [size] });
const gives = new Map(
  model.guests.flatMap(guest => {
    const bytes = givesNow(guest, defaultLimits);
    return typeof bytes === 'number' ? [[guest.id, bytes] as const] : [];
  }),
);
const all = [...gives.values()].reduce((sum, bytes) => sum + bytes, 0);
const takenBy = (size: string): ReadonlyMap<string, number> =>
  new Map(
    (taking(size).follow ?? []).flatMap(one => (one.kind === 'balloon' ? [[one.guest, one.from - one.target]] : [])),
  );

describe('the rest that all givers are left with', () => {
  test.each([
    [[10, 4, 2], 3, 7],
    [[10, 4, 2], 6, 4],
    [[10, 4, 2], 8, 3],
    [[10, 4, 2], 10, 2],
    [[10, 4, 2], 16, 0],
    [[10, 4, 2], 17, undefined],
    [[], 1, undefined],
    [[5, 5], 10, 0],
  ])('of %j, when %i is wanted: %s', (most, wanted, rest) => {
    expect(restOf(most, wanted)).toBe(rest);
  });

  test('adds up to what is wanted, and leaves nobody below nothing', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 1000 }), { minLength: 1 }),
        fc.integer({ min: 1, max: 5000 }),
        (most, wanted) => {
          const rest = restOf(most, wanted);
          const sum = most.reduce((one, other) => one + other, 0);
          if (wanted > sum) return rest === undefined;
          const taken = most.reduce((one, bytes) => one + Math.max(0, bytes - (rest ?? 0)), 0);
          return rest !== undefined && rest >= 0 && Math.abs(taken - wanted) < 1e-6 * wanted + 1e-6;
        },
      ),
    );
  });
});

describe('taking memory', () => {
  test.each(['64M', '1G', '4G', '12G'])('%s comes together, and nobody gives more than the guard rails allow', size => {
    const wanted = parseBytes(size) as number;
    const taken = takenBy(size);
    const sum = [...taken.values()].reduce((one, other) => one + other, 0);
    expect(taking(size).refusal).toBeUndefined();
    expect(sum).toBeGreaterThanOrEqual(wanted - taken.size * MiB);
    expect(sum).toBeLessThanOrEqual(wanted + taken.size * MiB);
    for (const [id, bytes] of taken) expect(bytes).toBeLessThanOrEqual(gives.get(id) ?? 0);
    // Nobody is left with more to spare than those that gave, but for what they had.
    const rests = [...taken].map(([id, bytes]) => (gives.get(id) ?? 0) - bytes);
    expect(Math.max(...rests) - Math.min(...rests)).toBeLessThanOrEqual(2 * MiB);
    for (const [id, bytes] of gives)
      if (!taken.has(id)) expect(bytes).toBeLessThanOrEqual(Math.max(...rests) + 2 * MiB);
  });

  test('more than there is is refused with what there is', () => {
    const more = `${Math.ceil(all / GiB) + 1}G`;
    expect(taking(more).refusal).toEqual({
      reason: expect.stringMatching(/^guests can give [\d.]+ GiB in all within the guard rails$/),
      forceable: false,
    });
    expect(taking(more).steps).toEqual([]);
  });

  test('who gives nothing is left out, each with the reason', () => {
    const left = taking('1G').leftOut ?? [];
    expect(left).toContainEqual(expect.stringMatching(/^db-main: its memory is in hugepages/));
    expect(left).toContainEqual(expect.stringMatching(/^staging-db: it is paused/));
    expect(left).toHaveLength(model.guests.length - [...gives.values()].filter(bytes => bytes >= MiB).length);
  });

  test.each(['', '0', '-1G', '80%', '+1G', 'max', '1K', 'much'])('takes no size %j', size => {
    expect(taking(size).refusal?.reason).toMatch(/^Not a size: /);
  });

  test('is undone in one', () => {
    const { undo, follow } = taking('1G');
    expect(undo?.action).toBe('balloons');
    expect(undo?.words).toHaveLength(2 * (follow?.length ?? 0));
  });
});
