import { describe, expect, it } from 'vitest';
import { occupied } from '../../../src/actions/balloon/rails.ts';
import type { Control } from '../../../src/actions/gate/control.ts';
import { type JournalEntry, noJournal } from '../../../src/actions/gate/journal.ts';
import type { Gate } from '../../../src/actions/gate/perform.ts';
import { derive, type Model } from '../../../src/model.ts';
import type { PolicyEvent } from '../../../src/policy/pilot.ts';
import type { Decisions, Policy } from '../../../src/policy/policy.ts';
import { createAutopilot } from '../../../src/programs/auto/autopilot.ts';
import type { Sample } from '../../../src/sample.ts';
import { controlOf } from '../../../src/simulator/control.ts';
import { sampleOf } from '../../../src/simulator/sample.ts';
import type { SimulatedGuest } from '../../../src/simulator/scenario.ts';
import { World } from '../../../src/simulator/world.ts';
import { GiB, MiB } from '../../../src/units.ts';
import { settings } from '../../policy/policies/world.ts';

const names = ['web-1', 'web-2', 'web-3'];

/** Of 8 GiB each, 2 of which are in use. */
const guestOf = (name: string): SimulatedGuest => ({ name, size: 8 * GiB, demand: () => 2 * GiB, cache: () => 0 });

/** Wants each guest, at each round, to have so many bytes. */
const wanting = (bytes: (guest: Model['guests'][number], model: Model) => number | undefined): Policy => ({
  id: 'wanting',
  title: '',
  help: '',
  every: 5,
  window: 10,
  decide(models): Decisions {
    const model = models.at(-1)!;
    return {
      decisions: model.guests.flatMap(guest => {
        const wanted = settings.pinned.has(guest.id) ? undefined : bytes(guest, model);
        return wanted === undefined
          ? []
          : [
              {
                request: { action: 'balloon', words: [guest.id, `${wanted}B`] },
                subject: guest.name,
                guest: guest.id,
                why: `${model.sample.monotonic} seconds after boot it should have that`,
              },
            ];
      }),
      skipped: [],
    };
  },
});

/** Leaves out whom it was told to. */
const obedient = (policy: Policy): Policy => ({
  ...policy,
  decide(models, { pinned, ...rest }) {
    const { decisions } = policy.decide(models, { pinned, ...rest });
    return {
      decisions: decisions.filter(({ guest }) => guest === undefined || !pinned.has(guest)),
      skipped: decisions.flatMap(({ guest, subject }) => {
        const why = guest === undefined ? undefined : pinned.get(guest);
        return why === undefined ? [] : [{ subject, ...(guest === undefined ? {} : { guest }), why }];
      }),
    };
  },
});

/** Asks once, and when it has come elsewhere. */
const to = (bytes: number): Policy =>
  obedient(
    wanting(({ values }) => ([values.balloon_actual, values.balloon_target].includes(bytes) ? undefined : bytes)),
  );

/** Asks at each round for what it has not got. */
const insisting = (bytes: number): Policy =>
  obedient(wanting(({ values }) => (values.balloon_actual === bytes ? undefined : bytes)));

/** A simulated host, an autopilot before it, and what both did. `hands`: what the gate does otherwise than the world. */
const flight = (
  guests: readonly SimulatedGuest[] = names.map(guestOf),
  hands: (world: World) => Partial<Control> = () => ({}),
) => {
  const world = new World({
    id: 'test',
    title: '',
    help: '',
    main: [],
    seconds: 1000,
    host: { memory: 32 * GiB, swap: 0, used: () => GiB },
    guests,
  });
  const journal: JournalEntry[] = [];
  const gate: Gate = {
    control: { ...controlOf(world), ...hands(world) },
    journal: {
      ...noJournal,
      append: async entry => {
        if (entry.outcome !== 'begun') journal.push(entry);
      },
    },
  };
  const told: PolicyEvent[] = [];
  const pilot = createAutopilot(gate, settings, { tell: event => told.push(event) });
  let previous: Sample | undefined;
  const look = (): Model => {
    const sample = sampleOf(world);
    const model = derive(previous, sample);
    previous = sample;
    return model;
  };
  return {
    world,
    journal,
    told,
    pilot,
    look,
    /** `OUTCOME SUBJECT`, in the order in which it was told. */
    outcomes: (): string[] => told.map(({ outcome, subject }) => `${outcome} ${subject}`),
    idOf: (name: string): string => look().guests.find(guest => guest.name === name)!.id,
    sizes: (): number[] => world.guests.map(({ inside }) => inside.actual / GiB),
    targets: (): number[] => world.guests.map(({ inside }) => inside.target / GiB),
    /** So many seconds pass, with a look at each, and whatever a round does is done in it. */
    async pass(seconds: number): Promise<void> {
      for (let second = 0; second < seconds; second++) {
        world.step();
        pilot.see(look());
        await new Promise(setImmediate);
      }
    },
  };
};

