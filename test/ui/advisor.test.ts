import { describe, expect, it } from 'vitest';
import { advise, startAdvising } from '../../src/policy/advisor.ts';
import { defaultThresholds } from '../../src/policy/thresholds.ts';
import { describeTried, judgeTried, type Tried } from '../../src/store/advice.ts';
import { withPerformed } from '../../src/store/changes.ts';
import { withModel } from '../../src/store/moments.ts';
import { withPolicyEvent } from '../../src/store/policy-events.ts';
import { defaultTables } from '../../src/store/tables.ts';
import { press } from '../../src/ui/keys.ts';
import { demoModels, frameOf, openStage } from './stage.tsx';

const models = await demoModels(20);
const last = models.at(-1)!;
const advice = models.reduce((state, model) => advise(state, model, defaultThresholds), startAdvising(false));
const [worst] = advice.findings;

const open = (readOnly = false) => {
  const stage = openStage(models, { tab: 'advisor' }, { readOnly });
  stage.store.setState(state => withModel(state, last, advice));
  return stage;
};

describe('the advisor tab', () => {
  it('finds something on the demo host', () => {
    expect(worst).toMatchObject({ id: 'balloon-stuck', severity: 'critical', subject: 'legacy-erp' });
  });

  it.each([
    [80, 24],
    [120, 40],
    [200, 60],
  ])('what is worst, and with whom, stands above all of the overview, at %ix%i', async (columns, rows) => {
    const { app, store } = open();
    store.setState({ tab: 'overview', ...defaultTables.overview });
    await expect(await frameOf(app, columns, rows)).toMatchFileSnapshot(
      `../../snapshots/overview-findings-${columns}x${rows}.txt`,
    );
  });

  it('is said to be nothing, once it has looked', async () => {
    const { app, store } = open();
    store.setState(({ advice }) => ({ tab: 'overview', advice: { ...advice, findings: [] } }));
    expect(await frameOf(app, 80, 24)).toContain('No problems found.');
    store.setState({ advice: startAdvising() });
    expect(await frameOf(app, 80, 24)).toContain('Looking for problems …');
  });

  it.each([
    [80, 24],
    [120, 40],
  ])('tells what was found, at %ix%i', async (columns, rows) => {
    const { app, store } = open();
    store.setState(state =>
      withPolicyEvent(
        { ...state, pilot: { ...state.pilot, mode: 'shadow' } },
        {
          time: last.time,
          policy: 'kvmtop',
          subject: 'evil\u001b[31m',
          outcome: 'would',
          text: 'Grow legacy-erp from 2.50 GiB to 3.75 GiB: it is in need of memory',
        },
      ),
    );
    await expect(await frameOf(app, columns, rows)).toMatchFileSnapshot(
      `../../snapshots/advisor-findings-${columns}x${rows}.txt`,
    );
  });

  it('tells the number of findings wherever one looks', async () => {
    const { app, store } = open();
    store.setState({ tab: 'memory' });
    const [, bar = ''] = (await frameOf(app, 80, 24)).split('\n');
    expect(bar).toContain(`VAdvice ${advice.findings.length}`);
  });

  it('shows the plan of the selected finding’s fix, and nothing is done before that', () => {
    const { app, store, asked } = open();
    press(app, 'enter');
    expect(store.getState().dialog).toEqual({ kind: 'confirm', request: worst?.fix, typed: '' });
    expect(asked).toEqual([]);
  });

  it('moves within what there is', () => {
    const { app, store } = open();
    press(app, 'up');
    expect(store.getState().adviceCursor).toBe(0);
    for (let count = 0; count < 50; count++) press(app, 'down');
    expect(store.getState().adviceCursor).toBe(advice.findings.length - 1);
  });
});

describe('what came of a fix', () => {
  const tried: Tried = { finding: worst!, request: worst!.fix!, time: last.time, outcome: 'waiting' };

  it('is waited for, then told', () => {
    expect(judgeTried([tried], advice.findings, last.time + 10)).toEqual([tried]);
    expect(judgeTried([tried], advice.findings, last.time + 61)).toEqual([{ ...tried, outcome: 'not' }]);
    const [helped] = judgeTried([tried], [], last.time + 20);
    expect(helped).toEqual({ ...tried, outcome: 'helped' });
    expect(describeTried(helped!, last.time + 20)).toBe('helped: legacy-erp: balloon-stuck ended 20 s after it');
  });

  it('may still come late, and stays told', () => {
    const late: Tried = { ...tried, outcome: 'not' };
    expect(judgeTried([late], [], last.time + 300)).toEqual([{ ...tried, outcome: 'helped' }]);
    expect(judgeTried([{ ...tried, outcome: 'helped' }], advice.findings, last.time + 300)[0]?.outcome).toBe('helped');
  });

  it('is remembered of what the gate did, and said on the screen', () => {
    const { store } = open();
    const plan = { request: worst!.fix!, subject: 'legacy-erp', summary: 'Grow', steps: [], effect: [], warnings: [] };
    const entry = {
      time: new Date(last.time * 1000).toISOString(),
      user: 'ops',
      by: 'key' as const,
      request: worst!.fix!,
      summary: 'Grow',
      steps: [],
      forced: false,
      outcome: 'done' as const,
    };
    store.setState(state => withPerformed(state, plan, entry, false));
    expect(store.getState().tried).toMatchObject([{ finding: { id: 'balloon-stuck' }, outcome: 'waiting' }]);
    const later = { ...last, time: last.time + 20 };
    store.setState(state => withModel(state, later, { ...advice, findings: advice.findings.slice(1) }));
    expect(store.getState().message?.text).toBe('helped: legacy-erp: balloon-stuck ended 20 s after it');
  });
});

describe('policies by key', () => {
  it('offers each in shadow and for real, and none', () => {
    const { app, store, asked } = open();
    press(app, 'A');
    expect(store.getState().dialog).toEqual({ kind: 'auto', cursor: 0 });
    press(app, 'down');
    press(app, 'enter');
    expect(asked).toEqual([{ fly: ['act', 'kvmtop'] }]);
  });

  it('lets none act where all is read-only', () => {
    const { app, asked } = open(true);
    press(app, 'A');
    press(app, 'down');
    press(app, 'enter');
    expect(asked).toEqual([]);
    press(app, 'up');
    press(app, 'enter');
    expect(asked).toEqual([{ fly: ['shadow', 'kvmtop'] }]);
  });

  it('stops everything by one key, from anywhere', () => {
    const { app, store, asked } = open();
    press(app, 'X');
    expect(asked).toEqual([]);
    store.setState(({ pilot }) => ({ pilot: { ...pilot, mode: 'act' }, tab: 'vmstat' }));
    press(app, 'X');
    expect(asked).toEqual(['halt']);
  });

  it('pins the selected guest, and shows who is pinned', async () => {
    const { app, store, asked } = open();
    const guest = last.guests.find(({ name }) => name === 'web-1')!;
    store.setState({ tab: 'overview', selected: guest.id });
    press(app, 'P');
    expect(asked).toEqual([{ pin: guest.id }]);
    store.setState(({ pilot }) => ({ pilot: { ...pilot, pinned: new Map([[guest.id, 'pinned by hand']]) } }));
    expect(await frameOf(app, 120, 40)).toMatch(/^ {2}web-1 +running\* /m);
  });
});
