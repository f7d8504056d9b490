import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { derive } from '../../src/model.ts';
import { headlineOf } from '../../src/recording/headline.ts';
import { openWriter } from '../../src/recording/write.ts';
import type { Sample } from '../../src/sample.ts';
import { MiB } from '../../src/units.ts';
import { guest, sample } from '../samples.ts';

const page = readFileSync(join(import.meta.dirname, '../../docs/recording.md'), 'utf8');
/** The statements of the page by the sentence before each. */
const statements = new Map(
  [...page.matchAll(/\n([^\n]+):\n\n```sql\n(.*?)```/gs)].map(([, title = '', sql = '']) => [title, sql]),
);

const { DatabaseSync } = process.getBuiltinModule('node:sqlite');
let folder: string;
let database: InstanceType<typeof DatabaseSync>;
const rows = (title: string) =>
  database
    .prepare(statements.get(title) ?? `no ${title}`)
    .all()
    .map(row => ({ ...row }));

const look = (second: number, available: number, swapped: number, guests: number): Sample =>
  sample({
    time: 1_800_000_000 + second,
    monotonic: second,
    host: {
      hostname: 'kvm-a',
      kernel: '6.1.0',
      meminfo: { MemTotal: 1024 * MiB, MemAvailable: available * MiB, SwapTotal: 64 * MiB, SwapFree: 32 * MiB },
      vmstat: { pswpin: swapped * 256, pswpout: 0 },
      pressure: { memory: { 'full avg10': second / 10, 'some avg10': second } },
    },
    guests: Array.from({ length: guests }, (_, index) => guest({ id: `${index}.1`, pid: index })),
  });

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'kvmtop-sql-'));
  const path = join(folder, 'host.kvmtop');
  const writer = openWriter(path, { program: 'kvmtop 1', delay: 1 });
  const looks = [look(0, 500, 0, 2), look(1, 400, 3, 2), look(2, 300, 4, 3), look(62, 450, 4, 1)];
  for (const [index, one] of looks.entries()) writer.append(one, headlineOf(derive(looks[index - 1], one)));
  writer.note({
    time: 1_800_000_001,
    kind: 'action',
    subject: 'web-1',
    text: 'Shrink the balloon (done)',
    data: { user: 'ann' },
  });
  writer.close();
  database = new DatabaseSync(path, { readOnly: true });
});
afterAll(() => {
  database.close();
  rmSync(folder, { recursive: true });
});

test('every statement of the page runs', () => {
  expect([...statements.keys()]).toHaveLength(page.match(/```sql/g)?.length ?? 0);
  for (const title of statements.keys()) expect(() => rows(title), title).not.toThrow();
});

test('what there is', () => {
  expect(rows('What there is')).toEqual([{ samples: 4, first: '2027-01-15 08:00:00', last: '2027-01-15 08:01:02' }]);
});

test('the worst moments, and minutes', () => {
  expect(rows('The ten worst moments').map(row => [row['utc'], row['available_mib'], row['swap_mib']])).toEqual([
    ['2027-01-15 08:00:02', 300, 32],
    ['2027-01-15 08:00:01', 400, 32],
    ['2027-01-15 08:01:02', 450, 32],
    ['2027-01-15 08:00:00', 500, 32],
  ]);
  expect(rows('Minute by minute')).toMatchObject([
    { minute: '2027-01-15 08:00', least_available_mib: 300, most_psi: 0.02 },
    { minute: '2027-01-15 08:01', least_available_mib: 450, most_psi: 0.62 },
  ]);
});

test('what was swapped, gaps and guests', () => {
  expect(rows('How much was swapped, in all')).toEqual([{ in_mib: 4, out_mib: 0 }]);
  expect(rows('Where nothing was recorded for more than ten seconds')).toEqual([
    { until: '2027-01-15 08:01:02', missing_seconds: 60 },
  ]);
  expect(rows('When guests came and went')).toEqual([
    { utc: '2027-01-15 08:00:02', before: 2, guests: 3 },
    { utc: '2027-01-15 08:01:02', before: 3, guests: 1 },
  ]);
});

test('who did what, and who recorded', () => {
  expect(rows('What was done, and by whom')).toEqual([
    { utc: '2027-01-15 08:00:01', subject: 'web-1', text: 'Shrink the balloon (done)', user: 'ann' },
  ]);
  expect(rows('Who recorded')).toMatchObject([
    { id: 1, hostname: 'kvm-a', kernel: '6.1.0', delay: 1, program: 'kvmtop 1', ended: '2027-01-15 08:01:02' },
  ]);
});
