import { spawn } from 'node:child_process';
import type { Socket } from 'node:net';
import { changeError } from './change.ts';
import { type LibvirtError, virshEnvironment } from './errors.ts';

/** Characters. */
const longestComplaint = 64 * 1024;

/**
 * A virsh that takes as long as a migration does, in a session of its own: no Ctrl-C reaches it, and kvmtop may end
 * before it. Gives `undefined` when it ended well, or what went wrong, in words that begin with `what`.
 */
export const runMigration = (uri: string, words: readonly string[], what: string): Promise<LibvirtError | undefined> =>
  new Promise(resolve => {
    const child = spawn('virsh', ['-c', uri, ...words], {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: virshEnvironment(),
      detached: true,
    });
    let said = '';
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
      said = (said + chunk).slice(-longestComplaint);
    });
    child.once('error', ({ code = '', message }: NodeJS.ErrnoException) =>
      resolve(changeError(uri, what, { code, message }, said, 0)),
    );
    child.once('close', (code, signal) => {
      const message = `virsh ended with ${signal ?? `status ${code}`}`;
      resolve(code === 0 ? undefined : changeError(uri, what, { message }, said, 0));
    });
    child.unref();
    (child.stderr as Socket).unref();
  });
