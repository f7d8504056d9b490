import { expect, it } from 'vitest';
import { hostFaults } from '../../src/policy/host-faults.ts';
import type { LaunchSample } from '../../src/sample.ts';
import { idleHost, well } from './findings/looks.ts';

/** Of a guest with 3 faults a second of its own, and 7 of the whole host, as far as they are told. */
const faults = (launch: LaunchSample, own?: number, wholeHost?: number) =>
  hostFaults(idleHost([well({ launch })]).guests[0]!, own, wholeHost);

it('a guest’s faults are its own under emulation, and under KVM up to those of the whole host', () => {
  expect(faults({ accelerator: 'tcg' }, 3, 7)).toEqual({ least: 3, most: 3 });
  expect(faults({ accelerator: 'kvm' }, 3, 7)).toEqual({ least: 3, most: 7 });
  // The two counters are not read at once.
  expect(faults({ accelerator: 'kvm' }, 3, 2)).toEqual({ least: 3, most: 3 });
});

it('a guest’s faults are bounded by what is told alone', () => {
  expect(faults({ accelerator: 'kvm' }, 3)).toEqual({ least: 3 });
  expect(faults({ accelerator: 'tcg' }, undefined, 7)).toEqual({ most: 7 });
  expect(faults({})).toEqual({});
});
