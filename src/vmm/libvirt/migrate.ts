import { WordsError } from '../../errors.ts';

/** Where libvirt sends the guests that it runs: another libvirt, by the URI at which this host's libvirtd reaches it. */
export const addresses = 'use qemu+ssh://HOST/system, qemu+tls://HOST/system or qemu+tcp://HOST/system';

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
  if (!parts || !place) throw new WordsError(`'${uri}' is no other host's libvirt: ${addresses}`);
  if (unknown !== undefined) throw new WordsError(`${uri}: '${unknown}' may not be given to libvirt here`);
};
