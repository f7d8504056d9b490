import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import type { Need } from '../../src/fields/field.ts';
import type { Surroundings } from '../../src/programs/surroundings.ts';
import type { Sample } from '../../src/sample.ts';
import type { Source } from '../../src/source/source.ts';
import { samples } from '../export/models.ts';
import { surroundings } from './surroundings.ts';

export interface Watched extends Source {
  /** When each look was, milliseconds on the monotonic clock. */
  readonly looks: readonly number[];
  readonly wanted: ReadonlySet<Need>[];
}

/** A source whose clock is two seconds further at every look; `meanwhile` is called before each. */
export const watchedSource = (meanwhile: (look: number) => void = () => undefined): Watched => {
  const [first, later] = samples();
  const looks: number[] = [];
  const wanted: ReadonlySet<Need>[] = [];
  return {
    kind: 'demo',
    looks,
    wanted,
    async look(needs): Promise<Sample> {
      meanwhile(looks.length);
      looks.push(performance.now());
      wanted.push(needs);
      const seconds = 2 * looks.length;
      return {
        ...(looks.length === 1 ? first : later),
        time: first.time + seconds,
        monotonic: first.monotonic + seconds,
      };
    },
    close: async () => undefined,
  };
};

/** Runs a program that prints, and gives what it printed once it is done. */
export const printed = async (
  program: (around: Surroundings) => Promise<void>,
  changes: Partial<Surroundings> = {},
): Promise<string> => {
  const out = new PassThrough();
  const all = text(out);
  await program(surroundings({ stdout: out, ...changes })).finally(() => out.end());
  return all;
};
