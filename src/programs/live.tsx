import type { Plan } from '../actions/action.ts';
import { plan as planOf } from '../actions/actions.ts';
import { type Gate, perform } from '../actions/perform.ts';
import { limitsOf, policySettingsOf, tablesOf, thresholdsOf } from '../config/settings.ts';
import type { Need } from '../fields/field.ts';
import { derive, type Model } from '../model.ts';
import { headlineOf } from '../recording/headline.ts';
import { createMemoryTape } from '../recording/memory.ts';
import type { GuestId, Sample } from '../sample.ts';
import type { Source } from '../source/source.ts';
import { needsOfView } from '../store/needs.ts';
import { openStore, outcomesOf, type Setting, type Store, timeOf, withModel, withPerformed } from '../store/store.ts';
import { showTab } from '../store/tables.ts';
import { createTraveller } from '../store/travel.ts';
import type { App } from '../ui/keys/key.ts';
import { createAdvisor } from './advisor.ts';
import { openAttendant } from './attendant.ts';
import { createFlightRecorder } from './flight-recorder.ts';
import { createLivePilot } from './live-pilot.ts';
import type { Options } from './options.ts';
import { openGate } from './session.ts';
import { showScreen, tabOf, tell } from './terminal.tsx';

/** Milliseconds until what the machine is gets looked up: the operator is to see the host first. */
const identityAfter = 1500;

/** Looks at the world every `delay` seconds, and never starts a look before the last one ended. */
const startLooking = (
  source: Source,
  delay: number,
  wanted: () => ReadonlySet<Need>,
  onModel: (model: Model) => void,
): (() => void) => {
  let timer: NodeJS.Timeout | undefined;
  let previous: Sample | undefined;
  let stopped = false;
  const look = async (): Promise<void> => {
    const started = performance.now();
    const sample = await source.look(wanted());
    if (stopped) return;
    const model = derive(previous, sample);
    previous = sample;
    onModel(model);
    // The first look has no rates: the second follows soon.
    const wait = model.interval === undefined ? Math.min(delay, 0.5) : delay;
    timer = setTimeout(look, Math.max(10, wait * 1000 - (performance.now() - started)));
  };
  void look();
  return () => {
    stopped = true;
    clearTimeout(timer);
  };
};

/** Guests whose balloon a plan moves: what was moved by hand is not for policies. */
const ballooned = (plan: Plan): readonly GuestId[] =>
  (plan.follow ?? []).flatMap(follow => (follow.kind === 'balloon' ? [follow.guest] : []));

/** Carries out what was asked by key, and tells the outcome on the screen. */
const actor =
  (store: Store, gate: Gate, done: (plan: Plan) => void): App['act'] =>
  (request, { force, undo }) => {
    const { model, setting } = store.getState();
    if (!model) return;
    const plan = planOf(model, request, setting.limits);
    store.setState(state => ({
      dialog: undefined,
      message: { text: `${plan.summary} …`, tone: 'dim', time: timeOf(state) },
    }));
    perform(gate, plan, { by: 'key', force }).then(
      entry => {
        store.setState(state => withPerformed(state, plan, entry, undo));
        done(plan);
      },
      (error: unknown) => tell(store, error instanceof Error ? error.message : String(error), 'bad'),
    );
  };

/** The live screen, until it is left or hung up. */
export const live = async (source: Source, options: Options): Promise<void> => {
  const gate = openGate(source, options);
  const { settings } = options;
  const setting: Setting = {
    source: source.kind,
    readOnly: gate.control === undefined,
    root: options.root,
    privileged: process.geteuid?.() === 0,
    delay: options.delay,
    limits: limitsOf(settings),
    thresholds: thresholdsOf(settings),
    policy: settings['policy.name'],
    messageSeconds: settings.message_seconds,
  };
  const store = openStore(setting);
  store.setState({
    journal: gate.journal.read(),
    ...showTab(tablesOf(settings), tabOf(options.tab)),
    filter: options.guests.length === 1 ? (options.guests[0] ?? '') : '',
  });

  const memory = createMemoryTape({ seconds: settings['flight.seconds'], bytes: settings['flight.size'] });
  const traveller = createTraveller(store, memory, true);
  const flight = createFlightRecorder({ store, memory, journal: gate.journal });
  const advisor = createAdvisor(setting.thresholds, options.delay);
  const pilot = createLivePilot(store, gate, policySettingsOf(settings), event => flight.note(event));
  const screen = showScreen(store, options, {
    act: actor(store, gate, plan => pilot.touched(ballooned(plan))),
    travel: to => traveller.go(to),
    record: () => flight.toggle(),
    fly: (mode, policy) => void pilot.fly(mode, policy),
    halt: () => pilot.halt(),
    pin: guest => pilot.pin(guest),
    play: () => undefined,
  });
  const attendant = openAttendant(gate, settings['statistics.polling_seconds']);
  const wanted = (): ReadonlySet<Need> => {
    const state = store.getState();
    // The first frame must not wait for what only a look back would show.
    if (!state.now.model) return needsOfView(state);
    return new Set([...needsOfView(state), ...flight.needs, ...advisor.needs, ...pilot.needs]);
  };
  const stopLooking = startLooking(source, options.delay, wanted, model => {
    const advice = advisor.see(model);
    const before = store.getState();
    store.setState(state => withModel(state, model, advice.state));
    flight.see(model.sample, headlineOf(model));
    for (const event of [...advice.events, ...outcomesOf(before, store.getState())]) flight.note(event);
    traveller.refresh();
    attendant.attend(model);
    pilot.see(model);
  });
  const lookUp = async (): Promise<void> => {
    const { lookUpIdentity } = await import('./identity.ts');
    store.setState({ identity: await lookUpIdentity() });
  };
  const late = source.kind === 'live' && options.root === '/' ? setTimeout(lookUp, identityAfter) : undefined;

  await screen.left;
  clearTimeout(late);
  stopLooking();
  screen.close();
  const look = async (): Promise<Model> => derive(undefined, await source.look(new Set()));
  await pilot.leave(look);
  await Promise.all([flight.close(), attendant.putBack(look)]);
};
