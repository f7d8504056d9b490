import type { GuestModel } from '../../model.ts';
import { longBytes, MiB } from '../../units.ts';
import type { Step } from '../action.ts';

/** Where libvirt sends the guests that it runs: another libvirt, by the URI at which this host's libvirtd reaches it. */
export const libvirtUriHelp = 'use qemu+ssh://HOST/system, qemu+tls://HOST/system or qemu+tcp://HOST/system';

/** The parameters that only say where or who; `command` and `netcat` would run a program. */
const parameters = new Set(['socket', 'mode', 'keyfile', 'known_hosts', 'known_hosts_verify', 'pkipath', 'no_verify']);

/** @throws Error that says what is wrong. */
export const checkLibvirtUri = (uri: string): void => {
  const parts =
    /^qemu(?:\+(ssh|libssh2?|tls|tcp|unix))?:\/\/((?:\w[\w.-]*@)?(?:\w[\w.-]*|\[[0-9a-f:.]+\])(?::\d{1,5})?)?\/system(?:\?([\w./=&%-]+))?$/i.exec(
      uri,
    );
  const given = (parts?.[3] ?? '').split('&').filter(Boolean);
  const unknown = given.map(one => one.split('=', 1)[0] ?? '').find(key => !parameters.has(key));
  const local = parts?.[1] === 'unix';
  const place = local ? given.some(one => one.startsWith('socket=/')) && !parts?.[2] : parts?.[2] !== undefined;
  if (!parts || !place) throw new Error(`'${uri}' is no other host's libvirt: ${libvirtUriHelp}`);
  if (unknown !== undefined) throw new Error(`${uri}: '${unknown}' may not be given to libvirt here`);
};

const virsh = (guest: GuestModel, ...words: string[]): Step => ({
  kind: 'virsh',
  guest: guest.id,
  name: guest.name,
  words,
});

/**
 * By the two libvirtds between themselves (--p2p), so that it neither needs kvmtop to run on nor ends with it. `bandwidth`:
 * bytes a second, which virsh takes in MiB; `downtime`: seconds.
 */
export const migrateSteps = (
  guest: GuestModel,
  uuid: string,
  to: { readonly uri: string; readonly bandwidth?: number; readonly downtime?: number },
): readonly Step[] => {
  const { uri, bandwidth, downtime } = to;
  const pause = downtime === undefined ? [] : [virsh(guest, 'migrate-setmaxdowntime', uuid, milliseconds(downtime))];
  const rate = bandwidth === undefined ? [] : ['--bandwidth', String(Math.max(1, Math.round(bandwidth / MiB)))];
  return [...pause, virsh(guest, 'migrate', '--live', '--p2p', uuid, uri, ...rate)];
};

const milliseconds = (seconds: number): string => String(Math.round(seconds * 1000));

export const cancelStep = (guest: GuestModel, uuid: string): Step => virsh(guest, 'domjobabort', uuid);

/** What differs from a migration that kvmtop asks QEMU for itself. */
export const libvirtEffect = (guest: GuestModel): string =>
  `host: gets back ${longBytes(guest.values.rss)}: libvirt ends the guest here; its definition, if it has one, stays`;

export const libvirtWarnings = [
  'its disks must be on storage that both hosts have: libvirt copies none',
  'there it is gone once it shuts down, until it is defined there (virsh dumpxml, virsh define)',
];
