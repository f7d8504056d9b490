import { describe, expect, it } from 'vitest';
import { whatIf } from '../../src/export/what-if.ts';
import type { Model } from '../../src/model.ts';
import { GiB, MiB } from '../../src/units.ts';
import { capturedModel, planOf, withMeminfo } from '../actions/hosts.ts';
import { well } from '../policy/findings/looks.ts';

const told = (model: Model, line: string): string => `\n${whatIf(model, planOf(model, line)).join('\n')}\n`;

/** 20 GiB are claimed beyond what it holds. */
const large = well({ name: 'db', monitor: { memory: { 'base-memory': 23 * GiB, 'plugged-memory': 0 } } });

describe('what if', () => {
  it('the amounts that change stand beside those of now', () => {
    expect(
      told(
        capturedModel('debian12-1node', () => ({}), [well({ status: { RssAnon: 2.5 * GiB } })]),
        'balloon web-1 2G',
      ),
    ).toMatchInlineSnapshot(`
      "
            guests  available
      now    16.1M      23.1G
      then      0B      23.6G  at least
      then      0B      24.1G  at most
      "
    `);
  });

  it('it is said where another amount would be missing if every guest claimed its maximum', () => {
    const model = capturedModel('debian12-1node', withMeminfo({ MemAvailable: 8.8 * GiB }), [large]);
    expect(told(model, 'hugepages 2M +512')).toMatchInlineSnapshot(`
      "
            pool free   free  available  CommitLimit
      now          0B  22.8G      8.80G        11.8G
      then      1.00G  21.8G      7.80G        11.3G  if the kernel finds them all
      if every guest claims its maximum then: short by 12.2 GiB (now: short by 11.2 GiB)
      "
    `);
  });

  it('nothing is said where nothing is foreseen, or nothing would change', () => {
    const model = capturedModel('debian12-1node', () => ({}), [well()]);
    expect(whatIf(model, planOf(model, 'ksm run'))).toEqual([]);
    expect(whatIf(model, planOf(model, 'sysctl vm.overcommit_memory 1'))).toEqual([]);
    expect(whatIf(model, planOf(model, 'sysctl vm.swappiness 10'))).toEqual([]);
  });

  it('what is unknown stays unknown, and is no change', () => {
    const blind = capturedModel(
      'debian12-1node',
      ({ meminfo: { MemAvailable: _gone, ...rest } = {} }) => ({ meminfo: rest }),
      [well()],
    );
    const [head, , then] = whatIf(blind, planOf(blind, 'balloon web-1 max'));
    expect(head).not.toContain('available');
    expect(then).toMatch(/once all of it is used$/);
    expect(whatIf(blind, planOf(blind, 'hugepages 2M +16')).join()).not.toContain('claims');
  });

  it('it fits beside a dialog of 80 columns, whatever changes', () => {
    const guests = [well({ id: '1.1', name: 'a' }), well({ id: '2.1', name: 'b', launch: { backend: 'shared' } })];
    const model = capturedModel('debian12-1node', withMeminfo({ MemFree: 300 * MiB, Cached: 9 * GiB }), guests);
    const rows = whatIf(model, planOf(model, 'balloons a 2G b 4G'));
    expect(rows.length).toBeLessThanOrEqual(4);
    for (const row of rows) expect(row.length).toBeLessThanOrEqual(80);
  });
});
