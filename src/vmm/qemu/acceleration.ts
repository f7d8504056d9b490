import { known } from '../../known.ts';
import type { LaunchSample } from '../../sample.ts';
import type { LaunchOption } from './options.ts';

/**
 * What runs the guest's code. Of several, or of a list such as `kvm:tcg`, QEMU takes the first that works: unknown then,
 * and without any, as the default depends on how QEMU was built and called.
 */
const acceleratorOf = (options: readonly LaunchOption[]): string | undefined => {
  const given = options.flatMap(({ name, keys }) => {
    if (name === 'enable-kvm') return ['kvm'];
    const value = name === 'accel' || name === 'machine' ? keys.get('accel') : undefined;
    return value === undefined ? [] : [value];
  });
  const [only] = new Set(given);
  return new Set(given).size === 1 && only !== undefined && /^\w+$/.test(only) ? only : undefined;
};

/** A flag of `-cpu`: `name=on`, `+name`, `-name`. */
const flagOf = (keys: ReadonlyMap<string, string>, name: string): boolean | undefined => {
  if (keys.has(`-${name}`) || keys.get(name) === 'off') return false;
  return keys.has(`+${name}`) || keys.get(name) === 'on' ? true : undefined;
};

/**
 * Whether the guest was offered asynchronous page faults. Linux guests use them since 5.8 only with `kvm-asyncpf-int`,
 * which `-cpu host` and `max` bring; what other models bring depends on QEMU, and is unknown here.
 */
const asyncPageFaultsOf = (options: readonly LaunchOption[]): boolean | undefined => {
  const keys = options.findLast(({ name }) => name === 'cpu')?.keys;
  if (!keys) return undefined;
  const flags = ['kvm-asyncpf', 'kvm-asyncpf-int'].map(name => flagOf(keys, name));
  if (flags.includes(false)) return false;
  return flags[1] === true || ['host', 'max'].includes(keys.get('model') ?? '') ? true : undefined;
};

/** What the command line says of how the guest's code is run. */
export const describeAcceleration = (
  options: readonly LaunchOption[],
): Pick<LaunchSample, 'accelerator' | 'asyncPageFaults'> => {
  const accelerator = acceleratorOf(options);
  const asyncPageFaults =
    accelerator === undefined ? undefined : accelerator === 'kvm' ? asyncPageFaultsOf(options) : false;
  return {
    ...known({ accelerator, asyncPageFaults }),
  };
};
