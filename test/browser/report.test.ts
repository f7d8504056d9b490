import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Locator, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
// @ts-expect-error: a build script, without types.
import { pageAssets as untyped } from '../../esbuild.config.mjs';
import type { PageAssets } from '../../src/export/report/document.ts';
import { gather } from '../../src/export/report/gather.ts';
import { reportPage } from '../../src/export/report/page.ts';
import type { Sample } from '../../src/sample.ts';
import { begin, demoDelay, demoPause, demoSamples, tapeOf } from '../export/report/tapes.ts';
import { openBrowser, openPage, whyNoBrowser } from './chromium.ts';

const pageAssets = untyped as () => Promise<PageAssets>;

const hostile = `</script><img src=x onerror=alert(1)>"'\u001b[2J\u202e`;
const looks = 300;

/** The demo, with one guest of an evil name. */
const renamed = (sample: Sample): Sample => ({
  ...sample,
  guests: sample.guests.map(guest => (guest.name === 'vdi-01' ? { ...guest, name: hostile } : guest)),
});

if (whyNoBrowser !== undefined && process.env['KVMTOP_LAB'] === 'require') throw new Error(whyNoBrowser);

describe.skipIf(whyNoBrowser !== undefined)(`a report in Chromium${whyNoBrowser ? ` (${whyNoBrowser})` : ''}`, () => {
  const folder = mkdtempSync(join(tmpdir(), 'kvmtop-report-'));
  const path = join(folder, 'report.html');
  const change = begin + 100;
  let browser: Browser;

  beforeAll(async () => {
    const samples = (await demoSamples(looks)).map(renamed);
    const tape = tapeOf(samples, [
      { time: change, kind: 'action', subject: hostile, text: `balloon ${hostile}`, data: { user: hostile } },
      { time: change + 60, kind: 'finding', subject: 'host', text: hostile, data: { severity: 'critical' } },
    ]);
    const page = reportPage(
      gather(tape, 0, looks - 1),
      { offset: 3600, version: '1.2.3', made: begin },
      await pageAssets(),
    );
    writeFileSync(path, page);
    browser = await openBrowser();
  });
  afterEach(() => Promise.all(browser.contexts().map(context => context.close())));
  afterAll(async () => {
    await browser.close();
    rmSync(folder, { recursive: true });
  });

  /** The part of a plot that is neither axis nor label. */
  const area = (page: Page, id: string): Locator => page.locator(`[data-plot="${id}"] .u-over`);

  const hover = async (page: Page, id: string, part: number): Promise<void> => {
    await area(page, id).scrollIntoViewIfNeeded();
    const box = await area(page, id).boundingBox();
    await page.mouse.move((box?.x ?? 0) + (box?.width ?? 0) * part, (box?.y ?? 0) + (box?.height ?? 0) / 2);
  };

  const legend = (page: Page, id: string): Promise<string[]> =>
    page.locator(`[data-plot="${id}"] + .legend output`).allTextContents();

  /** Different colours in a plot's canvas. */
  const colours = (page: Page, id: string): Promise<number> =>
    page.locator(`[data-plot="${id}"] canvas`).evaluate(canvas => {
      const context = (
        canvas as unknown as { getContext(kind: '2d'): Context; width: number; height: number }
      ).getContext('2d');
      const { width, height } = canvas as unknown as { width: number; height: number };
      return new Set(new Uint32Array(context.getImageData(0, 0, width, height).data.buffer)).size;
    });

  interface Context {
    getImageData(
      x: number,
      y: number,
      width: number,
      height: number,
    ): { readonly data: { readonly buffer: ArrayBuffer } };
  }

  const moment = (page: Page): Promise<string | null> => page.locator('#moment').textContent();

  test('draws, fetches nothing, and complains of nothing', async () => {
    const { page, requests, complaints } = await openPage(browser, path);
    for (const id of ['ledger', 'memory', 'swap', 'pressure', 'ksm', 'pool-2097152'])
      expect(await colours(page, id), id).toBeGreaterThan(2);
    await page.locator('summary').click();
    await expect.poll(() => page.locator('details canvas').count()).toBeGreaterThan(4);
    expect(requests).toEqual([`file://${path}`]);
    expect(complaints).toEqual([]);
  });

  test('hostile names stay text', async () => {
    const { page, complaints } = await openPage(browser, path);
    expect(await page.locator('img, svg, iframe').count()).toBe(0);
    await expect
      .poll(() => page.locator('h3').allTextContents())
      .toContain(`</script><img src=x onerror=alert(1)>"'\ufffd[2J\ufffd`);
    await hover(page, 'memory', 100 / ((looks - 1) * demoDelay + demoPause - demoDelay));
    await expect.poll(() => page.locator('#event').textContent()).toContain('onerror=alert(1)');
    expect(complaints).toEqual([]);
  });

  test('the cursor is one for all plots: legends tell the values there, in the clock of the report', async () => {
    const { page } = await openPage(browser, path);
    const atEnd = await legend(page, 'memory');
    expect(await moment(page)).toMatch(/^At the end, Mon 23 Nov, 03:11:/);
    expect(atEnd[0]).toMatch(/^\d+(\.\d+)?G$/);
    await hover(page, 'swap', 0.25);
    await expect.poll(() => moment(page)).toMatch(/^Mon 23 Nov, 03:02:5/);
    await expect.poll(() => legend(page, 'memory')).not.toEqual(atEnd);
    const cursors = page.locator('.host .u-cursor-x');
    const places = await cursors.evaluateAll(all =>
      all.map(one => (one as unknown as { style: { transform: string } }).style.transform),
    );
    expect(new Set(places).size).toBe(1);
    expect(places.length).toBeGreaterThan(5);
    // Nothing is known of the pause in the middle.
    await hover(page, 'swap', 0.5);
    await expect.poll(() => legend(page, 'memory')).toEqual(['–', '–']);
  });

  test('dragging zooms all plots, a double click shows all again', async () => {
    const { page } = await openPage(browser, path);
    const reset = page.locator('#reset');
    expect(await reset.isVisible()).toBe(false);
    await hover(page, 'memory', 0.1);
    await page.mouse.down();
    await hover(page, 'memory', 0.2);
    await page.mouse.up();
    await expect.poll(() => reset.isVisible()).toBe(true);
    // The middle of what is shown now, in another plot and in a guest's.
    await hover(page, 'pressure', 0.5);
    await expect.poll(() => moment(page)).toMatch(/^Mon 23 Nov, 03:01:4/);
    const guest = await page.locator('.guest .plot').first().getAttribute('data-plot');
    await hover(page, guest ?? '', 0.99);
    await expect.poll(() => moment(page)).toMatch(/^Mon 23 Nov, 03:02:1/);
    await area(page, 'memory').dblclick();
    await expect.poll(() => reset.isVisible()).toBe(false);
    await hover(page, 'pressure', 0.99);
    await expect.poll(() => moment(page)).toMatch(/^Mon 23 Nov, 03:11:/);
  });

  test('needs no mouse', async () => {
    const { page } = await openPage(browser, path);
    await page.locator('[data-plot="memory"]').focus();
    await page.keyboard.press('Home');
    await expect.poll(() => moment(page)).toBe('Mon 23 Nov, 03:00:00');
    await page.keyboard.press('ArrowRight');
    await expect.poll(() => moment(page)).toBe('Mon 23 Nov, 03:00:02');
    await page.keyboard.press('Shift+ArrowRight');
    await expect.poll(() => moment(page)).toBe('Mon 23 Nov, 03:00:42');
    await page.keyboard.press('+');
    await expect.poll(() => page.locator('#reset').isVisible()).toBe(true);
    expect(await moment(page)).toBe('Mon 23 Nov, 03:00:42');
    await page.keyboard.press('0');
    await expect.poll(() => page.locator('#reset').isVisible()).toBe(false);
  });

  test('a moment of the summary shows itself in the plots', async () => {
    const { page } = await openPage(browser, path);
    await page.locator(`.summary [data-time="${change}"]`).click();
    await expect.poll(() => page.locator('#reset').isVisible()).toBe(true);
    await hover(page, 'ledger', 0.5);
    await expect.poll(() => moment(page)).toBe('Mon 23 Nov, 03:01:40');
  });

  test('a line can be hidden and shown again', async () => {
    const { page } = await openPage(browser, path);
    for (const id of ['ledger', 'memory']) {
      const button = page.locator(`[data-plot="${id}"] + .legend button`).first();
      const before = await colours(page, id);
      await button.click();
      expect(await button.getAttribute('aria-pressed')).toBe('false');
      await expect.poll(() => colours(page, id)).toBeLessThan(before);
      await button.click();
      await expect.poll(() => colours(page, id)).toBe(before);
    }
  });

  test('is light or dark as the reader has it, and as the button says', async () => {
    const { page } = await openPage(browser, path, { colorScheme: 'dark' });
    const paper = (): Promise<string> =>
      page.locator('body').evaluate(body => {
        const { getComputedStyle } = globalThis as unknown as {
          getComputedStyle(of: unknown): { readonly backgroundColor: string };
        };
        return getComputedStyle(body).backgroundColor;
      });
    expect(await paper()).toBe('rgb(20, 23, 26)');
    const button = page.locator('#theme');
    expect(await button.textContent()).toBe('Light');
    await button.click();
    await expect.poll(paper).toBe('rgb(253, 253, 251)');
    expect(await button.textContent()).toBe('Dark');
  });

  test.each([360, 768])('fits a window of %d px', async width => {
    const { page } = await openPage(browser, path, { viewport: { width, height: 740 } });
    await page.locator('summary').click();
    await expect.poll(() => page.locator('details canvas').count()).toBeGreaterThan(4);
    const body = await page.locator('main').boundingBox();
    expect(body?.width).toBeLessThanOrEqual(width);
    expect(
      await page.locator('html').evaluate(html => (html as unknown as { scrollWidth: number }).scrollWidth),
    ).toBeLessThanOrEqual(width);
  });

  test('on paper plots are as wide as the page, and dark ones become light', async () => {
    const { page } = await openPage(browser, path, { colorScheme: 'dark' });
    const pdf = await page.pdf({ format: 'A4' });
    expect(pdf.subarray(0, 5).toString()).toBe('%PDF-');
    await page.setViewportSize({ width: 680, height: 900 });
    await page.emulateMedia({ media: 'print' });
    await expect.poll(() => page.locator('html').getAttribute('class')).toBe('paper');
    expect(await page.locator('html').getAttribute('data-theme')).toBe('light');
    for (const width of await page
      .locator('.host canvas')
      .evaluateAll(all => all.map(one => (one as unknown as { clientWidth: number }).clientWidth)))
      expect(width).toBe(680);
    await page.emulateMedia({ media: 'screen' });
    await expect.poll(() => page.locator('html').getAttribute('data-theme')).toBeNull();
  });

  test('tells without its script what the plots would, where scripts are not allowed', async () => {
    const context = await browser.newContext({ javaScriptEnabled: false });
    const page = await context.newPage();
    await page.goto(`file://${path}`);
    expect(await page.locator('noscript').textContent()).toContain('not allowed here');
    expect(await page.locator('#worst').textContent()).toBe('The worst moment');
    expect(await page.locator('#theme').isVisible()).toBe(false);
  });
});
