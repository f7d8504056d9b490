import { describe, expect, it } from 'vitest';
import { polling } from '../../../src/actions/balloon/polling.ts';
import { derive, type Model } from '../../../src/model.ts';
import type { BalloonSample, GuestSample } from '../../../src/sample.ts';
import { guest, sample } from '../../samples.ts';

const request = { action: 'polling', words: [] };
const path = '/machine/peripheral/balloon0';

const modelOf = (balloon: BalloonSample, more: Partial<GuestSample> = {}): Model =>
  derive(undefined, sample({ guests: [guest({ monitor: { state: 'ok', balloon }, ...more })] }));
const planned = (model: Model, seconds: number) => polling.plan(model, { guest: '100.5000', seconds }, request);

describe('how often a guest reports', () => {
  it.each([
    [0, 2, 'Have web-1 report its memory every 2 s'],
    [2, 0, 'Have web-1 report its memory no more'],
  ])('is set from %i s to %i, and back', (before, seconds, summary) => {
    const plan = planned(modelOf({ device: true, path, pollingInterval: before }), seconds);
    expect(plan).toEqual({
      request,
      subject: 'web-1',
      summary,
      steps: [
        {
          kind: 'qmp',
          guest: '100.5000',
          name: 'web-1',
          command: 'qom-set',
          arguments: { path, property: 'guest-stats-polling-interval', value: seconds },
        },
      ],
      effect: [expect.stringMatching(/^guest: its driver wakes/)],
      warnings: [],
      undo: { action: 'polling', words: ['100.5000', String(before)] },
    });
  });

  it.each<[string, Model, RegExp]>([
    ['what it is', modelOf({ device: true, path, pollingInterval: 2 }), /so already/],
    ['an interval that is not told', modelOf({ device: true, path }), /does not tell its interval/],
    ['a device whose place is not known', modelOf({ device: true, pollingInterval: 0 }), /was not found/],
    ['a guest without', modelOf({ device: false }), /no balloon device/],
    ['a VMM that can’t', modelOf({ device: true, pollingInterval: 0 }, { vmm: 'firecracker' }), /Firecracker/],
    ['a monitor that is busy', modelOf({ device: true }, { monitor: { state: 'busy' } }), /does not answer/],
    ['a guest that has ended', derive(undefined, sample({})), /gone/],
  ])('is not set where there is %s', (_what, model, reason) => {
    const { refusal, steps } = planned(model, 2);
    expect(refusal).toEqual({ reason: expect.stringMatching(reason), forceable: false });
    expect(steps).toEqual([]);
  });

  const model = modelOf({ device: true, path, pollingInterval: 0 });
  it.each([
    ['0', 0],
    ['9999', 9999],
  ])('may be %s', (word, seconds) => {
    expect(polling.parse(model, ['web-1', word])).toEqual({ guest: '100.5000', seconds });
  });

  it.each([
    [],
    ['web-1'],
    ['web-1', '-1'],
    ['web-1', '1.5'],
    ['web-1', '2s'],
    ['web-1', 'a2'],
    ['web-1', '10000'],
    ['web-1', '2', '3'],
  ])('may not be %j %j %j', (...words) => {
    expect(() => polling.parse(model, words)).toThrow(/polling takes GUEST SECONDS/);
  });
});
