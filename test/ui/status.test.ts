import { expect, it } from 'vitest';
import { type Following, startFollowing } from '../../src/actions/follow.ts';
import type { State } from '../../src/store/store.ts';
import { glyphsFor } from '../../src/ui/glyphs.ts';
import { plain } from '../../src/ui/line.ts';
import type { Canvas } from '../../src/ui/panes/pane.ts';
import { hasStatus, statusPane } from '../../src/ui/panes/status.ts';
import { GiB, MiB } from '../../src/units.ts';

const drawn = (following: Following, ascii = false): string[] => {
  const state = { following: [following] } as unknown as State;
  expect(hasStatus(state)).toBe(true);
  return statusPane({ state, glyphs: glyphsFor(ascii, false) } as Canvas).map(plain);
};

const migration = startFollowing({ kind: 'migration', guest: '1.1', name: 'web-1', target: 'completed' }, 0);
const balloon = { kind: 'balloon', guest: '1.1', name: 'db', from: 4 * GiB, target: 2 * GiB } as const;

it('a migration has a bar, its rate, what is written meanwhile, and the time left', () => {
  const ram = {
    total: 4 * GiB,
    remaining: 2 * GiB,
    mbps: (120 * MiB * 8) / 1e6,
    'dirty-pages-rate': 2560,
    'dirty-sync-count': 2,
    'page-size': 4096,
  };
  const following: Following = { ...migration, migration: { status: 'active', values: {}, ram } };
  expect(drawn(following)).toEqual([
    '[████░░░░] 50% web-1: migrating, 2.00 GiB of 4.00 GiB left at 120 MiB/s, dirty 10.0 MiB/s, 19s to go',
  ]);
  expect(drawn(following, true)[0]).toMatch(/^\[####\.\.\.\.\] 50% web-1/);
});

it('there is no bar before anything is known of it', () => {
  expect(drawn(migration)).toEqual(['web-1: migration asked for']);
});

it.each([
  [4, '[░░░░░░░░] 0%'],
  [3, '[████░░░░] 50%'],
  [2, '[████████] 100%'],
  // It went the wrong way.
  [5, '[░░░░░░░░] 0%'],
])('a balloon at %s GiB of 4 on its way to 2 is %s', (gib, bar) => {
  const [line = ''] = drawn({ ...startFollowing(balloon, 0), actual: gib * GiB });
  expect(line.slice(0, bar.length)).toBe(bar);
});
