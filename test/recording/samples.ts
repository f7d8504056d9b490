import { everything } from '../../src/fields/needs.ts';
import { derive } from '../../src/model.ts';
import { type Headline, headlineOf } from '../../src/recording/headline.ts';
import type { Sample } from '../../src/sample.ts';
import { createDemoSource } from '../../src/source/demo.ts';

/** Wall clock at which the demo of these tests begins, seconds. */
export const begin = 1_800_000_000;

/** A demo that goes on when more of it is wanted: what it looked like already is known. */
const startDemo = (delay: number): ((count: number) => Promise<readonly Sample[]>) => {
  let now = begin;
  const source = createDemoSource({ clock: () => now });
  const samples: Sample[] = [];
  let grown: Promise<unknown> = Promise.resolve();
  return async count => {
    grown = grown.then(async () => {
      for (; samples.length < count; now += delay) samples.push(await source.look(everything));
    });
    await grown;
    return samples.slice(0, count);
  };
};
const demos = new Map<number, ReturnType<typeof startDemo>>();

/** What a demo looks like `count` times, `delay` seconds apart, with all that fields need. */
export const demoSamples = (count: number, delay = 1): Promise<readonly Sample[]> => {
  const demo = demos.get(delay) ?? startDemo(delay);
  demos.set(delay, demo);
  return demo(count);
};

/** Of the same demo a few guests: of what is about samples and not about their size, that is all that a test needs. */
export const fewSamples = async (count: number): Promise<readonly Sample[]> =>
  (await demoSamples(count)).map(({ guests, ...rest }) => ({ ...rest, guests: guests.slice(0, 4) }));

const told = new WeakMap<Sample, { readonly after: Sample | undefined; readonly headline: Headline }>();

/** The headline of each, with the rates since the one before it. */
export const headlinesOf = (samples: readonly Sample[]): readonly Headline[] =>
  samples.map((sample, index) => {
    const after = samples[index - 1];
    const known = told.get(sample);
    if (known && known.after === after) return known.headline;
    const headline = headlineOf(derive(after, sample));
    told.set(sample, { after, headline });
    return headline;
  });
