import { expect, it } from 'vitest';
import { planStrictly } from '../../src/actions/actions.ts';
import { selectGuests } from '../../src/guests.ts';
import { advise, startAdvising } from '../../src/policy/advisor.ts';
import { defaultThresholds } from '../../src/policy/thresholds.ts';
import { withModel } from '../../src/store/moments.ts';
import { demoModels, frameOf, openStage } from '../ui/stage.tsx';

const models = await demoModels(3);
const whole = models.at(-1)!;
const pidOf = (name: string): string => String(whole.guests.find(guest => guest.name === name)?.pid);

/** The screen of `kvmtop -p WORDS`. */
const stageOf = (...only: readonly string[]) => {
  const stage = openStage([], {}, { only });
  const advice = models.reduce((state, model) => advise(state, model, defaultThresholds), startAdvising(false));
  for (const model of models) stage.store.setState(state => withModel(state, selectGuests(model, only), advice));
  return stage;
};

it.each([
  ['a list', ['web-1', 'vdi-03'], ['web-1', 'vdi-03']],
  ['a PID', [pidOf('web-2')], ['web-2']],
])('%s shows those guests alone, and changes no other', async (_name, only, names) => {
  const { store, app } = stageOf(...only);
  const frame = await frameOf(app, 120, 40);
  for (const { name } of whole.guests)
    expect([name, frame.split('\n').some(row => row.slice(2).startsWith(`${name} `))]).toEqual([
      name,
      names.includes(name),
    ]);
  const { model, setting } = store.getState();
  for (const action of ['balloon-all', 'deflate-all']) {
    const words = action === 'balloon-all' ? ['80%'] : [];
    const { steps } = planStrictly(model!, { action, words }, setting.limits);
    const touched = steps.flatMap(step => ('name' in step ? [step.name] : []));
    expect(touched.filter(name => !names.includes(name))).toEqual([]);
  }
});

it('findings on other guests are not told; those on the host are', () => {
  const all = stageOf().store.getState().now.advice.findings;
  const some = stageOf('web-1').store.getState().now.advice.findings;
  expect(all.some(({ guest }) => guest !== undefined)).toBe(true);
  expect(some.map(({ id }) => id)).toEqual(all.filter(({ guest }) => guest === undefined).map(({ id }) => id));
});

it('whom nobody matches is said, with what to do', async () => {
  const frame = await frameOf(stageOf('no-such').app, 80, 24);
  expect(frame).toContain('No guest matches -p no-such');
  expect(frame).toContain('without -p');
});
