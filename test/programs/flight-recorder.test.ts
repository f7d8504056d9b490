import fc from 'fast-check';
import { expect, test } from 'vitest';
import { recordingName } from '../../src/programs/flight-recorder.ts';

test('a recording is named by its host and when it was begun', () => {
  expect(recordingName('kvm-7.example.net', 1_800_000_002)).toBe('kvmtop-kvm-7.example.net-20270115-080002.kvmtop');
  expect(recordingName(undefined, 1_800_000_002)).toBe('kvmtop-host-20270115-080002.kvmtop');
});

test('no name of a host leads elsewhere, or has what a shell or a terminal would take for more', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.constantFrom('../../etc', '/', '.', 'a\nb', '\x1b[31m')), hostname => {
      expect(recordingName(hostname, 1_800_000_002)).toMatch(/^kvmtop-[\w.-]*-20270115-080002\.kvmtop$/);
    }),
  );
});
