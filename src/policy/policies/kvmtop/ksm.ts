import type { Model } from '../../../model.ts';
import { longBytes } from '../../../units.ts';
import type { Decision } from '../../policy.ts';
import { ksmRequest, nextPages } from '../ksm-pages.ts';
import type { HostState } from './host.ts';

/** After this many scans of everything KSM has merged what there is to merge. */
const enoughScans = 2;

/** What merging earns: bytes; before Linux 6.1 what it saves, without what its records cost. */
const earned = ({ host: { values } }: Model): number | undefined => values.ksm_profit ?? values.ksm_saved;

/** Whether KSM has looked at everything and found nothing; not known before that. */
const useless = (model: Model): boolean => {
  const scans = model.host.values.ksm_full_scans;
  const profit = earned(model);
  return scans !== undefined && scans >= enoughScans && profit !== undefined && profit <= 0;
};

/**
 * What to do about KSM: it runs, ever faster, while memory is short, unless it is known to earn nothing; where all else
 * is critical it is tried again. When calm it slows down, and stops where it earned nothing. Whoever unmerged everything
 * (run is 2) wants none of it.
 */
export const decideKsm = (model: Model, { pressure, available }: HostState): readonly Decision[] => {
  const run = model.host.values.ksm_run;
  if (run !== 0 && run !== 1) return [];
  const state = `${longBytes(available)} of the host are available`;
  const gain = `KSM earns ${longBytes(earned(model))}`;
  const vain = useless(model);
  if (run === 0)
    return pressure === 'critical' || (pressure === 'short' && !vain)
      ? [{ request: { action: 'ksm', words: ['run'] }, subject: 'host', why: `${state}: equal pages may be shared` }]
      : [];
  if (pressure === 'calm' && vain)
    return [{ request: { action: 'ksm', words: ['stop'] }, subject: 'host', why: `${gain}, and ${state}` }];
  const pages = model.sample.host.ksm?.['pages_to_scan'];
  const next = typeof pages === 'number' ? nextPages(pages, pressure !== 'calm') : undefined;
  // Who set more, or less, than that by hand had a reason.
  const ours =
    typeof pages === 'number' && next !== undefined && Math.sign(next - pages) === (pressure === 'calm' ? -1 : 1);
  const request = ours && !vain ? ksmRequest(model, { pages_to_scan: next }) : undefined;
  return request ? [{ request, subject: 'host', why: `${gain}, and ${state}` }] : [];
};
