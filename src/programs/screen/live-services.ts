import type { Gate } from '../../actions/gate/perform.ts';
import { policySettingsOf } from '../../config/settings.ts';
import type { Need } from '../../fields/field.ts';
import { selectGuests } from '../../guests.ts';
import type { Model } from '../../model.ts';
import { headlineOf } from '../../recording/headline.ts';
import { createMemoryTape } from '../../recording/memory-tape.ts';
import type { GuestId } from '../../sample.ts';
import { outcomesOf } from '../../store/changes.ts';
import { followGuest } from '../../store/follow-guest.ts';
import { withModel } from '../../store/moments.ts';
import type { Store } from '../../store/store.ts';
import { createTraveller } from '../../store/travel.ts';
import type { App } from '../../ui/keys/key.ts';
import { createAdvisor } from '../events/advisor.ts';
import type { Options } from '../options.ts';
import { createFlightRecorder } from './flight-recorder.ts';
import { createLivePilot } from './live-pilot.ts';

/** What the live screen does besides showing what is: it keeps that, advises on it, and lets a policy act on it. */
export interface LiveServices extends Pick<App, 'travel' | 'record' | 'fly' | 'halt' | 'pin'> {
  /** What is to be read for them. */
  readonly needs: ReadonlySet<Need>;
  /** One more look, at all guests: those that `-p` chose are on the screen when this returns, with what there is to say. */
  see(whole: Model): void;
  /** Guests whose balloon was moved by hand: not for policies. */
  touched(guests: readonly GuestId[]): void;
  /** Before the end: guests are left safe, a recording is closed. */
  leave(look: () => Promise<Model>): Promise<void>;
}

/** `early`: what was on the screen before they were there. */
export const openLiveServices = (store: Store, gate: Gate, options: Options, early: readonly Model[]): LiveServices => {
  const { settings } = options;
  const memory = createMemoryTape({ seconds: settings['flight.seconds'], bytes: settings['flight.size'] });
  const traveller = createTraveller(store, memory, true);
  const guest = followGuest(store, memory);
  const flight = createFlightRecorder({ store, memory, journal: gate.journal });
  const advisor = createAdvisor(store.getState().setting.thresholds, options.delay);
  const pilot = createLivePilot(store, gate, policySettingsOf(settings), event => flight.note(event));
  for (const model of early) {
    advisor.see(model);
    flight.see(model.sample, headlineOf(model));
  }
  return {
    get needs() {
      return new Set([...flight.needs, ...advisor.needs, ...pilot.needs]);
    },
    see(whole) {
      const advice = advisor.see(whole);
      const before = store.getState();
      const model = selectGuests(whole, before.setting.only);
      store.setState(state => withModel(state, model, advice.state));
      flight.see(whole.sample, headlineOf(whole));
      for (const event of [...advice.events, ...outcomesOf(before, store.getState())]) flight.note(event);
      traveller.refresh();
      guest.refresh();
      pilot.see(model);
    },
    touched: guests => pilot.touched(guests),
    travel: to => traveller.go(to),
    record: () => flight.toggle(),
    fly: (mode, policy) => void pilot.fly(mode, policy),
    halt: () => pilot.halt(),
    pin: guest => pilot.pin(guest),
    async leave(look) {
      await pilot.leave(look);
      await flight.close();
    },
  };
};
