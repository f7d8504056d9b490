import { known } from '../known.ts';
import type { Model } from '../model.ts';
import { own } from '../own.ts';
import { exactBytes, longBytes } from '../units.ts';
import { hugepages } from './hugepages/hugepages.ts';
import { hugepagesOvercommit } from './hugepages/overcommit.ts';
import { isGigantic, persistent, poolCounts } from './hugepages/pool.ts';
import { ksm, ksmMode } from './ksm/ksm.ts';
import { ksmSet, ksmSettingsOf } from './ksm/ksm-set.ts';
import { sysctl } from './sysctl/sysctl.ts';
import { sysctls, sysctlText } from './sysctl/sysctls.ts';

/** One setting of the host, for a list to choose from. */
export interface Knob {
  readonly group: 'ksm' | 'swap' | 'writeback' | 'hugepages';
  readonly title: string;
  /** As it is now, for people. */
  readonly value: string;
  readonly help: string;
  /** Why the kernel takes no other value now. */
  readonly locked?: string;
  /** The action that sets it, and all of its words but the last, which is the value. */
  readonly action: string;
  readonly words: readonly string[];
}

const ksmKnobs = (model: Model): Knob[] => {
  const mode = ksmMode(model.host.values.ksm_run);
  return [
    ...(mode ? [{ group: 'ksm', title: 'KSM', value: mode, help: ksm.help, action: ksm.id, words: [] } as const] : []),
    ...ksmSettingsOf(model).map(
      ({ name, setting: { title, help, unit }, value, locked }): Knob => ({
        group: 'ksm',
        title,
        value: unit === undefined ? value : `${value} ${unit}`,
        help,
        ...known({ locked }),
        action: ksmSet.id,
        words: [name],
      }),
    ),
  ];
};

/** Of two sysctls that say one thing the one in force is shown, and both where neither is. */
const inForce = (model: Model, name: string, twin: string | undefined): boolean => {
  const values = model.sample.host.sysctls ?? {};
  return twin === undefined || own(values, name) !== 0 || !own(values, twin);
};

const sysctlKnobs = (model: Model): Knob[] =>
  Object.entries(sysctls).flatMap(([name, knob]) => {
    const value = own(model.sample.host.sysctls, name);
    if (value === undefined) return [];
    const other = inForce(model, name, knob.twin) ? '' : `not in force: ${knob.twin} is`;
    return {
      group: knob.group,
      title: knob.title,
      value: other === '' ? sysctlText(knob, value) : other,
      help: `${name}: ${knob.help}`,
      action: sysctl.id,
      words: [name],
    };
  });

const poolKnobs = (model: Model): Knob[] =>
  model.pools.flatMap(({ pageSize, node, values }) => {
    const counts = poolCounts(model, pageSize, node);
    const size = exactBytes(pageSize);
    if (!counts) return [];
    const on = node === undefined ? '' : ` on node ${node}`;
    const pages = `${persistent(counts)} pages, ${longBytes(values.total)}`;
    const pool: Knob = {
      group: 'hugepages',
      title: `Pool of ${size}${on}`,
      value: counts.surplus > 0 ? `${pages} with ${counts.surplus} surplus` : pages,
      help: hugepages.help,
      action: hugepages.id,
      words: [size, ...(node === undefined ? [] : [`node${node}`])],
    };
    const overcommit = values.overcommit;
    if (node !== undefined || overcommit === undefined) return [pool];
    return [
      pool,
      {
        group: 'hugepages',
        title: `Overcommit of ${size}`,
        value: `${overcommit / pageSize} pages`,
        help: hugepagesOvercommit.help,
        ...(isGigantic(model, pageSize) ? { locked: 'the kernel can find pages of this size only in advance' } : {}),
        action: hugepagesOvercommit.id,
        words: [size],
      },
    ];
  });

/** Every setting of the host that this kernel has and an action can change. */
export const knobs = (model: Model): readonly Knob[] => [
  ...ksmKnobs(model),
  ...sysctlKnobs(model),
  ...poolKnobs(model),
];
