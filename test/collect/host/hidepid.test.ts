import fc from 'fast-check';
import { expect, it } from 'vitest';
import { hidepidIn } from '../../../src/collect/host/hidepid.ts';

const proc = (options: string, place = '/proc'): string => `proc ${place} proc ${options} 0 0\n`;

it.each([
  ['rw,nosuid,hidepid=2', 'hidepid=2'],
  ['rw,relatime,gid=27,hidepid=invisible', 'hidepid=invisible'],
  ['rw,hidepid=1', 'hidepid=1'],
  ['rw,hidepid=ptraceable', 'hidepid=ptraceable'],
  ['rw,hidepid=0', undefined],
  ['rw,hidepid=off', undefined],
  ['rw,nosuid,nodev', undefined],
])('%s hides others by %s', (options, hides) => {
  expect(hidepidIn(`sysfs /sys sysfs rw 0 0\n${proc(options)}tmpfs /run tmpfs rw 0 0\n`)).toBe(hides);
});

it('the last mount over /proc counts, and no other place', () => {
  expect(hidepidIn(proc('rw,hidepid=2') + proc('rw'))).toBeUndefined();
  expect(hidepidIn(proc('rw') + proc('rw,hidepid=2'))).toBe('hidepid=2');
  expect(hidepidIn(proc('rw,hidepid=2', '/srv/jail/proc') + proc('rw'))).toBeUndefined();
});

it('any text is none, and no failure', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), text => {
      expect(hidepidIn(text)).toBeUndefined();
    }),
    {
      numRuns: 200,
    },
  );
});
