import { whyNotMerged } from '../../fields/mergeable.ts';
import { known } from '../../known.ts';
import type { Model } from '../../model.ts';
import { formatDuration, longBytes } from '../../units.ts';
import type { Remark, Rule } from '../finding.ts';
import { offer } from './fix.ts';
import { above } from './limit.ts';
import { counted } from './names.ts';
import { hasLookedAtMost, offered } from './offered.ts';

/** Full scans after which pages that are alike would have been merged: it takes two to see that a page is calm. */
const enough = 3;

/** Why no guest offers anything, where that is so: `its memory is …` of each kind, with how many. */
const whyNobody = ({ guests }: Model): string | undefined => {
  const reasons = guests.map(({ sample }) => whyNotMerged(sample));
  if (guests.length === 0 || reasons.includes(undefined)) return undefined;
  return [...Map.groupBy(reasons, reason => reason)]
    .map(([reason, those]) => `${counted(those.length, 'guest')}: ${reason}`)
    .join('; ');
};

const stop = { action: 'ksm', words: ['stop'] } as const;

/** Why KSM runs for nothing; `undefined` when it does not, or when that is not known yet. */
const idleness = (model: Model): Omit<Remark, 'subject' | 'severity' | 'numbers'> | undefined => {
  const { ksm_saved: saved, ksm_full_scans: scans } = model.host.values;
  if (saved !== 0 || scans === undefined) return undefined;
  const nobody = whyNobody(model);
  if (nobody !== undefined)
    return { text: `KSM runs, but no guest has memory that it could merge (${nobody}).`, ...offer(model, stop) };
  if (scans < enough || !hasLookedAtMost(model)) return undefined;
  return {
    text: `KSM runs, has looked at everything ${scans} times and found nothing to merge: what guests hold differs, or changes too fast.`,
    ...offer(model, stop),
  };
};

export const ksmIdle: Rule = {
  id: 'ksm-idle',
  word: 'KSM idle',
  title: 'KSM runs for nothing',
  help:
    'KSM runs and saves nothing: no guest has memory that it could merge (hugepages, shared memory, mem-merge=off), or three ' +
    'full scans found nothing alike, and it has looked at most of what guests offer. It only takes processor time then.',
  strategy: 'share',
  severities: ['notice'],
  sustain: 60,
  check(window) {
    const model = window.at(-1);
    const { ksm_run: run, ksm_full_scans: scans, ksm_pages_unshared: unshared } = model?.host.values ?? {};
    const idle = model && run === 1 ? idleness(model) : undefined;
    if (!idle) return [];
    const numbers = known({ ksm_run: run, ksm_full_scans: scans, ksm_pages_unshared: unshared });
    return [{ subject: 'KSM', severity: 'notice', numbers, ...idle }];
  },
};

export const ksmLoss: Rule = {
  id: 'ksm-loss',
  word: 'KSM loss',
  title: 'KSM costs more than it saves',
  help:
    'KSM runs, and its profit (general_profit, Linux 6.4 and later) is negative after a full scan: its records of pages take more RAM than merging ' +
    'saves. Only unmerging frees those records.',
  strategy: 'share',
  severities: ['warning'],
  sustain: 60,
  check(window) {
    const model = window.at(-1);
    const { ksm_run: run, ksm_profit: profit, ksm_saved: saved, ksm_full_scans: scans } = model?.host.values ?? {};
    if (!model || run !== 1 || profit === undefined || profit >= 0 || !scans) return [];
    return [
      {
        subject: 'KSM',
        severity: 'warning',
        text: `KSM costs ${longBytes(-profit)} more RAM than it saves (${longBytes(saved)}): it keeps a record of every page it looks at, and few are alike.`,
        numbers: known({ ksm_profit: profit, ksm_saved: saved, ksm_full_scans: scans }),
        ...offer(
          model,
          { action: 'ksm', words: ['unmerge'] },
          { advice: 'That frees its records, too; stopping alone would keep them.' },
        ),
      },
    ];
  },
};

/** Seconds: what is alike should be found while guests still have it. */
const slow = 3600;

/** The kernel's own advisor where it has one (Linux 6.8), else a pace for a sixth of the limit. */
const faster = (model: Model, seconds: number): Pick<Remark, 'fix' | 'advice'> => {
  const { advisor_mode: mode, pages_to_scan: pages } = model.sample.host.ksm ?? {};
  if (mode === 'none') return offer(model, { action: 'ksm-set', words: ['advisor_mode', 'scan-time'] });
  if (typeof pages !== 'number') return {};
  return offer(model, {
    action: 'ksm-set',
    words: ['pages_to_scan', String(Math.ceil((pages * seconds * 6) / slow))],
  });
};

export const ksmSlow: Rule = {
  id: 'ksm-slow',
  word: 'KSM slow',
  title: 'KSM scans too slowly',
  help:
    'KSM runs without the advisor, and at its pace one look at all that guests offer takes more than an hour: what is alike ' +
    'is found late, and by then is often changed.',
  strategy: 'share',
  severities: ['notice'],
  sustain: 60,
  check(window, _thresholds, stands) {
    const model = window.at(-1);
    const { ksm_run: run, ksm_scan_ceiling: pace } = model?.host.values ?? {};
    if (!model || run !== 1 || !pace || model.sample.host.ksm?.['advisor_mode'] === 'scan-time') return [];
    const bytes = offered(model);
    const seconds = bytes / pace;
    if (!above(seconds, slow, stands('KSM'))) return [];
    return [
      {
        subject: 'KSM',
        severity: 'notice',
        text: `KSM scans at most ${longBytes(pace)}/s, and guests offer ${longBytes(bytes)}: one look at all of it takes ${formatDuration(Math.round(seconds))} or more, so most that is alike is found late or never.`,
        numbers: known({ ksm_scan_ceiling: pace, ksm_full_scans: model.host.values.ksm_full_scans }),
        ...faster(model, seconds),
      },
    ];
  },
};
