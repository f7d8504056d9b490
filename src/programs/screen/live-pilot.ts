import type { Gate } from '../../actions/gate/perform.ts';
import { messageOf } from '../../errors.ts';
import type { Need } from '../../fields/field.ts';
import { everything } from '../../fields/needs.ts';
import type { Model } from '../../model.ts';
import type { PilotMode, PolicyEvent } from '../../policy/pilot.ts';
import { policyOf } from '../../policy/policies.ts';
import type { PolicySettings } from '../../policy/policy.ts';
import type { TapeEvent } from '../../recording/tape.ts';
import type { GuestId } from '../../sample.ts';
import { withPerformed } from '../../store/changes.ts';
import { withPolicyEvent } from '../../store/policy-events.ts';
import type { Store } from '../../store/store.ts';
import { claimActing } from '../auto/acting-claim.ts';
import { createAutopilot } from '../auto/autopilot.ts';
import { watchManualChanges } from '../auto/manual-changes.ts';
import { tell } from './terminal.ts';

const nothing: ReadonlySet<Need> = new Set();

/** What a recording keeps of a policy event. */
export const toTapeEvent = (event: PolicyEvent): TapeEvent => ({
  time: event.time,
  kind: 'policy',
  subject: event.subject,
  text: `${event.policy} ${event.outcome}: ${event.text}`,
  data: event,
});

/** The policy that the operator of the live screen lets run, and what the screen shows of it. */
export const createLivePilot = (
  store: Store,
  gate: Gate,
  settings: Omit<PolicySettings, 'pinned'>,
  note: (event: TapeEvent) => void,
) => {
  const autopilot = createAutopilot(gate, settings, {
    tell(event) {
      store.setState(state => withPolicyEvent(state, event));
      note(toTapeEvent(event));
    },
    performed: (plan, entry) =>
      // What the operator is doing on the screen, and would take back, is not the policy's business.
      store.setState(state => ({
        ...withPerformed(state, plan, entry, false),
        dialog: state.dialog,
        undoable: state.undoable,
      })),
  });
  const manual = watchManualChanges(gate.journal.path);
  /** Of this host, while a policy acts: nobody else may let one act, too. */
  let release: (() => void) | undefined;
  const giveUpClaim = (): void => {
    release?.();
    release = undefined;
  };
  const show = (): void =>
    store.setState(({ pilot }) => ({
      pilot: { ...pilot, mode: autopilot.mode, pinned: new Map(autopilot.pinned) },
    }));
  /** Guests that were moved by hand. */
  const touched = (guests: readonly GuestId[]): void => {
    for (const guest of guests) autopilot.pin(guest, 'changed by hand: left alone');
    if (guests.length > 0) show();
  };
  return {
    /** A policy decides on all that it may look at. */
    get needs(): ReadonlySet<Need> {
      return autopilot.mode === 'off' ? nothing : everything;
    },
    async fly(mode: PilotMode, id: string): Promise<void> {
      const policy = policyOf(id);
      if (!policy || (mode === 'act' && gate.control === undefined)) return;
      try {
        if (mode !== 'act') giveUpClaim();
        // A demo is nobody else's.
        else if (store.getState().setting.source === 'live') release ??= await claimActing();
      } catch (error) {
        return tell(store, messageOf(error), 'bad');
      }
      autopilot.set(mode, policy);
      store.setState(({ pilot }) => ({ pilot: { ...pilot, policy: id } }));
      show();
      const done = { off: 'no policy runs any more', shadow: `${id} tells what it would do`, act: `${id} acts now` }[
        mode
      ];
      tell(store, mode === 'act' ? `${done}: X stops it` : done, mode === 'act' ? 'warn' : 'good');
    },
    halt(): void {
      giveUpClaim();
      void autopilot.stop(store.getState().now.model).then(show);
      show();
      tell(store, 'everything automatic was stopped; balloons stand where they are', 'warn');
    },
    pin(guest: GuestId): void {
      if (autopilot.pinned.has(guest)) autopilot.release(guest);
      else autopilot.pin(guest, 'pinned by hand: left alone');
      show();
    },
    touched,
    see(model: Model): void {
      // Here, or by `kvmtop do` elsewhere.
      touched(manual.look());
      autopilot.see(model);
    },
    leave(look: () => Promise<Model>): Promise<void> {
      manual.close();
      return autopilot.leave(look);
    },
  };
};
