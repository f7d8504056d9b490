import { everything } from '../../src/fields/needs.ts';
import { derive } from '../../src/model.ts';
import { type Headline, headlineOf } from '../../src/recording/headline.ts';
import type { Sample } from '../../src/sample.ts';
import { createDemoSource } from '../../src/source/demo.ts';

/** Wall clock at which the demo of these tests begins, seconds. */
export const begin = 1_800_000_000;

/** What a demo looks like `count` times, `delay` seconds apart, with all that fields need. */
export const demoSamples = async (count: number, delay = 1): Promise<readonly Sample[]> => {
  let now = begin;
  const source = createDemoSource({ clock: () => now });
  const samples: Sample[] = [];
  for (let i = 0; i < count; i++) {
    samples.push(await source.look(everything));
    now += delay;
  }
  return samples;
};

export const headlinesOf = (samples: readonly Sample[]): readonly Headline[] =>
  samples.map((sample, index) => headlineOf(derive(samples[index - 1], sample)));