/** A host whose guests have reported. */
const warm = async (...given: Parameters<typeof flight>) => {
  const flown = flight(...given);
  await flown.pass(10);
  return flown;
};

describe('in shadow', () => {
  it('it is told what would be done and why, and nothing is', async () => {
    const { pilot, pass, told, journal, sizes, outcomes, targets } = await warm();
    pilot.set('shadow', to(4 * GiB));
    await pass(6);
    expect(outcomes()).toEqual(names.map(name => `would ${name}`));
    expect(told[0]).toMatchObject({ policy: 'wanting', subject: 'web-1', guest: expect.stringMatching(/^\d+\.\d+$/) });
    expect(told[0]?.text).toMatch(
      /^Shrink web-1 from 8\.00 GiB to 4\.00 GiB: \d+ seconds after boot it should have that$/,
    );
    expect([sizes(), targets(), journal]).toEqual([[8, 8, 8], [8, 8, 8], []]);
    await pilot.leave(() => Promise.reject(new Error('nobody needs to look')));
    expect(journal).toEqual([]);
  });

  it('the same is told again only after a minute, though its numbers change', async () => {
    const { pilot, pass, outcomes } = await warm();
    pilot.set('shadow', to(4 * GiB));
    await pass(56);
    expect(outcomes()).toHaveLength(3);
    await pass(15);
    expect(outcomes()).toHaveLength(6);
  });

  it('and at once when another mode begins', async () => {
    const { pilot, pass, outcomes } = await warm();
    pilot.set('shadow', to(4 * GiB));
    await pass(6);
    const policy = to(4 * GiB);
    pilot.set('off', policy);
    await pass(20);
    expect(outcomes()).toHaveLength(3);
    pilot.set('shadow', policy);
    await pass(6);
    expect(outcomes()).toHaveLength(6);
  });
});

