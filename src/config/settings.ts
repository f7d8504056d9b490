import { defaultLimits, type Limits } from '../actions/limits.ts';
import { defaultPatience, type Patience } from '../collect/guests/monitors/contract.ts';
import { policies } from '../policy/policies.ts';
import type { PolicySettings } from '../policy/policy.ts';
import { defaultThresholds, type Thresholds } from '../policy/thresholds.ts';
import type { Tables } from '../store/tables.ts';
import { type TableTab, tableTabs, tabs, tabTable } from '../store/tabs.ts';
import { defaultColumns, defaultSort, textColumns } from '../store/view.ts';
import { allColumns } from '../ui/columns.ts';
import { GiB, MiB, sizeUnits } from '../units.ts';
import { choice, type Kind, list, number, size, truth } from './kind.ts';
import { shares, sharesByName } from './shares.ts';

/** One thing that can be set in a file of settings; one entry in one table, and docs/config.md follows. */
export interface Setting<T> extends Kind<T> {
  readonly default: T;
  /** One sentence or two, units and what 0 means included. */
  readonly help: string;
}

/** How the screen is drawn; `auto` asks the terminal. */
const themes = ['auto', '256', '16', 'mono'] as const;

const setting = <T>(kind: Kind<T>, value: NoInfer<T>, help: string): Setting<T> => ({ ...kind, default: value, help });

const general = {
  delay: setting(number('seconds', 0.1, 3600), 1, 'Interval between samples. -d overrides it.'),
  tab: setting(choice('a tab', tabs), 'overview', 'The first tab shown. --tab overrides it.'),
  theme: setting(
    choice('a theme', themes),
    'auto',
    'Colours: as the terminal reports, 256, 16, or none. NO_COLOR overrides it.',
  ),
  ascii: setting(truth, false, 'Draw with ASCII only, even where the locale is UTF-8.'),
  mouse: setting(
    truth,
    true,
    'Clicks and the wheel go to kvmtop; Shift+drag still selects text in most terminals. --no-mouse overrides it.',
  ),
  units: setting(
    choice('units', sizeUnits),
    'binary',
    'How sizes are shown: in powers of 1024 (1.95G, 1.95 GiB) or of 1000 (2.10GB, 2.10 GB). Sizes that you type are always binary, as in QEMU and virsh: 2G is 2 GiB. JSON and CSV are always in bytes.',
  ),
  read_only: setting(truth, false, 'Change nothing, as --read-only does.'),
  message_seconds: setting(number('seconds', 1, 600), 8, 'How long a message stays on the screen.'),
  'flight.seconds': setting(
    number('seconds', 10, 86_400),
    600,
    'How far the live screen can look back. A recording started by key begins that far back, too.',
  ),
  'flight.size': setting(
    size(MiB, GiB),
    16 * MiB,
    'The most memory that this history may use; with many guests it may reach back less far.',
  ),
  'balloon.floor_percent': setting(
    number('percent', 0, 100),
    100 * defaultLimits.floorShare,
    'A balloon never leaves a guest less than this share of its maximum, unless overridden.',
  ),
  'balloon.floor_margin': setting(
    size(0, 1024 * GiB),
    defaultLimits.floorMargin,
    'Nor less than what the guest uses plus this reserve (or a tenth of what it uses, if that is more).',
  ),
  'balloon.step': setting(size(MiB, 1024 * GiB, MiB), defaultLimits.step, 'One press of + or -.'),
  'balloon.stall_seconds': setting(
    number('seconds', 2, 3600),
    defaultLimits.stallSeconds,
    'A change that has made no progress for this long is reported as stalled.',
  ),
  'statistics.polling_seconds': setting(
    number('seconds', 0, 3600, { whole: true }),
    2,
    'How often guests report memory statistics where no polling interval is set; restored at the end. 0 leaves it off.',
  ),
  'statistics.stale_seconds': setting(
    number('seconds', 1, 3600),
    defaultLimits.staleSeconds,
    'Guest statistics older than this (and than three reporting intervals) are stale: no decision is based on them.',
  ),
  'monitor.greeting_seconds': setting(
    number('seconds', 0.1, 60),
    defaultPatience.greeting,
    'A monitor that has not sent its greeting after this long is busy. kvmtop holds its socket for that long.',
  ),
  'monitor.round_seconds': setting(
    number('seconds', 0.1, 60),
    defaultPatience.round,
    'Give up on a monitor’s answers after this long.',
  ),
  'monitor.pause_seconds': setting(
    number('seconds', 1, 3600),
    defaultPatience.pause,
    'The longest pause before a monitor that does not answer is asked again.',
  ),
};

