import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openDesk } from '../pty/kvmtop.ts';
import { describeLab } from './describe.ts';
import { type Lab, startLab } from './lab.ts';
import { prefix } from './oracle.ts';

interface Seen {
  readonly name: string;
  readonly monitor: string;
  readonly monitor_age?: number;
}

/** Looks of each kvmtop; those at first are of a start. */
const [looks, first] = [30, 4];

describeLab('five kvmtops at the same monitors', () => {
  let lab: Lab<'id' | 'noid' | 'nodriver' | 'memfd' | 'bare'>;
  const desk = openDesk();
  beforeAll(async () => {
    lab = await startLab(['id', 'noid', 'nodriver', 'memfd', 'bare'], prefix);
  });
  afterAll(async () => {
    await desk.close();
    await lab?.stop();
  });

  test('each have their turn: few looks find one busy, and no answer is old', async () => {
    const guests = Object.values(lab.guests);
    const only = ['-p', guests.map(({ pid }) => pid).join()];
    const live = desk.open(only, { columns: 160, rows: 40 });
    const auto = desk.open(['auto', ...only]);
    const record = desk.run(['record', join(desk.folder, '../host.kvmtop'), '-d', '1', '--for', `${looks}s`], 180_000);
    const stream = () => desk.run(['stream', '--format', 'ndjson', '-d', '1', '-n', String(looks), ...only], 180_000);
    const streams = await Promise.all([stream(), stream()]);
    expect((await record).code).toBe(0);
    for (const { code, stdout } of streams) {
      expect(code).toBe(0);
      const seen = stdout
        .trimEnd()
        .split('\n')
        .slice(first)
        .flatMap(line => JSON.parse(line).guests as Seen[]);
      expect(seen).toHaveLength((looks - first) * guests.length);
      const busy = seen.filter(({ monitor }) => monitor !== 'ok').length;
      const ages = seen.map(({ monitor_age: age }) => age ?? Number.POSITIVE_INFINITY).sort((a, b) => a - b);
      // About half were, when nobody waited for a turn.
      expect(busy / seen.length).toBeLessThan(0.2);
      expect(ages.at(-1)).toBeLessThan(5);
    }
    for (const one of [live, auto]) one.signal('SIGTERM');
    expect((await Promise.all([live.exit, auto.exit])).map(({ code }) => code)).toEqual([0, 0]);
  }, 200_000);
});
