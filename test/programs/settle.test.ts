import { expect, it } from 'vitest';
import { defaults, patienceOf } from '../../src/config/settings.ts';
import { derive, type Model } from '../../src/model.ts';
import { settledModel } from '../../src/programs/settle.ts';
import { guest, sample } from '../samples.ts';
import { hastyClock } from './surroundings.ts';

/** When the monitor that answers after `seconds` is told, and as what. */
const settled = async (seconds: number, settings = defaults): Promise<readonly [string | undefined, number]> => {
  const clock = hastyClock();
  const look = async (): Promise<Model> => {
    const state = clock.steady() < seconds ? 'unasked' : 'ok';
    return derive(undefined, sample({ guests: [guest({ monitor: { state } })] }));
  };
  const model = await settledModel(look, clock, patienceOf(settings));
  return [model.guests[0]?.sample.monitor.state, Math.round(clock.steady())];
};

it('waits for monitors as long as the settings let them greet and answer', async () => {
  expect(await settled(0)).toEqual(['ok', 0]);
  expect(await settled(2)).toEqual(['ok', 2]);
  expect(await settled(10)).toEqual(['unasked', 3]);
  const patient = { ...defaults, 'monitor.greeting_seconds': 20, 'monitor.round_seconds': 30 };
  expect(await settled(40, patient)).toEqual(['ok', 40]);
});

it('waits longer for the guest that is meant, whose monitor others hold, but not for one that is stopped', async () => {
  const waited = async (words: readonly string[], state: 'busy' | 'unasked', status = 'S'): Promise<number> => {
    const clock = hastyClock();
    const look = async (): Promise<Model> => {
      const now = clock.steady() < 9 ? state : 'ok';
      return derive(undefined, sample({ guests: [guest({ process: { state: status }, monitor: { state: now } })] }));
    };
    const told: string[] = [];
    await settledModel(look, clock, patienceOf(defaults), { words, tell: text => told.push(text) });
    const took = Math.round(clock.steady());
    expect(told).toEqual(took > 3 ? ['web-1: its monitor does not answer yet; waiting up to 15 s'] : []);
    return took;
  };
  expect(await waited(['web-1', '2G'], 'busy')).toBe(9);
  expect(await waited(['web-1', '2G'], 'unasked')).toBe(9);
  expect(await waited(['db-1', '2G'], 'unasked')).toBe(3);
  expect(await waited([], 'busy')).toBe(0);
  expect(await waited(['web-1', '2G'], 'busy', 'T')).toBe(0);
});
