import { describe, expect, test } from 'vitest';
import { escaped } from '../src/docs/markdown.ts';
import { outdated, pages } from '../src/docs.ts';
import { guestFields } from '../src/fields/guest.ts';
import { rules } from '../src/policy/rules.ts';
import { keyNames } from '../src/ui/keys/names.ts';
import { keys } from '../src/ui/keys.ts';

test('the made pages are what the tables say', () => {
  expect(outdated(), 'run: npm run docs').toEqual([]);
});

const page = (name: string): string => pages[name]?.() ?? '';

test('each field has its row, a counter with its two names', () => {
  const rows = page('fields.md').split('\n');
  for (const [id, field] of Object.entries(guestFields)) {
    const name = field.kind === 'gauge' ? `\`${id}\`` : `\`${id}_rate\` \`${id}_total\``;
    expect(rows.filter(row => row.startsWith(`| ${name} | `) && row.includes(escaped(field.help)))).not.toEqual([]);
  }
});

test('each rule of the findings has its row', () => {
  const rows = page('findings.md').split('\n');
  for (const { id, help } of rules)
    expect(rows.filter(row => row.startsWith(`| \`${id}\` | `) && row.includes(escaped(help)))).toHaveLength(1);
});

test('each key is told, with what it does', () => {
  for (const key of keys) {
    expect(page('keys.md')).toContain(escaped(key.help));
    expect(page('kvmtop.1')).toContain(`.B ${keyNames(key).replaceAll('-', '\\-')}\n`);
  }
});

describe('tables stay tables', () => {
  test.each(['config.md', 'fields.md', 'findings.md', 'keys.md'])('%s', name => {
    const rows = page(name)
      .split('\n')
      .filter(row => row.startsWith('|'));
    const cells = rows.map(row => row.replaceAll('\\|', '').split('|').length);
    let width = 0;
    for (const [index, count] of cells.entries()) {
      // A head is the row before the dashes.
      if (rows[index + 1]?.startsWith('| --- ')) width = count;
      expect([rows[index], count]).toEqual([rows[index], width]);
    }
    expect(rows.length).toBeGreaterThan(10);
  });
});

test('no line of the manual is a request by mistake', () => {
  const requests = page('kvmtop.1')
    .split('\n')
    .filter(row => /^[.']/.test(row))
    .map(row => /^['.]\S*/.exec(row)?.[0]);
  const known = ['.\\"', '.TH', '.SH', '.SS', '.TP', '.B', '.I', '.IR', '.nf', '.fi'];
  expect(requests.filter(request => !known.includes(request ?? ''))).toEqual([]);
});
