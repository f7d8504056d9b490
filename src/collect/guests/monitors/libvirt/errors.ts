import { safe } from '../../../../text.ts';

/**
 * Why libvirt gave no answer. `missing`: there is no virsh; `denied`: no privilege; `unreachable`: no libvirtd, or one that
 * does not answer; `garbled`: what answers is none; `late`: the domain's QEMU did not answer in time; `unknown`: libvirt does not
 * know the domain; `refused`: libvirt said no; `closed`: kvmtop ended it.
 */
type LibvirtTrouble = 'missing' | 'denied' | 'unreachable' | 'garbled' | 'late' | 'unknown' | 'refused' | 'closed';

export class LibvirtError extends Error {
  readonly trouble: LibvirtTrouble;

  constructor(trouble: LibvirtTrouble, message: string) {
    super(message);
    this.trouble = trouble;
  }
}

/** virsh in English, and without the operator's own history of commands. */
export const virshEnvironment = (): NodeJS.ProcessEnv => ({
  ...process.env,
  LC_ALL: 'C',
  XDG_CACHE_HOME: '/dev/null',
});

export const late = (): LibvirtError => new LibvirtError('late', 'its QEMU does not answer libvirt');
export const missingVirsh = (): LibvirtError =>
  new LibvirtError(
    'missing',
    'libvirt is asked there by virsh, which needs libvirt-clients: apt install libvirt-clients',
  );
export const closedHere = (): LibvirtError => new LibvirtError('closed', 'kvmtop is ending');
export const denied = (uri: string, why: string): LibvirtError =>
  new LibvirtError('denied', `no privilege for libvirt at ${safe(uri)}: run as root or in group libvirt${why}`);
export const unreachable = (uri: string, why: string): LibvirtError =>
  new LibvirtError(
    'unreachable',
    `no connection to libvirt at ${safe(uri)}: start libvirtd, or give the right one with -c URI${why}`,
  );

const deniedPattern = /permission denied|access denied|authentication|authorization|polkit|not authorized/i;

/** Why virsh got no connection, by its last words. */
export const connectionError = (uri: string, said: string): LibvirtError => {
  const message = lastError(said);
  const why = message === undefined ? '' : ` (${message})`;
  return deniedPattern.test(said) ? denied(uri, why) : unreachable(uri, why);
};

/** The last error line that virsh printed, made safe and short; but for its grief about the history that it may not keep. */
export const lastError = (said: string): string | undefined => {
  const message = [...said.matchAll(/^error: (?!Failed to create '\/dev\/null)(.*)$/gm)].at(-1)?.[1]?.trim();
  return message ? safe(message).slice(0, 200) : undefined;
};
