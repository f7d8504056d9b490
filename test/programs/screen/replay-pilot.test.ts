import { describe, expect, it } from 'vitest';
import { defaults, limitsOf, policySettingsOf, thresholdsOf } from '../../../src/config/settings.ts';
import type { PolicyEvent } from '../../../src/policy/pilot.ts';
import { createReplayPilot } from '../../../src/programs/screen/replay-pilot.ts';
import { headlineOf } from '../../../src/recording/headline.ts';
import { createMemoryTape } from '../../../src/recording/memory-tape.ts';
import { openStore } from '../../../src/store/store.ts';
import { createTraveller } from '../../../src/store/travel.ts';
import { demoModels } from '../../ui/stage.tsx';
import { until } from '../../until.ts';

const models = await demoModels(60);

const open = () => {
  const tape = createMemoryTape({ seconds: 3600, bytes: 2 ** 26 });
  for (const model of models) tape.append(model.sample, headlineOf(model));
  tape.note({
    time: models[5]!.time,
    kind: 'policy',
    subject: 'web-1',
    text: 'recorded',
    data: {
      time: models[5]!.time,
      policy: 'mom',
      subject: 'web-1',
      outcome: 'asked',
      text: 'recorded',
    } satisfies PolicyEvent,
  });
  const store = openStore({
    source: 'recording',
    readOnly: true,
    root: '/',
    privileged: true,
    delay: 1,
    limits: limitsOf(defaults),
    thresholds: thresholdsOf(defaults),
    policy: 'kvmtop',
    messageSeconds: 8,
    only: [],
  });
  const traveller = createTraveller(store, tape, false, Number.POSITIVE_INFINITY);
  const pilot = createReplayPilot(store, tape, policySettingsOf(defaults));
  traveller.go({ kind: 'first' });
  const events = () => store.getState().pilot.events;
  const would = () => events().filter(({ outcome }) => outcome === 'would');
  return { store, traveller, pilot, events, would };
};

describe('a policy in shadow along a recording', () => {
  it('tells what it would have done until the moment that is shown, beside what was recorded', async () => {
    const { store, traveller, pilot, events, would } = open();
    pilot.fly('shadow', 'kvmtop');
    traveller.go({ kind: 'samples', by: 30 });
    await until('what it would have done is told', 20_000, () => would().length > 0);
    expect(store.getState().pilot).toMatchObject({ mode: 'shadow', policy: 'kvmtop' });
    expect(would()[0]).toMatchObject({ policy: 'kvmtop', subject: 'legacy-erp' });
    expect(events().some(({ text }) => text === 'recorded')).toBe(true);
    expect(events().every(({ time }) => time <= models[30]!.time)).toBe(true);
    expect(events().map(({ time }) => time)).toEqual(
      events()
        .map(({ time }) => time)
        .toSorted((a, b) => a - b),
    );
  });

  it('takes back what lies after the moment, and tells the same again', async () => {
    const { traveller, pilot, events, would } = open();
    pilot.fly('shadow', 'kvmtop');
    traveller.go({ kind: 'last' });
    await until('what it would have done is told', 20_000, () => would().length > 0);
    const all = events();
    traveller.go({ kind: 'first' });
    expect(would()).toEqual([]);
    traveller.go({ kind: 'last' });
    await until('what it would have done is told', 20_000, () => would().length > 0);
    expect(events()).toEqual(all);
  });

  it('leaves only what was recorded when it is ended', async () => {
    const { traveller, pilot, events, would } = open();
    pilot.fly('shadow', 'kvmtop');
    traveller.go({ kind: 'last' });
    await until('what it would have done is told', 20_000, () => would().length > 0);
    pilot.fly('off', 'kvmtop');
    expect(events().map(({ text }) => text)).toEqual(['recorded']);
    traveller.go({ kind: 'samples', by: -1 });
    expect(events().map(({ text }) => text)).toEqual(['recorded']);
  });
});
