import si from 'systeminformation';
import type { Identity } from '../../store/data.ts';
import { longExactBytes } from '../../units.ts';

/** `4 × 32 GiB DDR5 4800`, for equal modules; mixed ones are told each. */
const describeDimms = (modules: readonly si.Systeminformation.MemLayoutData[]): string | undefined => {
  const kinds = Map.groupBy(
    modules.filter(module => module.size > 0),
    ({ size, type, clockSpeed }) =>
      [longExactBytes(size), type && type !== 'Empty' ? type : '', clockSpeed ? `${clockSpeed} MT/s` : '']
        .filter(part => part !== '')
        .join(' '),
  );
  const text = [...kinds].map(([kind, equal]) => `${equal.length} × ${kind}`).join(', ');
  return text === '' ? undefined : text;
};

/**
 * What the machine is: OS, CPU, virtualisation, memory modules. Once, and late: systeminformation spawns processes. What
 * can't be found is left out.
 */
export const lookUpIdentity = async (): Promise<Identity> => {
  const [os, cpu, system, dimms] = await Promise.all([
    si.osInfo().catch(() => undefined),
    si.cpu().catch(() => undefined),
    si.system().catch(() => undefined),
    si.memLayout().catch(() => []),
  ]);
  const modules = describeDimms(dimms);
  return {
    ...(os?.distro ? { os: `${os.distro} ${os.release}`.trim() } : {}),
    ...(cpu?.brand ? { cpu: `${cpu.manufacturer} ${cpu.brand} × ${cpu.cores}`.trim() } : {}),
    ...(system?.virtual && system.virtualHost ? { virtual: system.virtualHost } : {}),
    ...(modules ? { dimms: modules } : {}),
  };
};
