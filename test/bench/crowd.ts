import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pause } from './measure.ts';

export interface Crowd {
  /** The monitors' sockets, one a guest; empty without monitors. */
  readonly sockets: readonly string[];
  readonly end: () => Promise<void>;
}

/** Starts processes that pass for `guests` QEMU guests, and as many others; `folder` has the compiled programs. */
export const startCrowd = async (folder: string, guests: number, monitors: boolean): Promise<Crowd> => {
  const program = join(folder, 'service');
  const args = ['crowd', String(guests), String(guests), folder, ...(monitors ? ['monitors'] : [])];
  const process = spawn(program, args, { stdio: ['pipe', 'inherit', 'inherit'] });
  const sockets = monitors
    ? Array.from({ length: guests }, (_, index) => join(folder, `vm-${String(index + 1).padStart(4, '0')}.qmp`))
    : [];
  const deadline = performance.now() + 30_000;
  while (!sockets.every(socket => existsSync(socket))) {
    if (performance.now() > deadline) throw new Error('the guests of the benchmark did not start within 30 s');
    await pause(50);
  }
  // What is young is looked at more closely by all programs: measure a host that has been up for a while.
  await pause(1000);
  return {
    sockets,
    end: async () => {
      const ended = once(process, 'exit');
      process.stdin.end();
      await ended;
    },
  };
};
