import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
// @ts-expect-error: a build script, without types.
import { pageAssets as untyped } from '../../esbuild.config.mjs';
import type { PageAssets } from '../../src/export/report/document.ts';
import { simulationPage } from '../../src/export/report/simulation.ts';
import { policyOf } from '../../src/policy/policies.ts';
import { scenarios } from '../../src/simulator/scenarios.ts';
import { simulate } from '../../src/simulator/simulate.ts';
import { settings } from '../policy/policies/world.ts';
import { openBrowser, openPage, whyNoBrowser } from './chromium.ts';

const pageAssets = untyped as () => Promise<PageAssets>;
const hostile = `</script><img src=x onerror=alert(1)>`;

if (whyNoBrowser !== undefined && process.env['KVMTOP_LAB'] === 'require') throw new Error(whyNoBrowser);

describe.skipIf(whyNoBrowser !== undefined)(
  `a simulation in Chromium${whyNoBrowser ? ` (${whyNoBrowser})` : ''}`,
  () => {
    const folder = mkdtempSync(join(tmpdir(), 'kvmtop-simulation-'));
    const path = join(folder, 'out.html');
    let browser: Browser;

    beforeAll(async () => {
      const scenario = { ...scenarios.get('forgotten-balloon')!, title: hostile };
      const runs = [undefined, policyOf('kvmtop'), policyOf('mom')].map(policy => simulate(scenario, policy, settings));
      const made = { version: '1.2.3', made: 1_800_000_000 };
      writeFileSync(path, simulationPage(scenario, await Promise.all(runs), made, await pageAssets()));
      browser = await openBrowser();
    });
    afterAll(async () => {
      await browser.close();
      rmSync(folder, { recursive: true });
    });

    test.each(['light', 'dark'] as const)(
      'plots the policies with one cursor, asks for nothing and runs nothing else: %s',
      async colorScheme => {
        const { page, requests, complaints } = await openPage(browser, path, { colorScheme });
        await expect.poll(() => page.locator('canvas').count()).toBe(4);
        const legend = (id: string) => page.locator(`[data-plot="${id}"] + .legend`);
        expect(await legend('balloons').locator('button').allTextContents()).toEqual(['none', 'kvmtop', 'mom']);
        // With nobody in charge the guest keeps its 4 of 16 GiB.
        expect(await legend('balloons').locator('output').first().textContent()).toBe('44.0G');
        const over = page.locator('[data-plot="available"] .u-over');
        await over.scrollIntoViewIfNeeded();
        const box = await over.boundingBox();
        await page.mouse.move((box?.x ?? 0) + (box?.width ?? 0) * 0.5, (box?.y ?? 0) + 20);
        await expect.poll(() => page.locator('#moment').textContent()).toMatch(/^Mon 5 Jan, 08:1[45]:\d0$/);
        // The ERP system, one of six guests, stands still as long as nobody gives it more.
        const stalled = legend('stalled').locator('output');
        await expect.poll(() => stalled.allTextContents()).toEqual(['17%', '0.0%', '0.0%']);
        expect(await page.locator('h1').textContent()).toBe(hostile);
        expect(await page.locator('img').count()).toBe(0);
        expect(requests).toEqual([`file://${path}`]);
        expect(complaints).toEqual([]);
        await page.close();
      },
    );
  },
);
