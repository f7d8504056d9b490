import { afterEach, expect, it } from 'vitest';
import { csvHead, toCsv } from '../../src/export/csv.ts';
import { jsonText, toJson } from '../../src/export/json.ts';
import { toText } from '../../src/export/text.ts';
import { showSizesIn } from '../../src/units.ts';
import { model } from './models.ts';

afterEach(() => showSizesIn('binary'));

it('text for people shows sizes as the operator wants them', async () => {
  showSizesIn('decimal');
  await expect(toText(model())).toMatchFileSnapshot('../../snapshots/snapshot-decimal.txt');
});

it('scripts get bytes, however sizes are shown', () => {
  const exported = (): string[] => [jsonText(toJson(model()), 'indented'), csvHead, toCsv(model())];
  const binary = exported();
  showSizesIn('decimal');
  expect(exported()).toEqual(binary);
});
