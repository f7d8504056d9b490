import type { MigrationSample } from '../../sample.ts';

/** VIR_DOMAIN_JOB_BOUNDED and _UNBOUNDED: it is under way. */
const underWay = [1, 2];
/** VIR_DOMAIN_JOB_OPERATION_MIGRATION_OUT. */
const migratingOut = 5;

/** QMP's names for libvirt's, and by how much they are multiplied. */
const ram: Readonly<Record<string, readonly [string, number]>> = {
  memory_total: ['total', 1],
  memory_remaining: ['remaining', 1],
  memory_processed: ['transferred', 1],
  // Bytes a second, in 10^6 bit/s.
  memory_bps: ['mbps', 8e-6],
  memory_dirty_rate: ['dirty-pages-rate', 1],
  memory_page_size: ['page-size', 1],
  memory_iteration: ['dirty-sync-count', 1],
  memory_normal: ['normal', 1],
  memory_constant: ['duplicate', 1],
};
/** libvirt's milliseconds become seconds. */
const times: Readonly<Record<string, readonly [string, number]>> = {
  time_elapsed: ['total-time', 1e-3],
  downtime: ['expected-downtime', 1e-3],
  setup_time: ['setup-time', 1e-3],
};

const renamed = (
  given: ReadonlyMap<string, number>,
  names: Readonly<Record<string, readonly [string, number]>>,
): Record<string, number> =>
  Object.fromEntries(
    Object.entries(names).flatMap(([key, [name, factor]]) => {
      const value = given.get(key);
      return value === undefined || !(value >= 0 && value < 2 ** 63) ? [] : [[name, value * factor]];
    }),
  );

/** What libvirt is at with a domain: virDomainJobType, and its numbers. */
interface Job {
  readonly type: number;
  readonly values: ReadonlyMap<string, number>;
}

/** `domjobinfo --rawstats`: `Job type: 2`, then lines of `memory_total: 268967936`. `undefined` where it is none. */
export const parseJob = (text: string): Job | undefined => {
  const type = /^Job type: +(\d)\s*$/m.exec(text)?.[1];
  if (type === undefined) return undefined;
  const lines = text.matchAll(/^([a-z][a-z0-9_]{0,63}): (\d{1,20})$/gm);
  return { type: Number(type), values: new Map([...lines].map(([, key = '', value]) => [key, Number(value)])) };
};

/** `none` when no migration away is under way; `undefined` when that can't be told. */
export const migrationOf = ({ type, values }: Job): MigrationSample | 'none' | undefined => {
  if (type === 0) return 'none';
  if (!underWay.includes(type)) return undefined;
  if (values.get('operation') !== migratingOut) return 'none';
  return {
    status: values.get('memory_total') ? 'active' : 'setup',
    values: renamed(values, times),
    ram: renamed(values, ram),
  };
};

/** Whether libvirt is at no work on the domain. */
export const isIdle = ({ type }: Job): boolean => type === 0;

/** How the migration ended whose virsh failed; the guest is still here. */
export const failedMigration = ({ message }: Error, last: MigrationSample | undefined): MigrationSample => ({
  ...(/cancel?led by client/.test(message) ? { status: 'cancelled' } : { status: 'failed', error: message }),
  values: last?.values ?? {},
  ram: last?.ram ?? {},
});
