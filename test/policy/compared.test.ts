import { expect, test } from 'vitest';
import { scenarios } from '../../src/simulator/scenarios.ts';
import { expectNoneWorse } from './compared.ts';

/** The two that cost least; test/soak has all of them, and others. */
const quick = ['hungry-guest', 'forgotten-balloon'];

test.each(quick)('the policy kvmtop beside MOM and Proxmox in %s: no main figure is worse', async id => {
  const scenario = scenarios.get(id);
  expect(scenario).toBeDefined();
  if (scenario) await expectNoneWorse(scenario);
});
