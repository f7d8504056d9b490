import type { InnerGuest, KvmHost } from './host.ts';

/** Numbers of the KVM host read by hand; nothing here comes from src/. */

/** `Name: 123 kB` and `name 123` lines: bytes and counts. */
const linesOf = (text: string): Readonly<Record<string, number>> =>
  Object.fromEntries(
    [...text.matchAll(/^(\S+?):?\s+(-?\d+)( kB)?$/gm)].map(([, name, value, unit]) => [
      name,
      Number(value) * (unit ? 1024 : 1),
    ]),
  );

/** KVM's own statistics of a guest, in debugfs. */
export const debugfsOf = async (host: KvmHost, { pid }: InnerGuest): Promise<Readonly<Record<string, number>>> => {
  const text = await host.run(`cd /sys/kernel/debug/kvm/${pid}-* && grep '' pages_* pf_*`);
  return linesOf(text.replaceAll(':', ' '));
};

interface Statistic {
  readonly name: string;
  readonly value: number;
}

/** The same, as QEMU tells it: of the virtual machine, or of its processors together. */
export const queryStats = async (
  guest: InnerGuest,
  target: 'vm' | 'vcpu',
): Promise<Readonly<Record<string, number>>> => {
  const told: readonly { readonly stats: readonly Statistic[] }[] = await guest.qmp('query-stats', { target });
  const sums: Record<string, number> = {};
  for (const { name, value } of told.flatMap(({ stats }) => stats)) sums[name] = (sums[name] ?? 0) + value;
  return sums;
};
