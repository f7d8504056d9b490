import { setTimeout as wait } from 'node:timers/promises';

/** Milliseconds that other threads get at the end for what they are at. */
const patience = 1000;
/** Milliseconds between two looks whether they are done. */
const pause = 20;

let workers = 0;
process.on('worker', worker => {
  workers += 1;
  worker.once('exit', () => {
    workers -= 1;
  });
});

/** Whether another thread is at work: one of Node's pool (files, names of hosts), or one of ours. */
const isAccompanied = (): boolean =>
  workers > 0 || process.getActiveResourcesInfo().some(name => /Req(Callback|Promise|Wrap)$/.test(name));

/**
 * Ends this process at once. Node's own exit waits for all threads, and one whose read is never answered would keep it for
 * ever. Then a program that only ends takes this one's place: for that the kernel ends the other threads, and the status stays.
 */
export const exitNow = (status: number): never => {
  if (!isAccompanied()) return process.exit(status);
  process.exitCode = status;
  process.emit('exit', status);
  return process.execve?.('/bin/sh', ['sh', '-c', `exit ${status}`], {}) ?? process.exit(status);
};

/** Ends it as soon as no other thread is at work, or a second has passed. */
export const exitSoon = async (status: number): Promise<never> => {
  for (let waited = 0; waited < patience && isAccompanied(); waited += pause) await wait(pause);
  return exitNow(status);
};
