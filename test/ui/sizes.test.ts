import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { tabs } from '../../src/store/tabs.ts';
import { showSizesIn } from '../../src/units.ts';
import { demoModels, frameOf, openStage } from './stage.tsx';

const models = await demoModels(60);
const web = models.at(-1)?.guests.find(guest => guest.name === 'web-1')?.id ?? 'nobody';

const typed = (text: string): Promise<string> => {
  const dialog = { kind: 'enter', action: 'balloon', words: [web], text } as const;
  return frameOf(openStage(models, { dialog, selected: web }).app, 100, 24);
};

afterEach(() => showSizesIn('binary'));

describe('in decimal', () => {
  beforeEach(() => showSizesIn('decimal'));

  it.each(['overview', 'vmstat', 'sharing'] as const)('the %s tab', async tab => {
    const rows = (await frameOf(openStage(models, { tab }).app, 120, 40)).split('\n');
    // Without the rows of tabs and keys, that say no sizes.
    await expect(`${rows.slice(2, -2).join('\n')}\n`).toMatchFileSnapshot(`../../snapshots/decimal-${tab}-120x40.txt`);
  });

  it.each(tabs)('the %s tab says no size in binary, but for names of page sizes', async tab => {
    const frame = await frameOf(openStage(models, { tab }).app, 200, 60);
    // M may stand behind a count, as in 1.06M pages.
    const rest = frame.replaceAll(/\b(HUGE|MAP|DirectMap)?(4K|1G)\b|\b(4|16) KiB\b|\b[124] [MG]iB\b|each GiB\b/g, '');
    expect(rest.match(/\S*\d[KGTP](?![a-zA-Z])|\S+ ?[KMGTP]iB/g)).toBeNull();
  });

  it('a typed size stays binary, and what it is in decimal stands beside it', async () => {
    const frame = await typed('3G');
    expect(frame).toContain('> 3G  = 3.22 GB (typed sizes are binary)');
    expect(frame).toMatch(/from \S+ GB to 3\.22 GB/);
  });

  it('the help says how sizes are shown, and how they are typed', async () => {
    const { app } = openStage(models, { dialog: { kind: 'help', scroll: 0 } });
    expect(await frameOf(app, 200, 60)).toContain('shown in kB, MB, GB of 1000. Those you type are binary');
  });
});

describe('beside what is typed stands', () => {
  it.each([
    ['3G', ' = 3.00 GiB '],
    ['+1000M', ' = 0.98 GiB '],
    ['-1.5GiB', ' = 1.50 GiB '],
  ])('%s%s', async (text, told) => {
    expect(await typed(text)).toContain(`> ${text} ${told}`);
  });

  it.each(['', '512', '-25%', 'max', '3x'])('nothing where %j is no size with a unit', async text => {
    const row = (await typed(text)).split('\n').find(line => line.startsWith('> '));
    expect(row).toBeDefined();
    expect(row).not.toContain('=');
  });
});
