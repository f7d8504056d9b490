import { known } from '../known.ts';
import type { LedgerPart } from '../ledger.ts';
import type { Model } from '../model.ts';
import type { Finding, Severity } from '../policy/finding.ts';
import { escapeJson } from '../text.ts';
import { guestColumns, hostColumns, nodeColumns, numbersOf, poolColumns } from './columns.ts';

type Numbers = Readonly<Record<string, number>>;

/** Words beside a guest's numbers; the name is as the guest was started, so untrusted. */
interface GuestWords {
  readonly id: string;
  readonly name: string;
  readonly pid: number;
  readonly vmm: string;
  readonly manager?: string;
  readonly backend?: string;
  readonly monitor: string;
  readonly state: string;
}

/**
 * What scripts get, and may rely on. Bytes, seconds, ratios and counts; a gauge under its field's id, a counter as
 * `…_rate` per second and `…_total`. What is unknown is absent.
 */
export interface JsonModel {
  readonly version: 1;
  /** ISO 8601, UTC. */
  readonly time: string;
  /** Seconds that the rates are over; absent when there was only one look. */
  readonly interval?: number;
  readonly hostname?: string;
  /** Kernel release. */
  readonly kernel?: string;
  readonly host: Numbers;
  /** Parts sum to the total exactly. */
  readonly ledger?: { readonly total: number; readonly parts: Readonly<Record<LedgerPart, number>> };
  readonly nodes: readonly ({ readonly id: number } & Numbers)[];
  /** Of one NUMA node where `node` is given, else of the whole host: don't add them up. */
  readonly pools: readonly ({ readonly page_size: number; readonly node?: number } & Numbers)[];
  readonly swaps: readonly {
    readonly path: string;
    readonly type: string;
    readonly size: number;
    readonly used: number;
    readonly priority: number;
  }[];
  readonly guests: readonly (GuestWords & Readonly<Record<string, number | string>>)[];
  /** Most urgent first. `fix`: the words after `kvmtop do` that would help; the guard rails let it through at that moment. */
  readonly findings: readonly {
    readonly id: string;
    readonly severity: Severity;
    readonly subject: string;
    readonly text: string;
    readonly fix?: readonly string[];
  }[];
  readonly problems: readonly { readonly source: string; readonly message: string }[];
}

/** The Model as scripts get it, with what the advisor tells of it. Text is as it was found: print it through `jsonText`. */
export const toJson = (model: Model, findings: readonly Finding[] = []): JsonModel => {
  const { hostname, kernel } = model.sample.host;
  return {
    version: 1,
    time: new Date(model.time * 1000).toISOString(),
    ...known({ interval: model.interval, hostname, kernel }),
    host: numbersOf(hostColumns, model.host),
    ...(model.ledger ? { ledger: { total: model.ledger.total, parts: model.ledger.parts } } : {}),
    nodes: model.nodes.map(node => ({ id: node.id, ...numbersOf(nodeColumns, node) })),
    pools: model.pools.map(pool => ({
      page_size: pool.pageSize,
      ...known({ node: pool.node }),
      ...numbersOf(poolColumns, pool),
    })),
    swaps: model.swaps.map(({ path, type, size, used, priority }) => ({ path, type, size, used, priority })),
    guests: model.guests.map(guest => {
      const { vmm, manager, monitor, launch } = guest.sample;
      return {
        id: guest.id,
        name: guest.name,
        pid: guest.pid,
        vmm,
        ...known({ manager, backend: launch.backend }),
        monitor: monitor.state,
        state: guest.state,
        ...numbersOf(guestColumns, guest),
      };
    }),
    findings: findings.map(({ id, severity, subject, text, fix }) => ({
      id,
      severity,
      subject,
      text,
      ...known({ fix: fix && [fix.action, ...fix.words] }),
    })),
    problems: model.problems.map(({ source, message }) => ({ source, message })),
  };
};

/** JSON that is harmless to print and parses back to the same: on one line for NDJSON, else indented for people. */
export const jsonText = (json: Partial<JsonModel>, shape: 'line' | 'indented'): string =>
  escapeJson(JSON.stringify(json, undefined, shape === 'line' ? 0 : 2));
