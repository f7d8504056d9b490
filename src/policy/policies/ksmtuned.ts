import type { Model } from '../../model.ts';
import { KiB, longBytes } from '../../units.ts';
import type { Decision, Policy } from '../policy.ts';
import { hostUnknown } from './candidates.ts';
import { ksmRequest, nextPages } from './ksm-pages.ts';
import { sum } from './share-out.ts';

// The numbers of ksmtuned.conf.

/** Of the host's RAM: below this free, or nearer than this to all of it promised, KSM runs. */
const thresholdShare = 0.2;
/** ksmd's sleep on a host of 16 GiB, in ms; larger hosts sleep less. */
const sleepBaseline = 10;
/** That host's size. */
const baselineKiB = 16_777_216;
/** The shortest sleep, in ms. */
const leastSleep = 10;

/** Whether KSM is to run: unless the guests and the threshold fit into RAM, and more than the threshold is free. */
const wanted = (total: number, free: number, committed: number): boolean =>
  !(committed + thresholdShare * total < total && free > thresholdShare * total);

/**
 * ksmtuned (also MOM's ksm.rules): runs KSM when the guests' processes and a fifth of the host are more than its RAM, or less
 * than a fifth is free; scans faster while free memory is short, else slower. It moves no balloon.
 */
export const ksmtuned: Policy = {
  id: 'ksmtuned',
  title: 'ksmtuned',
  help: 'Runs KSM when less than 20 % of the host is free or uncommitted, and scans faster while it is; no balloons.',
  every: 60,
  window: 1,

  decide(models) {
    const model = models.at(-1) as Model;
    const { mem_total: total, mem_free, buffers, cached, ksm_run: run } = model.host.values;
    if (total === undefined || mem_free === undefined || buffers === undefined || cached === undefined)
      return hostUnknown('what is free on the host');
    if (run === undefined) return hostUnknown('whether KSM runs');
    // It looks for processes by QEMU's name, whoever runs them.
    const processes = model.guests.filter(({ sample }) => sample.vmm === 'qemu').map(({ values }) => values.rss);
    const sizes = processes.filter(rss => rss !== undefined);
    if (sizes.length < processes.length) return hostUnknown('the RSS of a guest');
    const free = mem_free + buffers + cached;
    const committed = sum(sizes);
    const why = `${longBytes(free)} of the host are free, and the guests’ processes have ${longBytes(committed)} of ${longBytes(total)}`;
    const decisions: Decision[] = [];
    if (!wanted(total, free, committed)) {
      if (run === 1) decisions.push({ request: { action: 'ksm', words: ['stop'] }, subject: 'host', why });
      return { decisions, skipped: [] };
    }
    if (run !== 1) decisions.push({ request: { action: 'ksm', words: ['run'] }, subject: 'host', why });
    if (model.sample.host.ksm?.['advisor_mode'] === 'scan-time')
      return {
        decisions,
        skipped: [
          { subject: 'host', why: 'pages_to_scan is the KSM advisor’s: ksm-set advisor_mode none gives it up' },
        ],
      };
    const pages = model.sample.host.ksm?.['pages_to_scan'];
    const request = ksmRequest(model, {
      ...(typeof pages === 'number' ? { pages_to_scan: nextPages(pages, free < thresholdShare * total) } : {}),
      sleep_millisecs: Math.max(leastSleep, Math.floor((sleepBaseline * baselineKiB) / (total / KiB))),
    });
    return { decisions: [...decisions, ...(request ? [{ request, subject: 'host', why }] : [])], skipped: [] };
  },
};
