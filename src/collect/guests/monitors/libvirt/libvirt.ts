import { setTimeout as delay } from 'node:timers/promises';
import { safe } from '../../../../text.ts';
import type { Monitor } from '../contract.ts';
import type { Asker, Listener } from './asker.ts';
import { DomainMonitor } from './domain.ts';
import { closedHere } from './errors.ts';
import { addressOf } from './rpc/address.ts';
import type { RpcPatience } from './rpc/client.ts';

/** How long is waited for libvirt. */
export interface LibvirtPatience {
  /** Until a migration is called begun, seconds. */
  readonly migration: number;
  readonly rpc?: RpcPatience;
}

/** A migration that can't be done mostly fails within two seconds. */
const libvirtPatience: LibvirtPatience = { migration: 2 };

/** The only form in which a domain is named to virsh: its name could be taken for an option, a number, or a command. */
export const isDomainUuid = (text: string): boolean => /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(text);

/**
 * libvirt at one URI. It holds the guests' monitors, and no second client may have them. On this host it is asked by its own
 * protocol, elsewhere through virsh; changes are made by virsh. Nothing is connected while there is no guest of libvirt's.
 */
export class Libvirt {
  readonly uri: string;
  readonly #patience: LibvirtPatience;
  readonly #monitors = new Set<DomainMonitor>();
  #asker: Promise<Asker> | undefined;
  #current: Asker | undefined;

  constructor(uri: string, patience: LibvirtPatience = libvirtPatience) {
    this.uri = uri;
    this.#patience = patience;
  }

  /** Why nothing can be learnt of any of its guests, and what to do; `undefined` when nothing is wrong. */
  get problem(): string | undefined {
    return this.#current?.problem;
  }

  /** The monitor of one domain. `size`: what it booted with, bytes. */
  open(uuid: string, size: number | undefined): Monitor {
    const monitor = new DomainMonitor(this, uuid, size);
    this.#monitors.add(monitor);
    return monitor;
  }

  /** A monitor is needed no more; ends the connection with the last. */
  async release(monitor: DomainMonitor): Promise<void> {
    this.#monitors.delete(monitor);
    if (this.#monitors.size > 0) return;
    const asker = this.#asker;
    this.#asker = undefined;
    this.#current = undefined;
    await (await asker)?.close();
  }

  /** Whoever answers questions; fails with a LibvirtError where there is nobody to ask about. */
  async asker(): Promise<Asker> {
    if (this.#monitors.size === 0) throw closedHere();
    this.#asker ??= this.#openAsker();
    const asker = await this.#asker;
    this.#current = asker;
    return asker;
  }

  /** Each way is loaded when it is needed. */
  async #openAsker(): Promise<Asker> {
    const address = addressOf(this.uri, process.env['XDG_RUNTIME_DIR']);
    if (!address) {
      const { VirshAsker } = await import('./virsh.ts');
      return new VirshAsker(this.uri);
    }
    const listener: Listener = {
      changed: (uuid, what) => {
        for (const monitor of this.#of(uuid)) {
          if (what === 'all') monitor.refresh();
          else monitor.hurry();
        }
      },
      recovered: () => {
        for (const monitor of this.#monitors) monitor.refresh();
      },
    };
    const { RpcClient } = await import('./rpc/client.ts');
    return new RpcClient(this.uri, address, listener, this.#patience.rpc);
  }

  /**
   * One change of a domain by a virsh of its own, for the gate only; gives what it printed, once the domain was looked at
   * again. `check` throws when the process is no longer the same guest. Fails with an Error for the operator.
   */
  async change(
    uuid: string,
    words: readonly string[],
    options: {
      readonly name: string;
      readonly timeoutMs: number;
      readonly check: () => void;
      /** It ends a migration. */
      readonly aborts?: boolean;
    },
  ): Promise<string> {
    const what = `virsh ${words[0] ?? ''} on ${safe(options.name)}`;
    if (!words.includes(uuid)) throw new Error(`${what}: it is not about that guest; nothing was done`);
    const { runVirsh } = await import('./change.ts');
    options.check();
    const changed = this.#of(uuid);
    try {
      if (options.aborts) for (const monitor of changed) monitor.noteAbort();
      const printed = await runVirsh(this.uri, words, what, options.timeoutMs);
      await Promise.all(changed.map(monitor => monitor.look()));
      return printed;
    } finally {
      for (const monitor of changed) monitor.refresh();
    }
  }

  /**
   * Begins a migration by a virsh of its own, for the gate only, and gives it a moment to fail; it then goes on by itself.
   * How it fails later is in the sample of the domain's monitor; `arrived` is called when it does not.
   */
  async migrate(
    uuid: string,
    words: readonly string[],
    options: { readonly name: string; readonly check: () => void; readonly arrived: () => void },
  ): Promise<void> {
    const what = `virsh migrate on ${safe(options.name)}`;
    if (!words.includes(uuid)) throw new Error(`${what}: it is not about that guest; nothing was done`);
    const { runMigration } = await import('./migrate.ts');
    options.check();
    for (const monitor of this.#of(uuid)) monitor.noteMigration();
    const end = runMigration(this.uri, words, what).then(async error => {
      if (!error) options.arrived();
      else await Promise.all(this.#of(uuid).map(monitor => monitor.noteFailure(error)));
      return error;
    });
    const over = new AbortController();
    const moment = delay(this.#patience.migration * 1000, undefined, { signal: over.signal }).catch(() => undefined);
    const error = await Promise.race([end, moment]);
    over.abort();
    if (error) throw error;
    for (const monitor of this.#of(uuid)) monitor.refresh();
  }

  #of(uuid: string): DomainMonitor[] {
    return [...this.#monitors].filter(monitor => monitor.domain === uuid);
  }
}
