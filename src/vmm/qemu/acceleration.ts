import { known } from '../../known.ts';
import type { Acceleration, Started } from '../launch.ts';
import type { LaunchOption } from './options.ts';

/** What is known of the process itself. */
export interface Running {
  /** argv[0]. */
  readonly called: string;
  /** Whether it has a KVM virtual machine; `undefined` where that can't be seen. */
  machine(): boolean | undefined;
}

/**
 * What may run the guest's code, in the order in which QEMU tries it (system/vl.c: configure_accelerators()). Several -accel
 * are a list, as `accel=kvm:tcg` of -machine is. Without any it goes by its own name.
 */
const candidatesOf = (options: readonly LaunchOption[], called: string): string[] => {
  const given = options.flatMap(({ name, keys }) => (name === 'accel' ? (keys.get('accel') ?? []) : []));
  if (given.length > 0) return given;
  const machine = options.findLast(({ name, keys }) => machineOf(name, keys) !== undefined);
  const list = machine && machineOf(machine.name, machine.keys);
  if (list !== undefined) return list.split(':');
  return called.endsWith('kvm') ? ['kvm', 'tcg'] : ['tcg', 'kvm'];
};

const machineOf = (name: string, keys: ReadonlyMap<string, string>): string | undefined => {
  if (name === 'enable-kvm') return 'kvm';
  if (name === 'no-kvm' || name === 'disable-kvm') return 'tcg';
  return name === 'machine' ? keys.get('accel') : undefined;
};

/** Which of them it is: the only one; else KVM where the process has a virtual machine of KVM's, and the next where not. */
const acceleratorOf = (candidates: readonly string[], hasMachine: Running['machine']): string | undefined => {
  const words = [...new Set(candidates)].filter(word => /^\w+$/.test(word));
  if (words.length <= 1) return words[0];
  const machine = hasMachine();
  const left = machine === undefined ? [] : words.filter(word => (word === 'kvm') === machine);
  return left.length === 1 ? left[0] : undefined;
};

/** A flag of `-cpu`: `name=on`, `+name`, `-name`, also with underscores. Those with a sign come last, minus the very last. */
const flagOf = (keys: ReadonlyMap<string, string>, name: string): boolean | undefined => {
  const names = [name, name.replaceAll('-', '_')];
  const given = (sign: string): boolean => names.some(one => keys.has(`${sign}${one}`));
  if (given('-')) return false;
  if (given('+')) return true;
  const value = names.map(one => keys.get(one)).find(word => word === 'on' || word === 'off');
  return value === undefined ? undefined : value === 'on';
};

/**
 * Whether the guest was offered asynchronous page faults. Linux guests use them since 5.8 only with `kvm-asyncpf-int`,
 * which `-cpu host` and `max` bring; what other models bring depends on QEMU, and is unknown here. They need no
 * `kvm-asyncpf`, unless KVM is to refuse what it has not told.
 */
const asyncPageFaultsOf = (options: readonly LaunchOption[]): boolean | undefined => {
  const keys = options.findLast(({ name }) => name === 'cpu')?.keys;
  if (!keys) return undefined;
  if (flagOf(keys, 'kvm-asyncpf') === false && flagOf(keys, 'kvm-pv-enforce-cpuid')) return false;
  return flagOf(keys, 'kvm-asyncpf-int') ?? (['host', 'max'].includes(keys.get('model') ?? '') ? true : undefined);
};

/** How the guest's code is run. */
export const describeAcceleration = (options: readonly LaunchOption[], { called, machine }: Running): Acceleration => {
  const accelerator = acceleratorOf(candidatesOf(options, called), machine);
  const asyncPageFaults =
    accelerator === undefined ? undefined : accelerator === 'kvm' ? asyncPageFaultsOf(options) : false;
  return {
    ...known({ accelerator, asyncPageFaults }),
  };
};

/** What it is with KVM and what without, where the words leave that to QEMU. */
export const accelerationByMachine = (options: readonly LaunchOption[], called: string): Pick<Started, 'byMachine'> => {
  const [kvm, other] = [true, false].map(machine => describeAcceleration(options, { called, machine: () => machine }));
  return kvm && other && kvm.accelerator !== other.accelerator ? { byMachine: { kvm, other } } : {};
};
