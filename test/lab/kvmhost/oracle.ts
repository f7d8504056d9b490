import type { InnerGuest, KvmHost } from './host.ts';

/** Numbers of the KVM host read by hand; nothing here comes from src/. */

export type Counts = Readonly<Record<string, number>>;

/** `Name: 123 kB` and `name 123` lines: bytes and counts. */
export const linesOf = (text: string): Counts =>
  Object.fromEntries(
    [...text.matchAll(/^(\S+?):?\s+(-?\d+)( kB)?$/gm)].map(([, name, value, unit]) => [
      name,
      Number(value) * (unit ? 1024 : 1),
    ]),
  );

/** KVM's own statistics of a guest, in debugfs. */
export const debugfsOf = async (host: KvmHost, { pid }: InnerGuest): Promise<Counts> => {
  const text = await host.run(`cd /sys/kernel/debug/kvm/${pid}-* && grep '' pages_* pf_*`);
  return linesOf(text.replaceAll(':', ' '));
};

interface Statistic {
  readonly name: string;
  readonly value: number;
}

/** The same, as QEMU tells it: of the virtual machine, or of its processors together. */
export const queryStats = async (guest: InnerGuest, target: 'vm' | 'vcpu'): Promise<Counts> => {
  const told: readonly { readonly stats: readonly Statistic[] }[] = await guest.qmp('query-stats', { target });
  const sums: Record<string, number> = {};
  for (const { name, value } of told.flatMap(({ stats }) => stats)) sums[name] = (sums[name] ?? 0) + value;
  return sums;
};

/** What the host tells of a guest's process. */
export const statusOf = async (host: KvmHost, { pid }: InnerGuest): Promise<Counts> =>
  linesOf(await host.run(`grep kB /proc/${pid}/status`));

/** What the guest's own kernel tells; few lines, since each byte on its serial console is an exit of KVM. */
export const meminfoOf = async (guest: InnerGuest): Promise<Counts> =>
  linesOf(await guest.run('grep -E "^Mem(Total|Available)" /proc/meminfo'));
