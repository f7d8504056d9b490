import { expect, test } from 'vitest';
import type { Need } from '../../../src/fields/field.ts';
import { keptNeeds } from '../../../src/fields/needs.ts';
import { derive } from '../../../src/model.ts';
import type { Finding } from '../../../src/policy/finding.ts';
import { defaultThresholds } from '../../../src/policy/thresholds.ts';
import { createAdvisor } from '../../../src/programs/events/advisor.ts';
import { headlineOf } from '../../../src/recording/headline.ts';
import { createMemoryTape } from '../../../src/recording/memory-tape.ts';
import type { Sample } from '../../../src/sample.ts';
import { createDemoSource } from '../../../src/source/demo.ts';
import { adviceAt } from '../../../src/store/advice.ts';
import { soaking } from '../../soaking.ts';

const start = 1_800_000_000;

/** Four minutes of a live screen, with looks that come late now and then: what it told with each of them, and the tape. */
const watchDemo = async (delay: number) => {
  let now = start;
  const source = createDemoSource({ seed: 7, clock: () => now });
  const advisor = createAdvisor(defaultThresholds, delay);
  const tape = createMemoryTape({ seconds: 3600, bytes: 2 ** 26 });
  const told: (readonly Finding[])[] = [];
  const read: ReadonlySet<Need>[] = [];
  let previous: Sample | undefined;
  for (let look = 0; now < start + 240; look++) {
    read.push(advisor.needs);
    const sample = await source.look(new Set([...keptNeeds, ...advisor.needs]));
    const model = derive(previous, sample);
    previous = sample;
    const { state, events } = advisor.see(model);
    tape.append(sample, headlineOf(model));
    for (const event of events) tape.note(event);
    told.push(state.findings);
    now += delay + (look % 37 === 36 ? 7 : 0.02);
  }
  await source.close();
  return { tape, told, read };
};

const nameOf = ({ id, subject, since }: Finding): string => `${id} of ${subject} since ${since}`;

test.each(soaking ? [0.5, 1, 2, 5, 10] : [1, 5])(
  'what is told live every %d s is told of the tape, at each look',
  async delay => {
    const { tape, told } = await watchDemo(delay);
    expect(told.at(-1)?.length).toBeGreaterThan(3);
    const at = (id: number) => adviceAt(tape, id, defaultThresholds).findings;
    // Played on.
    told.forEach((findings, index) => {
      expect(at(index + 1), `look ${index + 1}`).toEqual(findings);
    });
    // Jumped to: but for those within their hysteresis, and those have begun when they were told.
    expect(at(1)).toEqual([]);
    for (const id of [tape.last - 1, Math.floor(tape.last / 2), Math.floor(tape.last / 3)]) {
      const shown = at(id).map(nameOf);
      const all = (told[id - 1] ?? []).map(nameOf);
      expect(all).toEqual(expect.arrayContaining(shown));
      expect(shown.length).toBeGreaterThan(all.length / 2);
    }
  },
);

test('what only the advisor needs is read for two or three looks out of five', async () => {
  const { read } = await watchDemo(1);
  const times = read.filter(needs => needs.size > 0).length;
  expect(times / read.length).toBeGreaterThan(0.38);
  expect(times / read.length).toBeLessThan(0.6);
});
