import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { csvHead, toCsv } from '../../src/export/csv.ts';
import { toJson } from '../../src/export/json.ts';
import { derive } from '../../src/model.ts';
import { sample } from '../samples.ts';
import { model, named, steering } from './models.ts';

/** A small reader of RFC 4180, one character at a time. */
const parseCsv = (text: string): string[][] => {
  const rows: string[][] = [];
  let row: string[] = [];
  let cell = '';
  let quoted = false;
  for (let at = 0; at < text.length; at++) {
    const character = text[at] ?? '';
    if (quoted) {
      if (character !== '"') cell += character;
      else if (text[at + 1] === '"') {
        cell += '"';
        at += 1;
      } else quoted = false;
    } else if (character === '"') {
      if (cell !== '') throw new Error(`a quote inside a bare cell, at ${at}`);
      quoted = true;
    } else if (character === ',' || character === '\n') {
      row.push(cell);
      cell = '';
      if (character === '\n') {
        rows.push(row);
        row = [];
      }
    } else cell += character;
  }
  if (quoted || cell !== '' || row.length > 0) throw new Error('it ends inside a row');
  return rows;
};

const head = parseCsv(csvHead)[0] ?? [];

const records = (csv: string): Record<string, string>[] =>
  parseCsv(csv).map(row => {
    expect(row).toHaveLength(head.length);
    return Object.fromEntries(row.map((cell, at) => [head[at] ?? '', cell]));
  });

/** Known numbers of a row. */
const numbers = (record: Record<string, string> | undefined): Record<string, number> =>
  Object.fromEntries(
    Object.entries(record ?? {})
      .filter(
        ([name, cell]) =>
          cell !== '' && !['time', 'kind', 'id', 'name', 'pid', 'vmm', 'monitor', 'state'].includes(name),
      )
      .map(([name, cell]) => [name, Number(cell)]),
  );

describe('rows', () => {
  test('head, host and guests', async () => {
    await expect(csvHead + toCsv(model())).toMatchFileSnapshot('../../snapshots/stream.csv');
  });

  test('no column appears twice', () => {
    expect(new Set(head).size).toBe(head.length);
  });

  test('have the numbers of the JSON, under the same names', () => {
    const json = toJson(model());
    const [host, first, second, ...rest] = records(toCsv(model()));
    expect(rest).toEqual([]);
    expect(host).toMatchObject({ kind: 'host', name: 'two-nodes', time: json.time, pid: '' });
    expect(numbers(host)).toEqual(json.host);
    const { id, name, pid, vmm, manager, backend, monitor, state, ...known } = json.guests[0] ?? {};
    expect(first).toMatchObject({ kind: 'guest', id, name, pid: String(pid), vmm, monitor, state });
    expect([manager, backend]).toEqual(['proxmox', 'anon']);
    expect(numbers(first)).toEqual(known);
    expect(second).toMatchObject({ kind: 'guest', monitor: 'busy', balloon_actual: '' });
  });

  test('a negative number is a number, not a formula', () => {
    expect(records(toCsv(model()))[1]?.['ksm_profit']).toBe('-64');
  });
});

const csvOf = (...names: string[]) => records(toCsv(derive(undefined, sample({ guests: names.map(named) }))));

describe('names', () => {
  test('are never a formula, more cells, more rows or a control character', () => {
    const start = fc.constantFrom('', '=', '+', '-', '@', '＝', ' =', '\t=', '\r@', '"', ',', '\n');
    fc.assert(
      fc.property(start, fc.string({ unit: 'binary' }), (first, rest) => {
        const rows = csvOf(first + rest, 'next');
        expect(rows.map(row => row['kind'])).toEqual(['host', 'guest', 'guest']);
        expect(rows[1]?.['name']).not.toMatch(/^\s*[=+\-@＝＋－＠]/);
        expect(rows[1]?.['name']).not.toMatch(steering);
        expect(rows[1]?.['name']).not.toContain('\n');
        expect(rows[2]?.['name']).toBe('next');
      }),
    );
  });

  test('that are harmless come back as they were', () => {
    const harmless = fc
      .string({ unit: 'grapheme' })
      .filter(name => !steering.test(name) && !/^\s*[=+\-@＝＋－＠]|\n/.test(name));
    fc.assert(
      fc.property(harmless, name => {
        expect(csvOf(name)[1]?.['name']).toBe(name);
      }),
    );
  });

  test('with blanks at an end are quoted, since many readers drop them there', () => {
    const cell = (name: string): string | undefined =>
      toCsv(derive(undefined, sample({ guests: [named(name)] })))
        .split('\n')[1]
        ?.split(',')[3];
    expect(cell(' before')).toBe('" before"');
    expect(cell('after ')).toBe('"after "');
    expect(cell('in between')).toBe('in between');
  });

  test.each([
    ['=1+1', "'=1+1"],
    ['a "b", c', 'a "b", c'],
    ['two\nlines', 'two\ufffdlines'],
    ['-m 4G', "'-m 4G"],
  ])('%j is told as %j', (name, told) => {
    expect(csvOf(name)[1]?.['name']).toBe(told);
  });
});
