import { unknownWord } from '../../nearest.ts';
import { own } from '../../own.ts';
import type { Values } from '../../sample.ts';

/** One file of /sys/kernel/mm/ksm that can be set; kernel documentation, admin-guide/mm/ksm. */
export interface KsmSetting {
  readonly title: string;
  readonly help: string;
  /** Of its number, where it has one. */
  readonly unit?: 'pages' | 'ms' | 's' | '%';
  /** The words it takes, or the range of its whole numbers. */
  readonly takes: readonly string[] | readonly [least: number, most: number];
  /** Why the kernel refuses any change of it now; `undefined` when it does not. */
  readonly locked?: (now: Values) => string | undefined;
  /** It changes how fast ksmd scans. */
  readonly paced?: true;
}

const most = 2 ** 32 - 1;
const onOff = ['0', '1'] as const;

/** The kernel says EBUSY while anything is merged. */
const whileMerged = (now: Values): string | undefined =>
  Number(now['pages_shared'] ?? 0) > 0
    ? 'pages are merged: the kernel takes this only after `kvmtop do ksm unmerge`'
    : undefined;

/** The kernel says EINVAL while the advisor sets it. */
const whileAdvised = (now: Values): string | undefined =>
  now['advisor_mode'] === 'scan-time'
    ? 'the advisor sets it (advisor_mode scan-time): `kvmtop do ksm-set advisor_mode none` first'
    : undefined;

/** Those that a kernel lacks (smart_scan, advisor_*) are absent from the Sample. */
export const ksmSettings: Readonly<Record<string, KsmSetting>> = {
  pages_to_scan: {
    title: 'Pages a round',
    unit: 'pages',
    help: 'Pages that ksmd scans before it sleeps.',
    takes: [1, most],
    locked: whileAdvised,
    paced: true,
  },
  sleep_millisecs: {
    title: 'Sleep',
    unit: 'ms',
    help: 'Milliseconds that ksmd sleeps between batches; 0 means it never sleeps.',
    takes: [0, most],
    paced: true,
  },
  advisor_mode: {
    title: 'Advisor',
    help: 'scan-time: the kernel sets pages_to_scan so that a full scan takes advisor_target_scan_time.',
    takes: ['none', 'scan-time'],
    paced: true,
  },
  advisor_max_cpu: {
    title: 'Advisor CPU',
    unit: '%',
    help: 'The most CPU that the advisor lets ksmd use, in percent.',
    takes: [0, 100],
  },
  advisor_target_scan_time: {
    title: 'Advisor time',
    unit: 's',
    help: 'How long a full scan should take under the advisor, in seconds.',
    takes: [1, most],
  },
  advisor_min_pages_to_scan: {
    title: 'Advisor least',
    unit: 'pages',
    help: 'The fewest pages per batch that the advisor sets.',
    takes: [1, most],
    paced: true,
  },
  advisor_max_pages_to_scan: {
    title: 'Advisor most',
    unit: 'pages',
    help: 'The most pages per batch that the advisor sets.',
    takes: [1, most],
    paced: true,
  },
  smart_scan: {
    title: 'Smart scan',
    help: '1: scan pages that were not merged before less often.',
    takes: onOff,
  },
  use_zero_pages: {
    title: 'Zero pages',
    help: '1: merge empty pages with the kernel’s zero page.',
    takes: onOff,
  },
  merge_across_nodes: {
    title: 'Across nodes',
    help: '1: merge pages across NUMA nodes; 0: only within a node, so that no page becomes remote.',
    takes: onOff,
    locked: whileMerged,
  },
  max_page_sharing: {
    title: 'Most sharers',
    help: 'How many mappings may share one page; more saves more memory but slows its reclaim.',
    takes: [2, 2 ** 31 - 1],
    locked: whileMerged,
  },
};

const isWords = (takes: KsmSetting['takes']): takes is readonly string[] => typeof takes[0] === 'string';

/** What is wrong with a value, whatever state KSM is in; `undefined` when nothing is. */
export const ksmValueProblem = (name: string, value: string): string | undefined => {
  const setting = own(ksmSettings, name);
  if (!setting) return unknownWord('KSM setting', name, Object.keys(ksmSettings));
  const { takes } = setting;
  if (isWords(takes)) return takes.includes(value) ? undefined : `${name} takes ${takes.join(' or ')}, not '${value}'`;
  const [least, top] = takes;
  return /^\d{1,10}$/.test(value) && Number(value) >= least && Number(value) <= top
    ? undefined
    : `${name} takes a whole number from ${least} to ${top}, not '${value}'`;
};
