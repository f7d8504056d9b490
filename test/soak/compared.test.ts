import { describe, expect, test } from 'vitest';
import { scenarios } from '../../src/simulator/scenarios.ts';
import { variantOf } from '../../src/simulator/variant.ts';
import { compared, expectNoneWorse } from '../policy/compared.ts';

describe('the policy kvmtop beside MOM and Proxmox, by the main figures of each scenario', () => {
  test.each([...scenarios.values()])('$id: none is worse', expectNoneWorse);

  test.each([...scenarios.values()])('$id: nor on other hosts, with other loads', async scenario => {
    for (const seed of [2, 3]) expect((await compared(variantOf(scenario, seed))).worse).toEqual([]);
  });
});
