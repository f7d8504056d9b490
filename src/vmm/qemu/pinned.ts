import { known } from '../../known.ts';
import type { LaunchSample } from '../../sample.ts';
import type { LaunchOption } from './options.ts';

/** What of a QEMU command line keeps all of the guest's RAM where it is. */

/**
 * Devices for which QEMU discards no RAM: they reach all of it by DMA, so all of it is pinned. vfio-ap and vfio-ccw pin only
 * what they use (hw/vfio: ram_block_discard_allowed); so may a mediated device that says x-balloon-allowed.
 */
const pinning = /^(vfio-(?!ap$|ccw$|user)|vhost-vdpa-)/;
/** The same of disks that QEMU drives itself (util/vfio-helpers.c, block/blkio.c). */
const pinningDisks = /^(nvme|virtio-blk-(vfio-pci|vhost-vdpa))$/;

const pins = ({ name, raw, keys }: LaunchOption): string | undefined => {
  switch (name) {
    case 'device': {
      const driver = keys.get('driver') ?? '';
      return pinning.test(driver) && keys.get('x-balloon-allowed') !== 'on' ? driver : undefined;
    }
    case 'netdev':
      return keys.get('type') === 'vhost-vdpa' ? 'vhost-vdpa' : undefined;
    case 'blockdev':
    case 'drive': {
      const driver = [...keys].find(([key, value]) => /(^|\.)driver$/.test(key) && pinningDisks.test(value))?.[1];
      return driver ?? (/(^|,|=)nvme:\/\//.test(raw) ? 'nvme' : undefined);
    }
    default:
      return undefined;
  }
};

/** What QEMU's confidential-guest-support objects are called by people; others go by the name of their object. */
const confidential: ReadonlyMap<string, string> = new Map([
  ['sev-guest', 'SEV'],
  ['sev-snp-guest', 'SEV-SNP'],
  ['tdx-guest', 'TDX'],
  ['s390-pv-guest', 'Secure Execution'],
  ['pef-guest', 'PEF'],
  ['rme-guest', 'CCA'],
]);

/** `-machine confidential-guest-support=ID` and its object; before 6.0 `memory-encryption=ID`. */
const confidentialOf = (options: readonly LaunchOption[]): string | undefined => {
  const ids = options
    .filter(({ name }) => name === 'machine')
    .flatMap(({ keys }) => keys.get('confidential-guest-support') ?? keys.get('memory-encryption') ?? []);
  const object = options.find(({ name, keys }) => name === 'object' && ids.includes(keys.get('id') ?? ''));
  const type = object?.keys.get('qom-type');
  return type === undefined ? undefined : (confidential.get(type) ?? type.slice(0, 64));
};

/** Whether something pins or encrypts the guest's memory, and what. */
export const describePinned = (options: readonly LaunchOption[]): Pick<LaunchSample, 'pinnedBy' | 'confidential'> => {
  const pinnedBy = options.map(pins).find(one => one !== undefined);
  return known({ pinnedBy: pinnedBy?.slice(0, 64), confidential: confidentialOf(options) });
};
