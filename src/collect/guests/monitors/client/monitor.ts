import { safe } from '../../../../text.ts';
import type { RunClient } from '../../../../vmm/dialect.ts';
import { connected, type Patience } from '../contract.ts';
import { DialectMonitor, type Limits, type Partner } from '../dialect.ts';

interface Client {
  readonly program: string;
  readonly late: string;
}

/** The monitor of a VMM that is asked by a program of its own. */
export class ClientMonitor extends DialectMonitor<RunClient> {
  readonly #client: Client;

  constructor(partner: Partner<RunClient>, client: Client, patience?: Patience) {
    super(partner, patience);
    this.#client = client;
  }

  protected override asking(limits: Limits): RunClient {
    return (...words) => this.#run(words, limits);
  }

  async run(
    words: readonly string[],
    options: { readonly name: string; readonly timeoutMs: number; readonly check: () => void },
  ): Promise<void> {
    const [program, ...rest] = words;
    const what = `${words.slice(0, 2).join(' ')} on ${safe(options.name)}`;
    if (program !== this.#client.program || rest.pop() !== this.way.label)
      throw new Error(`${what}: it is not about that guest; nothing was done`);
    await this.changed(what, options, limits => this.#run(rest, limits));
  }

  /** Loaded by the first guest that needs it: few hosts have one. */
  async #run(words: readonly string[], limits: Limits): Promise<string> {
    const { program, late } = this.#client;
    const { runClient } = await import('./run.ts');
    return connected(this.way, limits.deadline, ({ target }) =>
      runClient(program, [...words, 'path' in target ? target.path : ''], limits, late),
    );
  }
}
