import type { Model } from '../../../model.ts';
import { longBytes } from '../../../units.ts';
import { hasLookedAtMost } from '../../findings/offered.ts';
import type { Decision } from '../../policy.ts';
import { ksmRequest } from '../ksm-pages.ts';
import { type HostState, relief } from './host.ts';

/** It runs below this many reserves: merging takes minutes, so it begins before memory is short and balloons must take some. */
const early = 2;
/** After this many scans of everything KSM has merged what there is to merge. */
const enoughScans = 2;
/** Pages a round while memory is scarce: ksmtuned's most. */
const fastPages = 1250;
/** The kernel's default, to go back to. */
const usualPages = 100;
/** Whoever set at least this by hand has a fast KSM already, and a reason. */
const alreadyFast = fastPages / 2;

/** What merging earns: bytes; where the kernel does not tell (before 6.4) what it saves, without what its records cost. */
const earned = ({ host: { values } }: Model): number | undefined => values.ksm_profit ?? values.ksm_saved;

/** Whether KSM has looked at everything and found nothing; not known before that. */
const useless = (model: Model): boolean => {
  const scans = model.host.values.ksm_full_scans;
  const profit = earned(model);
  return scans !== undefined && scans >= enoughScans && profit !== undefined && profit <= 0 && hasLookedAtMost(model);
};

/** The pages a round that it should have; `undefined` where they are right. */
const pace = (pages: unknown, { available, lowest, reserve }: HostState): number | undefined => {
  if (typeof pages !== 'number') return undefined;
  if (available < early * reserve && pages < alreadyFast) return fastPages;
  return lowest >= relief * early * reserve && pages === fastPages ? usualPages : undefined;
};

/**
 * What to do about KSM: it runs, fast, below two reserves, unless it is known to earn nothing; where all else is critical it
 * is tried again. Where it earned nothing it stops once the host is no longer short, else it slows down when there is
 * plenty. Whoever unmerged everything (run is 2) wants none of it.
 */
export const decideKsm = (model: Model, host: HostState): readonly Decision[] => {
  const run = model.host.values.ksm_run;
  if (run !== 0 && run !== 1) return [];
  const vain = useless(model);
  const state = `${longBytes(host.available)} of the host are available`;
  const gain = `KSM earns ${longBytes(earned(model))}, and ${state}`;
  if (run === 0)
    return host.pressure === 'critical' || (host.available < early * host.reserve && !vain)
      ? [{ request: { action: 'ksm', words: ['run'] }, subject: 'host', why: `${state}: equal pages may be shared` }]
      : [];
  const done = vain && host.lowest >= relief * host.reserve;
  if (vain) return done ? [{ request: { action: 'ksm', words: ['stop'] }, subject: 'host', why: gain }] : [];
  const pages = pace(model.sample.host.ksm?.['pages_to_scan'], host);
  const request = pages === undefined ? undefined : ksmRequest(model, { pages_to_scan: pages });
  return request ? [{ request, subject: 'host', why: gain }] : [];
};
