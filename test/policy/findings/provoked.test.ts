import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { rules } from '../../../src/policy/rules.ts';
import { provokedIn } from '../../lab/findings/provoked.ts';

const lab = join(import.meta.dirname, '../../lab/findings');

it('every finding is provoked for real somewhere in the lab, where it is silent, too', () => {
  expect(Object.keys(provokedIn).sort()).toEqual(rules.map(({ id }) => id).sort());
  for (const [id, file] of Object.entries(provokedIn)) {
    const text = readFileSync(join(lab, file), 'utf8');
    const seen = new RegExp(`(tells|toldIn|toldNow)\\([^)]*'${id}'`);
    const gone = new RegExp(`(ends|silent)\\('${id}'|toldIn\\((after|await snapshot\\(desk\\)), '${id}'`);
    expect({ id, seen: seen.test(text), gone: gone.test(text) }).toEqual({ id, seen: true, gone: true });
  }
});