describe('in act', () => {
  it('it is done through the gate, journalled with its reason, and what became of it is told', async () => {
    const { pilot, pass, journal, sizes, outcomes } = await warm();
    pilot.set('act', to(4 * GiB));
    await pass(20);
    expect(sizes()).toEqual([4, 4, 4]);
    expect(journal).toHaveLength(3);
    expect(journal[0]).toMatchObject({
      by: 'policy',
      outcome: 'done',
      forced: false,
      summary: 'Shrink web-1 from 8.00 GiB to 4.00 GiB',
      why: expect.stringMatching(/seconds after boot/),
    });
    expect(outcomes().toSorted()).toEqual([
      ...names.map(name => `arrived ${name}`),
      ...names.map(name => `asked ${name}`),
    ]);
  });

  it('what the guard rails refuse is told, now and then, and never forced', async () => {
    const { pilot, pass, journal, sizes, told, outcomes } = await warm([guestOf('web-1')]);
    pilot.set('act', to(2 * GiB));
    await pass(40);
    expect(sizes()).toEqual([8]);
    expect(journal).toEqual([]);
    expect(outcomes()).toEqual(['refused web-1']);
    expect(told[0]?.text).toMatch(/^Shrink web-1 .* seconds after boot .*\. Refused: unsafe: leaves /);
  });

  it('a step that fails is told with its error, and the others go on', async () => {
    const { pilot, pass, sizes, told } = await warm(undefined, world => ({
      execute: (id, command, args) =>
        sampleOf(world).guests[1]?.id === id
          ? Promise.reject(new Error('QEMU hangs'))
          : controlOf(world).execute(id, command, args),
    }));
    pilot.set('act', to(4 * GiB));
    await pass(20);
    expect(sizes()).toEqual([4, 8, 4]);
    const failed = told.filter(({ outcome }) => outcome === 'failed');
    expect(failed.map(({ subject }) => subject)).toEqual(['web-2']);
    expect(failed[0]?.text).toMatch(/QEMU hangs$/);
  });

  it('without control nothing is done', async () => {
    const { world, told, pass: _, ...flown } = await warm([guestOf('web-1')]);
    const pilot = createAutopilot(
      {
        control: undefined,
        journal: noJournal,
      },
      settings,
      { tell: event => told.push(event) },
    );
    pilot.set('act', to(4 * GiB));
    for (let second = 0; second < 8; second++) {
      world.step();
      pilot.see(flown.look());
      await new Promise(setImmediate);
    }
    expect(flown.sizes()).toEqual([8]);
    expect(told.map(({ outcome }) => outcome)).toEqual(['failed']);
    expect(told[0]?.text).toMatch(/read-only: nothing is changed here/);
  });
});

describe('a guest that is pinned', () => {
  it('is left alone with the reason, told once, until it is released', async () => {
    const { pilot, pass, sizes, told, idOf, outcomes } = await warm();
    pilot.pin(idOf('web-2'), 'changed by hand: left alone');
    pilot.set('act', to(4 * GiB));
    await pass(30);
    expect(sizes()).toEqual([4, 8, 4]);
    expect(told.filter(({ subject }) => subject === 'web-2').map(({ outcome, text }) => [outcome, text])).toEqual([
      ['skipped', 'changed by hand: left alone'],
    ]);
    pilot.release(idOf('web-2'));
    await pass(10);
    expect(sizes()).toEqual([4, 4, 4]);
    expect(outcomes()).toContain('asked web-2');
  });
});

describe('a guest that does not give what was asked', () => {
  /** Its driver takes the request, and nothing moves. */
  const stubborn = (world: World): Partial<Control> => ({
    execute: (id, command, args) =>
      sampleOf(world).guests[0]?.id === id ? Promise.resolve({}) : controlOf(world).execute(id, command, args),
  });

  it.each([
    ['once', to],
    ['at each round', insisting],
  ])(
    'asked %s: it is told once as stalled, asked for no more, and left alone for five minutes; others are not held up',
    async (_often, policy) => {
      const { pilot, pass, sizes, told, journal, world } = await warm(undefined, stubborn);
      pilot.set('act', policy(4 * GiB));
      await pass(30);
      const of = () => told.filter(({ subject }) => subject === 'web-1').map(({ outcome }) => outcome);
      expect(of().filter(outcome => outcome === 'stalled')).toHaveLength(1);
      expect(told.find(({ outcome }) => outcome === 'stalled')?.text).toMatch(
        /^web-1: balloon stalled at 8\.00 GiB of 4\.00 GiB: .*: left alone for 5 minutes$/,
      );
      expect(sizes()).toEqual([8, 4, 4]);
      const stalledAt = told.find(({ outcome }) => outcome === 'stalled')!.time;
      const asked = () => journal.filter(({ request }) => request.words[0] === told[0]!.guest).length;
      const before = asked();
      expect(journal.findLast(({ request }) => request.words[0] === told[0]!.guest)).toMatchObject({
        summary: 'Stop the balloon of web-1 at 8.00 GiB, on its way to 4.00 GiB',
        why: 'it gives no more',
      });
      await pass(280);
      expect(world.wall - stalledAt).toBeLessThan(300);
      expect(asked()).toBe(before);
      await pass(30);
      const after = of().slice(of().indexOf('stalled') + 1);
      expect(after.slice(0, 3)).toEqual(['asked', 'skipped', 'asked']);
    },
  );
});

