import type { Control } from '../actions/gate/control.ts';
import type { Need } from '../fields/field.ts';
import type { GuestId, Sample } from '../sample.ts';

/** Where Samples come from: live, demo, a recording, another host. All alike to whoever shows them. */
export interface Source {
  readonly kind: 'live' | 'demo';
  /** Absent where nothing can be changed. */
  readonly control?: Control;
  /**
   * One look at the world, reading also what `wanted` names. Never waits for a slow guest. `watched`: the guests that
   * somebody looks at; others that don't move may be asked less often, which their ages tell. Without it all are watched.
   */
  look(wanted: ReadonlySet<Need>, watched?: ReadonlySet<GuestId>): Promise<Sample>;
  close(): Promise<void>;
}
