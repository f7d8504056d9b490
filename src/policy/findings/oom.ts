import { known } from '../../known.ts';
import { formatDuration } from '../../units.ts';
import type { Rule } from '../finding.ts';

export const oomKill: Rule = {
  id: 'oom-kill',
  word: 'OOM kill',
  title: 'The kernel killed for memory',
  help: 'The kernel has killed a process for lack of memory in the last minute (oom_kill in /proc/vmstat went up).',
  strategy: 'repair',
  severities: ['critical'],
  check(window) {
    const [oldest, newest] = [window[0], window.at(-1)];
    const [before, now] = [oldest?.host.totals.oom_kills, newest?.host.totals.oom_kills];
    if (!oldest || !newest || before === undefined || now === undefined || now <= before) return [];
    const killed = now - before;
    const seconds = newest.sample.monotonic - oldest.sample.monotonic;
    return [
      {
        subject: 'host',
        severity: 'critical',
        text: `The kernel has killed ${killed === 1 ? 'a process' : `${killed} processes`} for lack of memory in the last ${formatDuration(Math.round(seconds))}.`,
        numbers: known({ oom_kills: killed }),
        advice:
          'Whom, and whether the host or a memory limit (cgroup) was out of it, is in its log: journalctl -k --grep "out of memory|oom".',
      },
    ];
  },
};
