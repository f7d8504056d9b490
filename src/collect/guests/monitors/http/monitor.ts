import { safe } from '../../../../text.ts';
import { faultOf, type HttpGet } from '../../../../vmm/dialect.ts';
import { DialectMonitor, type Limits } from '../dialect.ts';
import { ask } from './http.ts';

/** The monitor of a VMM that has an HTTP API on a unix socket. */
export class HttpMonitor extends DialectMonitor<HttpGet> {
  protected override asking(limits: Limits): HttpGet {
    return path => ask(this.way, { method: 'GET', path }, limits);
  }

  async call(
    method: 'PUT' | 'PATCH',
    path: string,
    body: Readonly<Record<string, unknown>>,
    options: { readonly name: string; readonly timeoutMs: number; readonly check: () => void },
  ): Promise<void> {
    const what = `${method} ${path} on ${safe(options.name)}`;
    const reply = await this.changed(what, options, limits => ask(this.way, { method, path, body }, limits));
    if (reply.status >= 200 && reply.status < 300) return;
    throw new Error(`${what}: ${this.title} refused: ${faultOf(reply)}; nothing was changed`);
  }
}
