import { known } from '../../known.ts';
import type { BalloonSample, Numbers } from '../../sample.ts';
import { amount, parseAnswer, record } from '../answers.ts';
import type { Dialect, Round, RunClient } from '../dialect.ts';
import { earlierOf } from '../reports.ts';
import { parseStatistics } from '../statistics.ts';
import { MonitorError } from '../trouble.ts';

/**
 * crosvm's control socket, through its own client: the socket is of the kind SOCK_SEQPACKET, which Node can't open. A run of
 * the client costs some ten milliseconds of a processor, and a guest that has to answer: so each guest is asked every few
 * seconds only.
 */

/**
 * `crosvm balloon_stats`: `{"BalloonStats": {"stats": {…}, "balloon_actual": N}}`, in bytes; `{"Err": …}` where it has none.
 * `held` is what the balloon has, not the guest. Statistics are null where the guest did not tell them.
 * @throws MonitorError when it is neither.
 */
export const parseBalloonStats = (
  text: string,
): { readonly held: number | undefined; readonly values: Numbers | undefined } => {
  let answer: Record<string, unknown>;
  try {
    answer = record(parseAnswer(text));
  } catch {
    throw new MonitorError('garbage', 'its crosvm printed broken JSON');
  }
  const told = answer['BalloonStats'];
  if (typeof told !== 'object' || told === null) throw new MonitorError('garbage', 'its crosvm tells no balloon');
  const { stats, balloon_actual: held } = record(told);
  return { held: amount(held), values: parseStatistics(stats) };
};

export const crosvmDialect: Dialect<RunClient> = {
  every: 5,

  async round(run, last, now, { launch = {}, balloon = { device: true } }): Promise<Round> {
    const { size } = launch;
    const memory = size === undefined ? {} : { memory: { 'base-memory': size, 'plugged-memory': 0 } };
    if (!balloon.device) return { known: { ...memory, balloon }, launch };
    const { held, values } = parseBalloonStats(await run('balloon_stats'));
    // The guest makes them when it is asked, so they are of now, and it runs.
    const stats = values && { lastUpdate: now, values };
    const actual = size === undefined || held === undefined ? undefined : Math.max(0, size - held);
    const told: BalloonSample = {
      ...balloon,
      ...known({ actual, stats, earlier: earlierOf(last?.known.balloon, stats) }),
    };
    return { known: { ...known({ status: stats && 'running' }), ...memory, balloon: told }, launch };
  },
};
