import { existsSync } from 'node:fs';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';

const executablePath = '/usr/bin/chromium';

/** Why there is no browser here; `undefined` where there is one. */
export const whyNoBrowser = existsSync(executablePath)
  ? undefined
  : `${executablePath} is missing: run test/lab/install.sh as root`;

/** Debian's Chromium, without a window. As root it has no sandbox; it only sees pages of these tests. */
export const openBrowser = (): Promise<Browser> =>
  chromium.launch({ executablePath, args: ['--no-sandbox', '--force-color-profile=srgb'] });

/** A page, and what must not happen on it. */
export interface Watched {
  readonly page: Page;
  /** Addresses that it asked for, its own first. */
  readonly requests: readonly string[];
  /** What it wrote to the console, refused (Content-Security-Policy) or threw. */
  readonly complaints: readonly string[];
}

export const openPage = async (
  browser: Browser,
  path: string,
  options: BrowserContextOptions = {},
): Promise<Watched> => {
  const context = await browser.newContext({ viewport: { width: 1200, height: 900 }, ...options });
  const page = await context.newPage();
  const requests: string[] = [];
  const complaints: string[] = [];
  page.on('request', request => requests.push(request.url()));
  page.on('console', message => complaints.push(message.text()));
  page.on('pageerror', error => complaints.push(String(error)));
  page.on('dialog', dialog => {
    complaints.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  await page.goto(`file://${path}`);
  await page.locator('canvas').first().waitFor();
  return { page, requests, complaints };
};
