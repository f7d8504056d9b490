import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { openDesk } from './kvmtop.ts';

const folder = mkdtempSync(join(tmpdir(), 'kvmtop-report-'));
const desk = openDesk();
afterAll(async () => {
  await desk.close();
  rmSync(folder, { recursive: true });
});

test('what was recorded becomes a page, with uPlot in it', async () => {
  const [recording, page] = [join(folder, 'demo.kvmtop'), join(folder, 'page.html')];
  expect(await desk.run(['record', recording, '--demo', '-d', '0.2', '--for', '2s'])).toMatchObject({ code: 0 });
  expect(await desk.run(['report', recording, '-o', page])).toEqual({ code: 0, stdout: '', stderr: '' });
  const html = readFileSync(page, 'utf8');
  expect(html).toMatch(/^<!doctype html>/);
  expect(html).toContain('<h1>demo</h1>');
  expect(html).toContain('.u-cursor-x');
  expect(html).toContain('data-plot="ledger"');
  expect(statSync(page).mode & 0o777).toBe(0o600);

  expect(await desk.run(['report', page, '-o', '-'])).toEqual({
    code: 1,
    stdout: '',
    stderr: `kvmtop: ${page} is no recording of kvmtop: choose another file\n`,
  });
  expect(await desk.run(['report', recording])).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('-o OUT.html'),
  });
});
