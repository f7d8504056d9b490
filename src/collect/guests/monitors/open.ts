import { known } from '../../../known.ts';
import type { MonitorSample } from '../../../sample.ts';
import type { Abilities } from '../../../vmm/kind.ts';
import type { Place, Started } from '../../../vmm/launch.ts';
import { ClientMonitor } from './client/monitor.ts';
import type { Monitor, Patience, Way } from './contract.ts';
import { HttpMonitor } from './http/monitor.ts';
import { isDomainUuid, type Libvirt } from './libvirt/libvirt.ts';
import { GuestMonitor } from './qmp/monitor.ts';

/** Whom to ask besides the process itself. `monitors`: whether to ask anybody. */
export interface Askable {
  readonly monitors: boolean;
  readonly libvirt: Libvirt | undefined;
  readonly patience: Patience;
  /** The way to a place; `what` is there, in words. */
  readonly way: (place: Place, what: string) => Way;
}

const foreign = 'monitors are not asked: the root is not this host';

/** Not asked: where it would be is known. */
const unreached = ({ label }: Place): MonitorSample => ({ state: 'none', path: label, reason: foreign });

const idle = (reason: string | undefined): MonitorSample => ({ state: 'none', ...known({ reason }) });

/** Who speaks with the monitor of a guest of this kind; where nobody can, what is shown instead. */
export const openMonitor = (
  { title, monitor: how }: Abilities,
  started: Started,
  { monitors, libvirt, patience, way }: Askable,
): Monitor | MonitorSample => {
  const { launch, expected, places, why } = started;
  switch (how.by) {
    case 'nothing':
      return idle(how.reason);
    case 'libvirt': {
      // libvirtd holds the one connection; a second client would only wait, or break libvirt's.
      if (!monitors || !libvirt) return { state: 'libvirt', reason: 'its monitor belongs to libvirt' };
      const { uuid, size } = launch ?? {};
      return uuid !== undefined && isDomainUuid(uuid)
        ? libvirt.open(uuid, size)
        : { state: 'libvirt', reason: 'its monitor belongs to libvirt, and it has no UUID to ask libvirt for' };
    }
    case 'qmp':
      if (!places[0]) return idle(why);
      if (!monitors) return unreached(places[0]);
      return new GuestMonitor(
        places.map(place => way(place, 'monitor')),
        expected,
        patience,
      );
    case 'http':
    case 'client': {
      const [place] = places;
      if (!place) return idle(why);
      if (!monitors) return unreached(place);
      if (how.by === 'http')
        return new HttpMonitor({ title, dialect: how.dialect, started, way: way(place, 'API') }, patience);
      const partner = { title, dialect: how.dialect, started, way: way(place, 'control') };
      return new ClientMonitor(partner, how, patience);
    }
  }
};
