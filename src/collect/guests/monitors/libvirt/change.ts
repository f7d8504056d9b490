import { type ExecFileException, execFile } from 'node:child_process';
import { safe } from '../../../../text.ts';
import { connectionError, LibvirtError, lastError, virshEnvironment } from './errors.ts';

/**
 * One run of `virsh -c URI WORDS`, without a shell and with a deadline; gives what it printed. Fails with a LibvirtError whose
 * message begins with `what` and tells whether something may have been changed.
 */
export const runVirsh = (uri: string, words: readonly string[], what: string, timeoutMs: number): Promise<string> =>
  new Promise((resolve, reject) => {
    const options = { env: virshEnvironment(), timeout: timeoutMs, killSignal: 'SIGKILL', encoding: 'utf8' } as const;
    const child = execFile('virsh', ['-c', uri, ...words], options, (error, stdout, stderr) => {
      if (!error) resolve(stdout.trim());
      else reject(changeError(uri, what, error, stderr, timeoutMs));
    });
    child.stdin?.end();
  });

/** What an unsuccessful end means. */
export const changeError = (
  uri: string,
  what: string,
  error: Pick<ExecFileException, 'code' | 'killed' | 'message'>,
  stderr: string,
  timeoutMs: number,
): LibvirtError => {
  if (error.code === 'ENOENT')
    return new LibvirtError(
      'missing',
      `${what}: needs libvirt-clients: apt install libvirt-clients; nothing was changed`,
    );
  if (error.killed)
    return new LibvirtError(
      'late',
      `${what}: no answer within ${timeoutMs / 1000} s; it may have been done all the same: look at the guest before you try again`,
    );
  if (/failed to connect to the hypervisor/.test(stderr)) {
    const { trouble, message } = connectionError(uri, stderr);
    return new LibvirtError(trouble, `${what}: ${message}; nothing was changed`);
  }
  return new LibvirtError(
    'refused',
    `${what}: libvirt refused: ${lastError(stderr) ?? safe(error.message)}; nothing was changed`,
  );
};
