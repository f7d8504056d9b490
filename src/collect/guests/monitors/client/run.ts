import { execFile } from 'node:child_process';
import { safe } from '../../../../text.ts';
import { MonitorError } from '../../../../vmm/trouble.ts';
import type { Limits } from '../dialect.ts';
import { trustedProgram } from './trusted.ts';

/** Bytes; a client's answer has a kilobyte. */
const longest = 1024 * 1024;
/** Characters of what a client says of its failure. */
const longestReason = 200;

/**
 * One run of a VMM's own client, without a shell; gives what it printed. `late`: what it means that it was still waiting.
 * @throws MonitorError only.
 */
export const runClient = (
  program: string,
  words: readonly string[],
  { deadline, signal }: Limits,
  late: string,
): Promise<string> =>
  new Promise((resolve, reject) => {
    const file = trustedProgram(program);
    if (file === undefined) {
      const where = 'no folder of the PATH that only root can change has it';
      reject(new MonitorError('absent', `seeing inside needs the program ${program}: ${where}`));
      return;
    }
    const options = { env: { ...process.env, LC_ALL: 'C' }, maxBuffer: longest, encoding: 'utf8' } as const;
    const child = execFile(file, words, options, (error, stdout, stderr) => {
      clearTimeout(timer);
      signal.removeEventListener('abort', abort);
      if (!error) resolve(stdout);
      else if (error.code === 'ERR_CHILD_PROCESS_STDIO_MAXBUFFER')
        reject(new MonitorError('garbage', `${program} printed an answer without end`));
      else reject(failureOf(program, `${stderr}\n${stdout}`, error.message));
    });
    child.stdin?.end();
    // Its end is not waited for: one that the kernel holds up does not end at once.
    const end = (why: MonitorError): void => {
      child.kill('SIGKILL');
      child.unref();
      reject(why);
    };
    const abort = (): void => end(new MonitorError('closed', 'kvmtop is ending'));
    const timer = setTimeout(() => end(new MonitorError('busy', late)), Math.max(0, deadline - performance.now()));
    signal.addEventListener('abort', abort);
    if (signal.aborted) abort();
  });

/** What a client's own words for its failure mean; they come with the numbers that the kernel has for it. */
const failureOf = (program: string, said: string, message: string): MonitorError => {
  if (/permission denied|os error 13\b/i.test(said))
    return new MonitorError('denied', 'no privilege to connect to its control socket; run kvmtop as root');
  if (/no such file|os error 2\b/i.test(said)) return new MonitorError('absent', 'its control socket is not there');
  if (/connection refused|os error 111\b/i.test(said))
    return new MonitorError('absent', 'nobody listens on its control socket');
  const words = said.replace(/\s+/g, ' ').trim() || message;
  return new MonitorError('garbage', `${program} failed: ${safe(words).slice(0, longestReason)}`);
};
