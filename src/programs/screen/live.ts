import type { Plan } from '../../actions/action.ts';
import type { Gate } from '../../actions/gate/perform.ts';
import { limitsOf, tablesOf, thresholdsOf } from '../../config/settings.ts';
import { messageOf } from '../../errors.ts';
import { selectGuests } from '../../guests.ts';
import { derive, type Model } from '../../model.ts';
import type { GuestId, Sample } from '../../sample.ts';
import type { Source } from '../../source/source.ts';
import { currentPlan, withPerformed } from '../../store/changes.ts';
import { timeOf, withModel } from '../../store/moments.ts';
import { needsOfView, watchedGuests } from '../../store/needs.ts';
import { openStore, type Setting, type Store } from '../../store/store.ts';
import { showTab } from '../../store/tables.ts';
import type { App } from '../../ui/keys/key.ts';
import type { Clock } from '../clock.ts';
import { openMigrationLimits } from '../migration-limits.ts';
import type { Options } from '../options.ts';
import { openPolling, tellOn } from '../polling.ts';
import type { Surroundings } from '../surroundings.ts';
import type { LiveServices } from './live-services.ts';
import { showScreen, tabOf, tell } from './terminal.ts';

/** Milliseconds from the first frame until what it does not need is loaded. */
const companionsAfter = 50;
/** Milliseconds until what the machine is gets looked up: the operator is to see the host first. */
const identityAfter = 1500;

/** Looks at the world every `delay` seconds, and never starts a look before the last one ended. */
const startLooking = (
  source: Source,
  clock: Clock,
  delay: number,
  wanted: () => Parameters<Source['look']>,
  onModel: (model: Model) => void,
): (() => void) => {
  let timer: NodeJS.Timeout | undefined;
  let previous: Sample | undefined;
  let stopped = false;
  const look = async (): Promise<void> => {
    const started = clock.steady();
    const sample = await source.look(...wanted());
    if (stopped) return;
    const model = derive(previous, sample);
    previous = sample;
    onModel(model);
    // The first look has no rates: the second follows soon.
    const wait = model.interval === undefined ? Math.min(delay, 0.5) : delay;
    timer = setTimeout(look, Math.max(10, 1000 * (wait - (clock.steady() - started))));
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

type MigrationLimits = ReturnType<typeof openMigrationLimits>;

/** Carries out what was asked by key, and tells the outcome on the screen. */
const actor =
  (store: Store, carryOut: MigrationLimits['perform'], done: (plan: Plan) => void): App['act'] =>
  (request, { force, undo }) => {
    const plan = currentPlan(store.getState(), request);
    if (!plan) return;
    store.setState(state => ({
      dialog: undefined,
      message: { text: `${plan.summary} …`, tone: 'dim', time: timeOf(state) },
    }));
    carryOut(plan, { by: 'key', force }).then(
      entry => {
        store.setState(state => withPerformed(state, plan, entry, undo));
        done(plan);
      },
      (error: unknown) => tell(store, messageOf(error), 'bad'),
    );
  };

/** The live screen, until it is left or hung up. */
export const live = async (source: Source, gate: Gate, options: Options, around: Surroundings): Promise<void> => {
  const { settings } = options;
  const setting: Setting = {
    source: source.kind,
    readOnly: gate.control === undefined,
    root: options.root,
    privileged: around.uid === 0,
    delay: options.delay,
    limits: limitsOf(settings),
    thresholds: thresholdsOf(settings),
    policy: settings['policy.name'],
    messageSeconds: settings.message_seconds,
    only: options.guests,
  };
  const store = openStore(setting);
  store.setState({
    journal: gate.journal.read(),
    ...showTab(tablesOf(settings), tabOf(options.tab)),
  });

  const limits = openMigrationLimits(gate);
  let beside: LiveServices | undefined;
  /** Keys that were pressed before they were there. */
  let asked: ((services: LiveServices) => void)[] = [];
  const ask = (what: (services: LiveServices) => void): void => {
    if (beside) what(beside);
    else asked.push(what);
  };
  const screen = showScreen(store, options, around, {
    act: actor(store, limits.perform, plan => ask(one => one.touched(ballooned(plan)))),
    travel: to => ask(one => one.travel(to)),
    record: () => ask(one => one.record()),
    fly: (mode, policy) => ask(one => one.fly(mode, policy)),
    halt: () => ask(one => one.halt()),
    pin: guest => ask(one => one.pin(guest)),
    play: () => undefined,
  });
  const polling = openPolling(gate, settings['statistics.polling_seconds'], { tell: tellOn(around.stderr) });
  const early: Model[] = [];
  let soon: NodeJS.Timeout | undefined;
  const accompany = async (): Promise<void> => {
    const { openLiveServices } = await import('./live-services.ts');
    beside = openLiveServices(store, gate, options, early);
    for (const what of asked) what(beside);
    asked = [];
  };
  const showAlone = (whole: Model): void => {
    early.push(whole);
    store.setState(state => withModel(state, selectGuests(whole, setting.only)));
    soon ??= setTimeout(accompany, companionsAfter);
  };
  const wanted = (): Parameters<Source['look']> => {
    const state = store.getState();
    return [new Set([...needsOfView(state), ...(beside?.needs ?? [])]), watchedGuests(state)];
  };
  const stopLooking = startLooking(source, around.clock, options.delay, wanted, whole => {
    if (beside) beside.see(whole);
    else showAlone(whole);
    limits.ensure(whole);
    polling.ensure(selectGuests(whole, setting.only));
  });
  const lookUp = async (): Promise<void> => {
    const { lookUpIdentity } = await import('./identity.ts');
    store.setState({ identity: await lookUpIdentity() });
  };
  const late = source.kind === 'live' && options.root === '/' ? setTimeout(lookUp, identityAfter) : undefined;

  await screen.left;
  clearTimeout(late);
  clearTimeout(soon);
  stopLooking();
  screen.close();
  const look = async (): Promise<Model> => derive(undefined, await source.look(new Set()));
  await beside?.leave(look);
  await limits.leave(look);
  await polling.putBack(look);
};
