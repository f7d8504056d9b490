import fc from 'fast-check';
import { type Settings, settings } from '../../src/config/settings.ts';
import { policies } from '../../src/policy/policies.ts';
import { tableTabs, tabs } from '../../src/store/tabs.ts';
import { allColumns } from '../../src/ui/columns.ts';
import { MiB } from '../../src/units.ts';

const between = (least: number, most: number) => fc.double({ min: least, max: most, noNaN: true });
const columns = fc
  .subarray([...allColumns])
  .chain(some =>
    fc.shuffledSubarray(['name' as const, ...some.filter(one => one !== 'name')], { minLength: some.length }),
  )
  .map(some => (some.includes('name') ? some : ['name' as const, ...some]));

const everySetting: { readonly [Id in keyof Settings]: fc.Arbitrary<Settings[Id]> } = {
  delay: between(0.1, 3600),
  tab: fc.constantFrom(...tabs),
  theme: fc.constantFrom('auto', '256', '16', 'mono'),
  ascii: fc.boolean(),
  mouse: fc.boolean(),
  units: fc.constantFrom('binary', 'decimal'),
  read_only: fc.boolean(),
  message_seconds: between(1, 600),
  'flight.seconds': between(10, 86_400),
  'flight.size': fc.integer({ min: MiB, max: 1024 * MiB }),
  'balloon.floor_percent': between(0, 100),
  'balloon.floor_margin': fc.nat({ max: 2 ** 40 }),
  'balloon.step': fc.integer({ min: 1, max: 2 ** 20 }).map(count => count * MiB),
  'balloon.stall_seconds': between(2, 3600),
  'statistics.polling_seconds': fc.nat({ max: 3600 }),
  'statistics.stale_seconds': between(1, 3600),
  'monitor.greeting_seconds': between(0.1, 60),
  'monitor.round_seconds': between(0.1, 60),
  'monitor.pause_seconds': between(1, 3600),
  'policy.name': fc.constantFrom(...policies.map(({ id }) => id)),
  'policy.reserve_percent': between(1, 90),
  'policy.floor_percent': between(0, 100),
  'policy.shares': fc
    .uniqueArray(fc.tuple(fc.string({ minLength: 1 }), fc.nat({ max: 999_999_999 })), { selector: ([name]) => name })
    .map(some => some.map(([name, weight]) => `${name}=${weight}`)),
  'thresholds.available_low_percent': between(0, 100),
  'thresholds.available_critical_percent': between(0, 100),
  'thresholds.pressure_some_percent': between(0, 100),
  'thresholds.pressure_full_percent': between(0, 100),
  'thresholds.swap_rate': fc.integer({ min: 1, max: 2 ** 40 }),
  'thresholds.guest_available_low_percent': between(0, 100),
  'thresholds.guest_swap_in': fc.integer({ min: 1, max: 2 ** 40 }),
  'thresholds.guest_major_faults': between(0.1, 1_000_000),
  'thresholds.host_major_faults': between(0.1, 1_000_000),
  'thresholds.commit_near_percent': between(0, 100),
  'thresholds.dirty_near_percent': between(0, 100),
  'thresholds.pool_idle': fc.integer({ min: 1, max: 2 ** 40 }),
  ...(Object.fromEntries(
    tableTabs.flatMap(tab => [
      [`tabs.${tab}.columns`, columns],
      [`tabs.${tab}.sort`, fc.constantFrom(...allColumns)],
      [`tabs.${tab}.reverse`, fc.boolean()],
    ]),
  ) as object as Pick<{ [Id in keyof Settings]: fc.Arbitrary<Settings[Id]> }, keyof Settings & `tabs.${string}`>),
};

/** Any allowed values for all settings. -0 is 0 in a file. */
export const anySettings: fc.Arbitrary<Settings> = fc
  .record(everySetting as unknown as Record<string, fc.Arbitrary<unknown>>)
  .map(values =>
    Object.fromEntries(Object.entries(values).map(([id, value]) => [id, value === 0 ? 0 : value])),
  ) as unknown as fc.Arbitrary<Settings>;

/** Any allowed values for some settings. */
export const someSettings: fc.Arbitrary<Partial<Settings>> = fc
  .tuple(anySettings, fc.subarray(Object.keys(settings)))
  .map(([values, ids]) => Object.fromEntries(ids.map(id => [id, values[id as keyof Settings]])));