const policy = {
  'policy.name': setting(
    choice(
      'a policy',
      policies.map(({ id }) => id),
    ),
    'kvmtop',
    'The policy for balloons and KSM. Nothing is automatic unless you start it.',
  ),
  'policy.reserve_percent': setting(
    number('percent', 1, 90),
    10,
    'Memory that the policy kvmtop keeps available on the host, as a share of RAM outside hugepage pools; guests in need may get a fifth of it.',
  ),
  'policy.floor_percent': setting(
    number('percent', 0, 100),
    100 * defaultLimits.floorShare,
    'No policy leaves a guest less than this share of its maximum, nor less than the balloon floors allow.',
  ),
  'policy.shares': setting(
    shares,
    [],
    'Weights of guests when memory is short, by name; the default is 1000. 0 leaves a guest alone.',
  ),
};

/** Where numbers begin to be worrying. Warn is orange, bad is red. */
const thresholds = {
  'thresholds.available_low_percent': setting(
    number('percent', 0, 100),
    100 * defaultThresholds.availableLow,
    'The host is short of memory below this share of available RAM outside hugepage pools (MemAvailable): orange.',
  ),
  'thresholds.available_critical_percent': setting(
    number('percent', 0, 100),
    100 * defaultThresholds.availableCritical,
    'The host is critically short of memory below this share: red.',
  ),
  'thresholds.pressure_some_percent': setting(
    number('percent', 0, 100),
    100 * defaultThresholds.pressureSome,
    'Memory pressure (PSI some, last 10 s): some task waited for memory for more than this share of the time: orange.',
  ),
  'thresholds.pressure_full_percent': setting(
    number('percent', 0, 100),
    100 * defaultThresholds.pressureFull,
    'Memory pressure (PSI full, last 10 s): all tasks waited at once for more than this share of the time: red.',
  ),
  'thresholds.swap_rate': setting(
    size(1, 1024 * GiB),
    defaultThresholds.swapRate,
    'The host is swapping at this rate of swap-in or swap-out, per second: red.',
  ),
  'thresholds.guest_available_low_percent': setting(
    number('percent', 0, 100),
    100 * defaultThresholds.guestAvailableLow,
    'A guest is short of memory below this share of available memory within its balloon size: orange.',
  ),
  'thresholds.guest_swap_in': setting(
    size(1, 1024 * GiB),
    defaultThresholds.guestSwapIn,
    'A guest thrashes when it reads this much per second from its own swap: orange.',
  ),
  'thresholds.guest_major_faults': setting(
    number('faults a second', 0.1, 1_000_000),
    defaultThresholds.guestMajorFaults,
    'Or when this many pages per second are read back from files, by the guest or by the host for it: orange.',
  ),
  'thresholds.host_major_faults': setting(
    number('faults a second', 0.1, 1_000_000),
    defaultThresholds.hostMajorFaults,
    'A partly swapped-out guest waits for the host when the host reads this many pages per second back for it: red.',
  ),
  'thresholds.commit_near_percent': setting(
    number('percent', 0, 100),
    100 * defaultThresholds.commitNear,
    'With strict overcommit (vm.overcommit_memory = 2): more than this share of CommitLimit is committed: red.',
  ),
  'thresholds.dirty_near_percent': setting(
    number('percent', 0, 100),
    100 * defaultThresholds.dirtyNear,
    'Dirty pages have reached this share of the limit at which writers are throttled: orange.',
  ),
  'thresholds.pool_idle': setting(
    size(1, 1024 * GiB),
    defaultThresholds.poolIdle,
    'A hugepage pool is idle when this much of it is neither used nor reserved: orange.',
  ),
};

const columnIds = `columns by their ids (${textColumns.join(', ')}, and the guests’ fields in docs/fields.md)`;

