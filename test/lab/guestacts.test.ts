import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import type { Plan, Request } from '../../src/actions/action.ts';
import { planStrictly } from '../../src/actions/actions.ts';
import { advance, describeFollowing, type Following, startFollowing } from '../../src/actions/follow.ts';
import { openJournal } from '../../src/actions/gate/journal.ts';
import { type Gate, perform } from '../../src/actions/gate/perform.ts';
import type { Need } from '../../src/fields/field.ts';
import { derive, type GuestModel, guestWord, type Model } from '../../src/model.ts';
import { Root } from '../../src/root.ts';
import type { Sample } from '../../src/sample.ts';
import { createLiveSource } from '../../src/source/live.ts';
import type { Source } from '../../src/source/source.ts';
import { until } from '../until.ts';
import { describeLab } from './describe.ts';
import { type Guest, startGuest } from './lab.ts';

const mib = 2 ** 20;
const wanted: ReadonlySet<Need> = new Set(['ksm', 'guest_ksm_stat']);

let source: Source;
let gate: Gate;
let folder: string;
let previous: Sample | undefined;
/** Guests of this file; what else runs on the host is not touched. */
let mine: Guest[] = [];

const look = async (): Promise<Model> => {
  const sample = await source.look(wanted);
  const model = derive(previous, sample);
  previous = sample;
  const pids = new Set(mine.map(({ pid }) => pid));
  return { ...model, guests: model.guests.filter(({ pid }) => pids.has(pid)) };
};

/** Looks until the guests are as `seen` wants them. */
const seen = async (what: string, wants: (model: Model) => boolean): Promise<Model> => {
  let model = await look();
  await until(what, 40_000, async () => {
    model = await look();
    return wants(model);
  });
  return model;
};

const called = ({ guests }: Model, { pid }: Guest): GuestModel => {
  const found = guests.find(one => one.pid === pid);
  if (!found) throw new Error(`no guest ${pid}`);
  return found;
};

const planned = async (action: string, ...words: string[]): Promise<Plan> =>
  planStrictly(await look(), { action, words });

const done = async (plan: Plan, force = false): Promise<Following[]> => {
  await perform(gate, plan, { by: 'do', force });
  return (plan.follow ?? []).map(follow => startFollowing(follow, Date.now() / 1000));
};

/** Follows until nothing moves any more; also what was told on the way. */
const followed = async (starts: readonly Following[]): Promise<{ ends: Following[]; told: string[] }> => {
  let following = [...starts];
  const told: string[] = [];
  await until('all has arrived or stalled', 60_000, async () => {
    const model = await look();
    following = following.map(one => (one.state === 'moving' ? advance(one, model) : one));
    told.push(...following.map(describeFollowing));
    return following.every(({ state }) => state !== 'moving');
  });
  return { ends: following, told };
};

const started = async (...options: Parameters<typeof startGuest>[0][]): Promise<Guest[]> => {
  const guests = await Promise.all(options.map(startGuest));
  mine.push(...guests);
  return guests;
};

/** With fresh statistics, as the guard rails want them. */
const reporting = async (...guests: Guest[]): Promise<void> => {
  await seen('monitors answer', model => guests.every(one => called(model, one).sample.monitor.state === 'ok'));
  for (const { pid } of guests) await done(await planned('polling', String(pid), '1'));
  await seen('fresh reports', model =>
    guests.every(one => {
      const { guest_used: used, stats_age: age } = called(model, one).values;
      return used !== undefined && age !== undefined && age < 3;
    }),
  );
};

const open = (): void => {
  folder = mkdtempSync(join(tmpdir(), 'kvmtop-guestacts-'));
  source = createLiveSource(new Root('/'));
  gate = { control: source.control, journal: openJournal(join(folder, 'journal.ndjson')) };
  previous = undefined;
};
const shut = async (): Promise<void> => {
  await source.close();
  await Promise.all(mine.map(guest => guest.stop()));
  mine = [];
  rmSync(folder, { recursive: true, force: true });
};

