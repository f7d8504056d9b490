import { readFileSync } from 'node:fs';

/** One process of one boot of one host: a PID alone is used again. */
export interface ProcessId {
  readonly pid: number;
  /** Clock ticks since boot. */
  readonly starttime: number;
  /** Tells one boot of one host from all others. */
  readonly boot: string;
}

const text = (path: string): string | undefined => {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return undefined;
  }
};

export const bootId = (): string | undefined => text('/proc/sys/kernel/random/boot_id');

/** When a process started, clock ticks since boot: /proc/PID/stat, field 22, behind the name, which may hold anything. */
export const starttimeOf = (pid: number): number | undefined => {
  const stat = text(`/proc/${pid}/stat`);
  const field = stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  return field === undefined ? undefined : Number(field);
};

/** This process; without a /proc that tells it, one that nobody finds running. */
export const ownProcess = (): ProcessId => ({
  pid: process.pid,
  starttime: starttimeOf(process.pid) ?? -1,
  boot: bootId() ?? '',
});

/** Whether that very process still runs. */
export const isRunning = ({ pid, starttime, boot }: ProcessId): boolean =>
  boot === bootId() && starttimeOf(pid) === starttime;
