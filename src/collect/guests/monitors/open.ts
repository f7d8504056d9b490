import { known } from '../../../known.ts';
import type { MonitorSample } from '../../../sample.ts';
import type { Abilities } from '../../../vmm/kind.ts';
import type { Address, Place, Started } from '../../../vmm/launch.ts';
import { ClientMonitor } from './client/monitor.ts';
import type { Monitor, Patience } from './contract.ts';
import { HttpMonitor } from './http/monitor.ts';
import { isDomainUuid, type Libvirt } from './libvirt/libvirt.ts';
import { GuestMonitor } from './qmp/monitor.ts';

/** Whom to ask besides the process itself. `monitors`: whether to ask anybody. */
export interface Askable {
  readonly monitors: boolean;
  readonly libvirt: Libvirt | undefined;
  readonly patience: Patience;
}

const foreign = 'monitors are not asked: the root is not this host';

const idle = (reason: string | undefined): MonitorSample => ({ state: 'none', ...known({ reason }) });

type UnixPlace = Place & { readonly address: Extract<Address, { readonly kind: 'unix' }> };

/** Who speaks with the monitor of a guest of this kind; where nobody can, what is shown instead. */
export const openMonitor = (
  { title, monitor: how }: Abilities,
  started: Started,
  { monitors, libvirt, patience }: Askable,
): Monitor | MonitorSample => {
  const { launch, expected, places, why } = started;
  switch (how.by) {
    case 'nothing':
      return idle(how.reason);
    case 'virsh': {
      // libvirtd holds the one connection; a second client would only wait, or break libvirt's.
      if (!monitors || !libvirt) return { state: 'libvirt', reason: 'its monitor belongs to libvirt' };
      const { uuid, size } = launch ?? {};
      return uuid !== undefined && isDomainUuid(uuid)
        ? libvirt.open(uuid, size)
        : { state: 'libvirt', reason: 'its monitor belongs to libvirt, and it has no UUID to ask libvirt for' };
    }
    case 'qmp':
      if (places.length === 0) return idle(why);
      return monitors ? new GuestMonitor(places, expected, patience) : idle(foreign);
    case 'http':
    case 'client': {
      const place = places.find((one): one is UnixPlace => one.address.kind === 'unix');
      if (!place) return idle(why);
      if (!monitors) return idle(foreign);
      const { path } = place.address;
      return how.by === 'http'
        ? new HttpMonitor({ title, dialect: how.dialect, started, place }, path, patience)
        : new ClientMonitor({ title, dialect: how.dialect, started, place }, { ...how, socket: path }, patience);
    }
  }
};