describeLab('all balloons of real guests', () => {
  let guests: Guest[];
  beforeAll(async () => {
    open();
    guests = await started(
      { name: 'acts-1', memory: 256 },
      { name: 'acts-2', memory: 256, balloon: 'noid' },
      { name: 'acts-3', memory: 256 },
      { name: 'acts-bare', memory: 128, balloon: 'none' },
    );
    await Promise.all(guests.map(guest => guest.ready()));
    await reporting(...guests.slice(0, 3));
  });
  afterAll(shut);

  const actuals = async (): Promise<number[]> =>
    Promise.all(guests.slice(0, 3).map(async guest => (await guest.qmp('query-balloon')).actual / mib));

  test('shrink at once, and by undo go back each to where it was', async () => {
    const first = await planned('balloon', 'acts-1', '248M');
    expect((await followed(await done(first))).ends.map(({ state }) => state)).toEqual(['arrived']);
    // Within a MiB it has arrived, and comes the rest of the way: the way back leads to what is seen when it is planned.
    await seen('it has all of it', one => called(one, guests[0] as Guest).values.balloon_actual === 248 * mib);
    const all = await planned('balloon-all', '232M', 'ACTS-');
    expect(all.steps).toHaveLength(3);
    expect(all.leftOut?.join()).toMatch(/^acts-bare: it has no balloon device/);
    expect((await followed(await done(all))).ends.map(({ state }) => state)).toEqual(['arrived', 'arrived', 'arrived']);
    await until('all have 232 MiB', 10_000, async () => (await actuals()).every(actual => actual === 232));

    const entry = gate.journal.read().at(-1);
    expect(entry?.request).toEqual({ action: 'balloon-all', words: ['232M', 'ACTS-'] } satisfies Request);
    const back = planStrictly(await look(), entry?.undo as Request);
    await followed(await done(back));
    await until('each is where it was', 10_000, async () => (await actuals()).join() === '248,256,256');
  });

  test('are deflated by one word, though one of the guests hangs', async () => {
    const [, hanging] = guests as [Guest, Guest];
    await followed(await done(await planned('balloon-all', '232M', 'acts-')));
    const all = await planned('deflate-all');
    hanging.signal('SIGSTOP');
    try {
      const { notes } = await perform(gate, all, { by: 'do' });
      expect(notes?.join()).toMatch(/failed: balloon on acts-2/);
      await until('the others are deflated', 20_000, async () => {
        const { guests: seen } = await look();
        const sizes = seen.filter(({ name }) => name !== 'acts-2').map(({ values }) => values.balloon_actual);
        return sizes.filter(size => size === 256 * mib).length === 2;
      });
    } finally {
      hanging.signal('SIGCONT');
    }
    await seen('its monitor answers again', model => called(model, hanging).sample.monitor.state === 'ok');
    await followed(await done(await planned('deflate-all')));
    expect(await actuals()).toEqual([256, 256, 256]);
    expect((await planned('deflate-all')).refusal?.reason).toMatch(/no guest is left: acts-bare/);
  });
});

describeLab('virtio-mem of a real guest', () => {
  let guest: Guest;
  beforeAll(async () => {
    open();
    [guest] = (await started({
      name: 'acts-vmem',
      memory: 192,
      maxmem: 1024,
      extra: [
        ...['-object', 'memory-backend-ram,id=vmem0,size=256M'],
        ...['-device', 'virtio-mem-pci,id=vm0,memdev=vmem0,requested-size=0,block-size=2M'],
      ],
    })) as [Guest];
    await guest.ready();
    await guest.run('echo online_movable >/sys/devices/system/memory/auto_online_blocks');
    await reporting(guest);
  });
  afterAll(shut);

  const total = async (): Promise<number> =>
    Number(/MemTotal:\s+(\d+)/.exec(await guest.run('cat /proc/meminfo'))?.[1]) * 1024;

  test('grows and shrinks in blocks, seen by the guest and by QEMU, and undo brings it back', async () => {
    const before = await total();
    const grow = await planned('virtio-mem', 'acts-vmem', '129M');
    expect(grow.warnings.join()).toMatch(/whole blocks only.*128 MiB/);
    const { ends } = await followed(await done(grow));
    expect(ends.map(describeFollowing)).toEqual(['acts-vmem: virtio-mem arrived at 128 MiB']);
    // The answers of one round may be from before and after the last block.
    const model = await seen('fields', one => {
      const { virtio_mem_size: plugged, mem_size: size } = called(one, guest).values;
      return plugged === 128 * mib && size === 320 * mib;
    });
    expect(called(model, guest).values).toMatchObject({
      virtio_mem_requested: 128 * mib,
      virtio_mem_max: 256 * mib,
    });
    expect((await guest.qmp('query-memory-devices'))[0].data.size).toBe(128 * mib);
    await until('the guest uses it', 10_000, async () => (await total()) > before + 120 * mib);

    await seen('a report of the new total', one => (called(one, guest).values.guest_total ?? 0) > before + 100 * mib);
    const undo = gate.journal.read().at(-1)?.undo as Request;
    expect(undo).toEqual({ action: 'virtio-mem', words: [called(model, guest).id, '0B', 'vm0'] });
    const { ends: back } = await followed(await done(planStrictly(await look(), undo), true));
    expect(back.map(({ state }) => state)).toEqual(['arrived']);
    expect((await guest.qmp('query-memory-devices'))[0].data.size).toBe(0);
  });

  test('that can’t be emptied stops short, and that is told', async () => {
    await followed(await done(await planned('virtio-mem', 'acts-vmem', 'max')));
    // More than the guest's other memory holds, so that the plugged blocks can't all be emptied.
    await guest.run('i=0; while [ $i -lt 170 ]; do cat /seed; i=$((i+1)); done >/mem/used');
    const shrink = await planned('virtio-mem', 'acts-vmem', '0');
    expect(shrink.refusal?.forceable).toBe(true);
    await expect(perform(gate, shrink, { by: 'do' })).rejects.toThrow(/unsafe|reported/);
    const { ends } = await followed(await done(shrink, true));
    expect(ends.map(({ state }) => state)).toEqual(['stalled']);
    expect(ends.map(describeFollowing).join()).toMatch(/stalled at \S+ MiB of 0 B: the guest can unplug no more/);
    const { data } = (await guest.qmp('query-memory-devices'))[0];
    expect(data['requested-size']).toBe(0);
    expect(data.size).toBeGreaterThan(0);
    await guest.run('rm /mem/used');
  });
});

