import { safe } from '../../../../text.ts';

/**
 * Why virsh gave no answer. `missing`: there is none; `denied`: no privilege; `unreachable`: no libvirtd; `late`: no answer
 * in time; `closed`: kvmtop ended it; `refused`: libvirt said no.
 */
type VirshTrouble = 'missing' | 'denied' | 'unreachable' | 'late' | 'closed' | 'refused';

export class VirshError extends Error {
  readonly trouble: VirshTrouble;

  constructor(trouble: VirshTrouble, message: string) {
    super(message);
    this.trouble = trouble;
  }
}

/** virsh in English, and without the operator's own history of commands, which a shell of ours would fill. */
export const virshEnvironment = (): NodeJS.ProcessEnv => ({
  ...process.env,
  LC_ALL: 'C',
  XDG_CACHE_HOME: '/dev/null',
});

export const late = (): VirshError => new VirshError('late', 'its QEMU does not answer libvirt');
export const closedHere = (): VirshError => new VirshError('closed', 'kvmtop is ending');
const missing = (): VirshError =>
  new VirshError('missing', 'libvirt runs it: seeing inside needs libvirt-clients: apt install libvirt-clients');

const deniedPattern = /permission denied|access denied|authentication|authorization|polkit|not authorized/i;

/**
 * What an ended virsh means: its last words, and its exit status (`undefined` when it was still connecting, `null` when
 * a signal ended it).
 */
export const connectionError = (uri: string, said: string, code: number | null | undefined): VirshError => {
  if (code === 127) return missing();
  const message = lastError(said);
  const why = message === undefined ? '' : ` (${message})`;
  if (deniedPattern.test(said))
    return new VirshError('denied', `no privilege for libvirt at ${safe(uri)}: run as root or in group libvirt${why}`);
  if (code === undefined) return new VirshError('unreachable', `libvirt at ${safe(uri)} does not answer`);
  return new VirshError(
    'unreachable',
    `no connection to libvirt at ${safe(uri)}: start libvirtd, or give the right one with -c URI${why}`,
  );
};

/** The last error line that virsh printed, made safe and short; but for its grief about the history that it may not keep. */
export const lastError = (said: string): string | undefined => {
  const message = [...said.matchAll(/^error: (?!Failed to create '\/dev\/null)(.*)$/gm)].at(-1)?.[1]?.trim();
  return message ? safe(message).slice(0, 200) : undefined;
};
