import { known } from '../../known.ts';
import type { MigrationSample } from '../../sample.ts';
import { amounts, list, record, text, word } from '../answers.ts';

/** QEMU's words for a migration that has ended, or never began (qapi/migration.json, MigrationStatus). */
const resting = new Set(['none', 'completed', 'failed', 'cancelled']);

export const isMigrating = (migration: MigrationSample | undefined): boolean =>
  migration !== undefined && !resting.has(migration.status);

/** In milliseconds, where QEMU gives them. */
const times = ['total-time', 'expected-downtime', 'downtime', 'setup-time'];

/** `query-migrate`; `undefined` when there never was a migration, and nothing forbids one. */
export const parseMigration = (answer: unknown): MigrationSample | undefined => {
  const given = record(answer);
  const blocked = list(given['blocked-reasons'])
    .slice(0, 8)
    .flatMap(reason => text(reason) ?? []);
  const status = word(given['status']);
  if ((status === undefined || status === 'none') && blocked.length === 0) return undefined;
  const error = text(given['error-desc'], 512);
  const values = Object.entries(amounts(given) ?? {}).map(([key, amount]): [string, number] => [
    key,
    times.includes(key) ? amount / 1000 : amount,
  ]);
  return {
    status: status ?? 'none',
    ...known({ error }),
    ...(blocked.length > 0 ? { blocked } : {}),
    values: Object.fromEntries(values),
    ram: amounts(given['ram']) ?? {},
  };
};