describeLab('a live migration between two real QEMUs', () => {
  let from: Guest;
  let to: Guest;
  let uri: string;
  beforeEach(async () => {
    open();
    uri = `unix:${join(folder, 'in')}`;
    [from, to] = (await started(
      { name: 'acts-from', memory: 192, fill: 64 },
      { name: 'acts-to', memory: 192, extra: ['-incoming', uri] },
    )) as [Guest, Guest];
    await from.ready();
    await seen('monitors answer', model => mine.every(one => called(model, one).sample.monitor.state === 'ok'));
  });
  afterEach(shut);

  test('goes with its progress told, leaves the source standing with its RAM, and quit frees that', async () => {
    expect(guestWord(called(await look(), to))).toBe('inmigrate');
    const { ends, told } = await followed(await done(await planned('migrate', 'acts-from', uri, '20M', '500ms')));
    expect(ends.map(({ state }) => state)).toEqual(['arrived']);
    expect(told.join('\n')).toMatch(/acts-from: migrating, \S+ MiB of \S+ MiB left at \S+ MiB\/s, \d+s to go/);
    expect((await to.qmp('query-status')).status).toBe('running');

    const model = await seen('postmigrate', one => guestWord(called(one, from)) === 'postmigrate');
    expect(called(model, from).values.held).toBeGreaterThan(64 * mib);
    expect((await planned('migrate', 'acts-from', uri)).refusal?.reason).toMatch(/migrated already/);
    expect((await planned('quit', 'acts-to')).refusal).toMatchObject({ forceable: true });
    const quit = await planned('quit', 'acts-from');
    expect(quit.refusal).toBeUndefined();
    await done(quit);
    await until('the source has ended', 10_000, () => !existsSync(`/proc/${from.pid}/exe`));
    expect((await seen('one is left', one => one.guests.length === 1)).guests[0]?.pid).toBe(to.pid);
  });

  test('is cancelled by undo, and the guest runs on here', async () => {
    const [following] = (await done(await planned('migrate', 'acts-from', uri, '1M'))) as [Following];
    // The times of answers are cut to hundredths: one that comes at once may be told from before only by the next.
    const moving = await seen('it is told', one => /migrating, /.test(describeFollowing(advance(following, one))));
    expect(guestWord(called(moving, from))).toBe('migrating');
    expect(called(moving, from).values.migration_remaining).toBeGreaterThan(10 * mib);
    expect((await planned('migrate', 'acts-from', uri)).refusal?.reason).toMatch(/migrating already/);

    const undo = gate.journal.read().at(-1)?.undo as Request;
    const { ends } = await followed(await done(planStrictly(await look(), undo)));
    expect(ends.map(describeFollowing)).toEqual(['acts-from: migration cancelled, it runs on here']);
    const after = await seen('it runs', one => guestWord(called(one, from)) === 'running');
    expect(called(after, from).values.migration_remaining).toBeUndefined();
    expect((await from.qmp('query-status')).status).toBe('running');
    await until('the destination has ended', 10_000, () => !existsSync(`/proc/${to.pid}/exe`));
    expect((await planned('migrate-cancel', 'acts-from')).refusal?.reason).toMatch(/the last one cancelled/);
  });

  test('is foreseen by the limit that somebody set', async () => {
    await from.qmp('migrate-set-parameters', { 'max-bandwidth': 2 * mib });
    await until('the limit is seen', 30_000, async () =>
      /at 2\.00 MiB\/s \(the limit that is set\): at most 1m36,/.test(
        (await planned('migrate', 'acts-from', uri)).effect.join(),
      ),
    );
  });

  test('to nowhere fails, and QEMU’s reason is told', async () => {
    const plan = await planned('migrate', 'acts-from', `unix:${join(folder, 'nobody')}`);
    const { ends } = await followed(await done(plan));
    expect(ends.map(({ state }) => state)).toEqual(['failed']);
    expect(ends.map(describeFollowing).join()).toMatch(/migration failed: .*(connect|No such file)/i);
    expect((await from.qmp('query-status')).status).toBe('running');
  });
});
