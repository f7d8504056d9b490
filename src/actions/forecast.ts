import type { HostFieldId } from '../fields/host.ts';
import { arcReclaimable } from '../fields/memory.ts';
import { known } from '../known.ts';
import type { Ledger, LedgerPart } from '../ledger.ts';
import type { GuestModel, Model, Row } from '../model.ts';
import { own } from '../own.ts';
import type { GuestId } from '../sample.ts';

/** What a plan would make of the host, as far as the action that planned it can know: plain data. */
export interface Forecast {
  /** Under which condition it comes so; one clause. */
  readonly assumes: string;
  /** Memory that changes hands, so that the sum stays what it is. */
  readonly moves: readonly Move[];
  /** What numbers of the host become; those that it does not touch are absent. */
  readonly host: Row<HostFieldId>;
  /** The same for guests. */
  readonly guests?: Readonly<Record<GuestId, GuestModel['values']>>;
}

interface Move {
  readonly from: LedgerPart;
  readonly to: LedgerPart;
  /** Bytes. */
  readonly bytes: number;
}

/** Moves bytes between parts: none falls below 0, and the sum is what it was. */
const applyMoves = (ledger: Ledger, moves: readonly Move[]): Ledger => {
  const parts = { ...ledger.parts };
  for (const { from, to, bytes } of moves) {
    const moved = Math.min(parts[from], Math.max(0, Math.trunc(bytes)));
    parts[from] -= moved;
    parts[to] += moved;
  }
  return { ...ledger, parts };
};

/** The Model as it would be then: what is not foreseen stays as it is now. */
export const foresee = (model: Model, { moves, host, guests = {} }: Forecast): Model => ({
  ...model,
  host: { ...model.host, values: { ...model.host.values, ...host } },
  ...(model.ledger ? { ledger: applyMoves(model.ledger, moves) } : {}),
  guests: model.guests.map(guest => {
    const change = own(guests, guest.id);
    return change ? { ...guest, values: { ...guest.values, ...change } } : guest;
  }),
});

/** Memory that a part needs, bytes. */
export interface Want {
  readonly to: LedgerPart;
  readonly bytes: number;
}

/**
 * Where the bytes that parts need come from: what is free beyond what the kernel keeps so, then page cache, then what ZFS
 * gives back. `undefined` where these do not do: who would be swapped for the rest can't be foreseen.
 */
export const draw = (model: Model, wants: readonly Want[]): readonly Move[] | undefined => {
  const parts = model.ledger?.parts;
  const sources = [
    { from: 'free', left: Math.max(0, (parts?.free ?? 0) - (model.host.values.min_free ?? 0)) },
    { from: 'cache', left: parts?.cache ?? 0 },
    { from: 'arc', left: Math.min(parts?.arc ?? 0, arcReclaimable(model.sample.host) ?? 0) },
  ] satisfies { from: LedgerPart; left: number }[];
  const moves: Move[] = [];
  for (const { to, bytes } of wants) {
    let wanted = bytes;
    for (const source of sources) {
      const taken = Math.min(wanted, source.left);
      source.left -= taken;
      wanted -= taken;
      if (taken > 0) moves.push({ from: source.from, to, bytes: taken });
    }
    if (wanted > 0) return undefined;
  }
  return moves;
};

/** What is available after it gained so many bytes; nothing where it is unknown. */
export const availableAfter = (model: Model, gain: number): Row<HostFieldId> => {
  const { mem_available: own, mem_available_with_arc: all } = model.host.values;
  const after = (bytes: number | undefined) => (bytes === undefined ? undefined : Math.max(0, bytes + gain));
  return known({ mem_available: after(own), mem_available_with_arc: after(all) });
};
