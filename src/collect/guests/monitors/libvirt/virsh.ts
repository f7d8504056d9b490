import { spawn } from 'node:child_process';
import { safe } from '../../../../text.ts';
import { errorIn, parseDomstats } from '../../../../vmm/libvirt/answers.ts';
import { parseJob } from '../../../../vmm/libvirt/job.ts';
import type { Asker, JobStats } from './asker.ts';
import { closedHere, connectionError, LibvirtError, late, missingVirsh, virshEnvironment } from './errors.ts';

/** Milliseconds: it has to find its way to another host first. */
const limit = 15_000;
/** Characters. A domain's XML has some ten thousand. */
const longestAnswer = 4 * 1024 * 1024;

/**
 * A libvirt that is not on this host, or not for QEMU: whatever way leads there, virsh knows it. Each question is a read-only
 * virsh of its own, one at a time.
 */
export class VirshAsker implements Asker {
  readonly tellsEvents = false;
  readonly every = 5;
  readonly #uri: string;
  readonly #ending = new AbortController();
  #last: Promise<unknown> = Promise.resolve();
  #problem: string | undefined;

  constructor(uri: string) {
    this.#uri = uri;
  }

  get problem(): string | undefined {
    return this.#problem;
  }

  async domainStats(uuid: string): Promise<ReadonlyMap<string, number>> {
    const values = parseDomstats(await this.#ask('domstats', '--balloon', '--state', '--raw', '--nowait', uuid));
    if (!values.has('state.state')) throw new LibvirtError('refused', 'it printed no state');
    return values;
  }

  domainXml(uuid: string): Promise<string> {
    return this.#ask('dumpxml', uuid);
  }

  async jobStats(uuid: string): Promise<JobStats> {
    const job = parseJob(await this.#ask('domjobinfo', '--rawstats', uuid));
    if (job) return job;
    throw new LibvirtError('refused', 'it printed no job');
  }

  async close(): Promise<void> {
    this.#ending.abort();
    await this.#last;
  }

  #ask(...words: readonly string[]): Promise<string> {
    const answer = this.#last.then(() => this.#run(words));
    this.#last = answer.catch(() => undefined);
    return answer;
  }

  async #run(words: readonly string[]): Promise<string> {
    try {
      const text = await runReadOnly(this.#uri, words, this.#ending.signal);
      this.#problem = undefined;
      return text;
    } catch (error) {
      if (error instanceof LibvirtError && ['missing', 'denied', 'unreachable'].includes(error.trouble))
        this.#problem = error.message;
      throw error;
    }
  }
}

/** In a session of its own: no terminal to ask for passwords on, and no Ctrl-C. */
const runReadOnly = (uri: string, words: readonly string[], signal: AbortSignal): Promise<string> =>
  new Promise((resolve, reject) => {
    if (signal.aborted) return reject(closedHere());
    const child = spawn('virsh', ['-q', '-r', '-c', uri, ...words], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: virshEnvironment(),
      detached: true,
      timeout: limit,
      killSignal: 'SIGKILL',
      signal,
    });
    const said = { stdout: '', stderr: '' };
    for (const name of ['stdout', 'stderr'] as const)
      child[name].setEncoding('utf8').on('data', (chunk: string) => {
        said[name] += chunk;
        if (said[name].length > longestAnswer) child.kill('SIGKILL');
      });
    child.once('error', ({ code }: NodeJS.ErrnoException) => reject(code === 'ENOENT' ? missingVirsh() : closedHere()));
    child.once('close', code => {
      const message = errorIn(said.stderr);
      if (code === 0) resolve(said.stdout);
      else if (code === null) reject(late());
      else if (/failed to connect to the hypervisor/.test(said.stderr)) reject(connectionError(uri, said.stderr));
      else if (/failed to get domain|Domain not found/.test(said.stderr))
        reject(new LibvirtError('unknown', 'no such domain'));
      else reject(new LibvirtError('refused', safe(message ?? `virsh ended with status ${code}`).slice(0, 200)));
    });
  });
