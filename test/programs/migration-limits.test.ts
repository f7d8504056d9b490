import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { planStrictly } from '../../src/actions/actions.ts';
import type { Control } from '../../src/actions/gate/control.ts';
import { openJournal } from '../../src/actions/gate/journal.ts';
import { derive, type Model } from '../../src/model.ts';
import { openMigrationLimits } from '../../src/programs/migration-limits.ts';
import { MiB } from '../../src/units.ts';
import { guest, sample } from '../samples.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kvmtop-limits-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** A QEMU that keeps the limits it is told, and migrates until it is told that it does no more. */
const startQemu = () => {
  const limits = { bandwidth: 128 * MiB, downtime: 0.3 };
  const asked: string[] = [];
  let status = 'none';
  const never = (): never => {
    throw new Error('this is none of its business');
  };
  const control: Control = {
    async execute(_id, command, args) {
      asked.push(command);
      if (command === 'migrate') status = 'active';
      const { 'max-bandwidth': bandwidth, 'downtime-limit': downtime } = args as Record<string, number | undefined>;
      if (bandwidth !== undefined) limits.bandwidth = bandwidth;
      if (downtime !== undefined) limits.downtime = downtime / 1000;
    },
    write: never,
    virsh: never,
    call: never,
    run: never,
    file: never,
    noteTarget: never,
  };
  const look = (time = Date.now() / 1000 + 1): Model =>
    derive(
      undefined,
      sample({
        guests: [
          guest({
            id: '100.5000',
            name: 'web-1',
            monitor: {
              state: 'ok',
              time,
              status: 'running',
              migrationLimits: { ...limits },
              ...(status === 'none' ? {} : { migration: { status, values: {}, ram: {} } }),
            },
          }),
        ],
      }),
    );
  return {
    gate: { control, journal: openJournal(join(folder, 'journal.ndjson')) },
    limits,
    asked,
    look,
    end(how: string) {
      status = how;
    },
  };
};

const migration = (model: Model) =>
  planStrictly(model, { action: 'migrate', words: ['web-1', 'unix:/in', '1M', '500ms'] });
const notes = (): string[] =>
  readdirSync(join(folder, 'borrowed'), { recursive: true, encoding: 'utf8' }).filter(name =>
    name.includes('100.5000'),
  );

test.each(['cancelled', 'failed', 'completed'])('a migration that %s leaves the limits as they were', async how => {
  const qemu = startQemu();
  const before = { ...qemu.limits };
  const borrowed = openMigrationLimits(qemu.gate);
  const plan = migration(qemu.look());
  expect(plan.effect).toContain(
    'guest: its own limits (128 MiB/s, a last pause of 0.3s) are put back once that has ended',
  );
  await borrowed.perform(plan, { by: 'key' });
  expect(qemu.limits).toEqual({ bandwidth: MiB, downtime: 0.5 });
  borrowed.ensure(qemu.look());
  await borrowed.leave(async () => qemu.look());
  expect(qemu.limits).toEqual({ bandwidth: MiB, downtime: 0.5 });
  qemu.end(how);
  await borrowed.leave(async () => qemu.look());
  expect(qemu.limits).toEqual(before);
  expect(qemu.gate.journal.read().at(-1)?.summary).toMatch(/^Limit migrations of web-1 to 128 MiB\/s, a last pause of/);
  expect(notes()).toEqual([]);
  await borrowed.leave(async () => qemu.look());
  expect(qemu.asked).toEqual(['migrate-set-parameters', 'migrate', 'migrate-set-parameters']);
});

test('what was heard before the migration began says nothing of its end', async () => {
  const qemu = startQemu();
  const borrowed = openMigrationLimits(qemu.gate);
  const old = qemu.look(Date.now() / 1000 - 1);
  await borrowed.perform(migration(old), { by: 'key' });
  borrowed.ensure(old);
  await borrowed.leave(async () => old);
  expect(notes()).toHaveLength(2);
});

test('what a kvmtop that was killed left behind is put back by the next, once the migration has ended', async () => {
  const qemu = startQemu();
  await openMigrationLimits(qemu.gate).perform(migration(qemu.look()), { by: 'key' });
  const next = openMigrationLimits(qemu.gate);
  next.ensure(qemu.look());
  expect(qemu.limits.bandwidth).toBe(MiB);
  qemu.end('cancelled');
  next.ensure(qemu.look());
  await next.leave(async () => qemu.look());
  expect(qemu.limits).toEqual({ bandwidth: 128 * MiB, downtime: 0.3 });
});

test('limits that somebody else set meanwhile are theirs', async () => {
  const qemu = startQemu();
  const borrowed = openMigrationLimits(qemu.gate);
  await borrowed.perform(migration(qemu.look()), { by: 'key' });
  qemu.limits.bandwidth = 7 * MiB;
  qemu.end('cancelled');
  await borrowed.leave(async () => qemu.look());
  expect(qemu.limits).toEqual({ bandwidth: 7 * MiB, downtime: 0.3 });
  expect(notes()).toEqual([]);
});

test('a migration without limits of its own, and a world without hands, borrow nothing', async () => {
  const qemu = startQemu();
  const borrowed = openMigrationLimits(qemu.gate);
  await borrowed.perform(planStrictly(qemu.look(), { action: 'migrate', words: ['web-1', 'unix:/in'] }), { by: 'key' });
  qemu.end('cancelled');
  await borrowed.leave(async () => qemu.look());
  expect(qemu.asked).toEqual(['migrate']);
  await expect(
    openMigrationLimits({ ...qemu.gate, control: undefined }).perform(migration(qemu.look()), { by: 'key' }),
  ).rejects.toThrow(/read-only/);
});
