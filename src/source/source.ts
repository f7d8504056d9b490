import type { Control } from '../actions/gate/control.ts';
import type { Need } from '../fields/field.ts';
import type { Sample } from '../sample.ts';

/** Where Samples come from: live, demo, a recording, another host. All alike to whoever shows them. */
export interface Source {
  readonly kind: 'live' | 'demo';
  /** Absent where nothing can be changed. */
  readonly control?: Control;
  /** One look at the world, reading also what `wanted` names. Never waits for a slow guest. */
  look(wanted: ReadonlySet<Need>): Promise<Sample>;
  close(): Promise<void>;
}
