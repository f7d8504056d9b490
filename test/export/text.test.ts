import fc from 'fast-check';
import stringWidth from 'string-width';
import { describe, expect, test } from 'vitest';
import { toText } from '../../src/export/text.ts';
import { derive } from '../../src/model.ts';
import { sample } from '../samples.ts';
import { findings, model, named, steering } from './models.ts';

const textOf = (name: string, ascii = false): string =>
  toText(derive(undefined, sample({ guests: [named(name), named('next')] })), { ascii });

/** The row of the guest table that starts with `name`. */
const rowOf = (text: string, name: string): string => text.split('\n').find(line => line.startsWith(name)) ?? '';

test('host, ledger and guests', async () => {
  await expect(toText(model(), { findings: findings() })).toMatchFileSnapshot('../../snapshots/snapshot.txt');
});

test('the same in ASCII', async () => {
  const text = toText(model(), { ascii: true });
  expect(text).toMatch(/^[\n -~]*$/);
  await expect(text).toMatchFileSnapshot('../../snapshots/snapshot-ascii.txt');
});

test('what is unknown is a dash with its reason, not a zero', () => {
  const text = textOf('dark');
  expect(rowOf(text, 'dark').split(/ +/)).toEqual(['dark', 'unknown', 'unasked', '100', ...Array(11).fill('–')]);
  expect(text).toContain('– BALLOON USED AGE GMAJFLT of dark, next: its monitor has not answered yet\n');
});

test('no guest at all is said', () => {
  expect(toText(derive(undefined, sample({})))).toContain('\nNo guests\n');
});

test('a reason that many guests share is told once', () => {
  const guests = ['a', 'b', 'c', 'd'].map(named);
  expect(toText(derive(undefined, sample({ guests })))).toContain(' of 4 guests: its process could not be read\n');
});

describe('findings', () => {
  const [finding] = findings();

  test('are told with their fix, and harmlessly', () => {
    const fix = { action: 'balloon', words: ['a\u001b[2J\nb', '1G'] };
    const hostile = { severity: 'critical', subject: 'x\u009b\ny', text: 'Is\u202e short.' } as const;
    const text = toText(model(), { findings: [{ ...finding!, ...hostile, fix }] });
    expect(text).toContain(
      "\n\nFindings\ncritical: x\ufffd\ufffdy: Is\ufffd short.\n  fix: kvmtop do balloon 'a\ufffd[2J\ufffdb' 1G\n",
    );
  });

  test('beyond the ten most urgent are only counted', () => {
    const many = Array.from({ length: 12 }, (_, at) => ({ ...finding!, subject: `guest-${at}` }));
    const text = toText(model(), { findings: many });
    expect(text).toContain(': guest-9: ');
    expect(text).not.toContain(': guest-10: ');
    expect(text).toContain('\nand 2 more\n');
  });

  test('there are none, and nothing is said', () => {
    expect(toText(model())).not.toContain('Findings');
  });
});

describe('names', () => {
  test('add no line, no control character, and nothing but ASCII where that is asked for', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.boolean(), (name, ascii) => {
        const text = textOf(name, ascii);
        expect(text).not.toMatch(steering);
        expect(text.split('\n')).toHaveLength(textOf('plain').split('\n').length);
        if (ascii) expect(text).toMatch(/^[\n -~]*$/);
      }),
    );
  });

  test('of wide characters keep the columns aligned', () => {
    const text = textOf('見る');
    const beforeState = (row: string): number => stringWidth(row.slice(0, row.indexOf('unknown')));
    expect(beforeState(rowOf(text, '見る'))).toBe(beforeState(rowOf(text, 'next')));
  });
});