/** What the screen changes and `w` saves. */
const tables = Object.fromEntries(
  tableTabs.flatMap(tab => [
    [
      `tabs.${tab}.columns`,
      setting(
        list(columnIds, allColumns, 'name'),
        tabTable[tab].table?.columns ?? defaultColumns,
        'Columns of the guest table; those that don’t fit the screen are cut from the right.',
      ),
    ],
    [
      `tabs.${tab}.sort`,
      setting(
        choice(`one of the ${columnIds}`, allColumns),
        defaultSort.column,
        'Column that the guest table is sorted by.',
      ),
    ],
    [`tabs.${tab}.reverse`, setting(truth, false, 'Reverse the order: smallest first, words from Z to A.')],
  ]),
) as unknown as Record<`tabs.${TableTab}.columns`, Setting<typeof defaultColumns>> &
  Record<`tabs.${TableTab}.sort`, Setting<(typeof allColumns)[number]>> &
  Record<`tabs.${TableTab}.reverse`, Setting<boolean>>;

/** Everything that can be set, by its key. */
export const settings = { ...general, ...policy, ...thresholds, ...tables };

export type SettingId = keyof typeof settings;

type ValueOf<S> = S extends Setting<infer T> ? T : never;

/** A value for every key: plain data. */
export type Settings = { readonly [Id in SettingId]: ValueOf<(typeof settings)[Id]> };

export const settingIds = Object.keys(settings) as readonly SettingId[];

/** The table where the kind of value does not matter: reading and writing by key. */
export const settingOf = (id: SettingId): Setting<unknown> => settings[id] as unknown as Setting<unknown>;

export const defaults: Settings = Object.fromEntries(
  settingIds.map(id => [id, settings[id].default]),
) as unknown as Settings;

/** The numbers that actions work with. */
export const limitsOf = (values: Settings): Limits => ({
  floorShare: values['balloon.floor_percent'] / 100,
  floorMargin: values['balloon.floor_margin'],
  step: values['balloon.step'],
  stallSeconds: values['balloon.stall_seconds'],
  staleSeconds: values['statistics.stale_seconds'],
});

/** What policies work with; whom the operator changed by hand is known at run time only. */
export const policySettingsOf = (values: Settings): Omit<PolicySettings, 'pinned'> => ({
  reserve: values['policy.reserve_percent'] / 100,
  floorShare: values['policy.floor_percent'] / 100,
  shares: sharesByName(values['policy.shares']),
  limits: limitsOf(values),
  thresholds: thresholdsOf(values),
});

/** From where on findings are told, and colours change. */
export const thresholdsOf = (values: Settings): Thresholds => ({
  availableLow: values['thresholds.available_low_percent'] / 100,
  availableCritical: values['thresholds.available_critical_percent'] / 100,
  pressureSome: values['thresholds.pressure_some_percent'] / 100,
  pressureFull: values['thresholds.pressure_full_percent'] / 100,
  swapRate: values['thresholds.swap_rate'],
  guestAvailableLow: values['thresholds.guest_available_low_percent'] / 100,
  guestSwapIn: values['thresholds.guest_swap_in'],
  guestMajorFaults: values['thresholds.guest_major_faults'],
  hostMajorFaults: values['thresholds.host_major_faults'],
  commitNear: values['thresholds.commit_near_percent'] / 100,
  dirtyNear: values['thresholds.dirty_near_percent'] / 100,
  poolIdle: values['thresholds.pool_idle'],
  limits: limitsOf(values),
});

/** How long is waited for the monitors that kvmtop connects to itself; libvirt's are libvirt's. */
export const patienceOf = (values: Settings): Patience => ({
  greeting: values['monitor.greeting_seconds'],
  round: values['monitor.round_seconds'],
  pause: values['monitor.pause_seconds'],
});

/** How each tab shows its guest table. */
export const tablesOf = (values: Settings): Tables =>
  Object.fromEntries(
    tableTabs.map(tab => [
      tab,
      {
        columns: values[`tabs.${tab}.columns`],
        sort: { column: values[`tabs.${tab}.sort`], reverse: values[`tabs.${tab}.reverse`] },
      },
    ]),
  ) as unknown as Tables;

/** The way back: the settings that would show the tables so. */
export const settingsOfTables = (tables: Tables): Partial<Settings> =>
  Object.fromEntries(
    tableTabs.flatMap(tab => [
      [`tabs.${tab}.columns`, tables[tab].columns],
      [`tabs.${tab}.sort`, tables[tab].sort.column],
      [`tabs.${tab}.reverse`, tables[tab].sort.reverse],
    ]),
  );