it('a guest that is changed by hand is not halted, whatever was asked of it before', async () => {
  const { pilot, pass, journal, idOf, look } = await warm([guestOf('web-1')], world => ({
    execute: async () => sampleOf(world),
  }));
  pilot.set('act', to(4 * GiB));
  await pass(8);
  pilot.pin(idOf('web-1'), 'changed by hand: left alone');
  await pass(20);
  await pilot.stop(look());
  expect(journal.map(({ summary }) => summary)).toEqual(['Shrink web-1 from 8.00 GiB to 4.00 GiB']);
});

describe('stop', () => {
  it('ends a round at once: what was not done yet is not', async () => {
    let open = (): void => undefined;
    const { pilot, pass, journal, look } = await warm(undefined, world => ({
      execute: async (id, command, args) => {
        await new Promise<void>(resolve => {
          open = resolve;
        });
        return controlOf(world).execute(id, command, args);
      },
    }));
    pilot.set('act', to(4 * GiB));
    await pass(6);
    const stopped = pilot.stop(look());
    // The one that was under way ends; its balloon is told to stay, which waits here, too.
    open();
    await new Promise(setImmediate);
    open();
    await stopped;
    expect(pilot.mode).toBe('off');
    expect(journal.map(({ summary }) => summary)).toEqual([
      'Shrink web-1 from 8.00 GiB to 4.00 GiB',
      'Stop the balloon of web-1 at 8.00 GiB, on its way to 4.00 GiB',
    ]);
    await pass(30);
    expect(journal).toHaveLength(2);
  });

  it.each([
    ['by what it has come to', 1, true],
    ['also before anything was seen of it', 0, false],
  ])('halts a balloon on its way, %s', async (_what, seconds, moved) => {
    const { pilot, pass, targets, sizes, look } = await warm([guestOf('web-1')]);
    pilot.set('act', to(4 * GiB));
    await pass(5);
    while (targets()[0] === 8) await pass(1);
    const stale = look();
    await pass(seconds);
    await pilot.stop(seconds > 0 ? look() : stale);
    const [stood = 0] = targets();
    expect(stood > 4 && (moved ? stood < 8 : stood <= 8)).toBe(true);
    await pass(20);
    expect(sizes()[0]).toBe(stood);
  });

  it('asks nothing of balloons that have arrived', async () => {
    const { pilot, pass, journal, look } = await warm();
    pilot.set('act', to(4 * GiB));
    await pass(20);
    await pilot.stop(look());
    expect(journal).toHaveLength(3);
  });
});

describe('leaving', () => {
  it('gives guests that it moved enough to do without it, and touches no other', async () => {
    const { pilot, pass, sizes, idOf, journal, look, world, told } = await warm();
    pilot.pin(idOf('web-3'), 'pinned by hand: left alone');
    // Just above the floor: 2 GiB in use and some more.
    const near = obedient(wanting(({ values }) => (values.guest_used ?? 0) + 256 * MiB + (8 * GiB) / 40));
    pilot.set('act', near);
    await pass(20);
    const [tight = 0] = sizes();
    expect(tight).toBeLessThan(3);
    pilot.set('off', near);
    pilot.pin(idOf('web-2'), 'changed by hand: left alone');
    const before = journal.length;
    await pilot.leave(async () => look());
    const [first] = look().guests;
    const used = first!.values.guest_used!;
    for (let second = 0; second < 20; second++) world.step();
    const safe = Math.min(8, (occupied(first!)! + 0.25 * used + 256 * MiB) / GiB);
    expect(sizes()[0]).toBeCloseTo(safe, 1);
    expect(sizes()).toEqual([expect.any(Number), tight, 8]);
    expect(journal.slice(before).map(({ by, why }) => [by, why?.startsWith('no policy watches it any more')])).toEqual([
      ['policy', true],
    ]);
    // Told as the policy's, though none runs any more.
    expect(told.at(-1)).toMatchObject({ policy: 'wanting', outcome: 'asked' });
  });
});
