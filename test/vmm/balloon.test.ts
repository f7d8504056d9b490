import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { GuestSample } from '../../src/sample.ts';
import { GiB, KiB, MiB } from '../../src/units.ts';
import { kindOf } from '../../src/vmm/kinds.ts';
import { guest } from '../samples.ts';

const uuid = '938d9d25-c83b-41ac-81db-984442040c70';
const whole = 4 * GiB;

/** What is sent for a number of bytes. */
const sent = (parts: Partial<GuestSample>, bytes: number): unknown => {
  const one = guest({ launch: { size: whole, uuid }, ...parts });
  const { balloon } = kindOf(one);
  if ('unable' in balloon) throw new Error(balloon.unable);
  const step = balloon.step(one, bytes);
  return step.kind === 'virsh' ? step.words : step.kind === 'api' ? step.body : 'arguments' in step && step.arguments;
};

test('QEMU is told the guest’s size in bytes', () => {
  expect(sent({}, 3 * GiB + 1)).toEqual({ value: 3 * GiB + 1 });
});

test('libvirt is told whole KiB, never more than was asked for', () => {
  const words = (bytes: number): unknown => sent({ manager: 'libvirt' }, bytes);
  expect(words(3 * GiB)).toEqual(['setmem', uuid, '3145728', '--live']);
  expect(words(3 * GiB + KiB - 1)).toEqual(['setmem', uuid, '3145728', '--live']);
  expect(words(3 * GiB - 1)).toEqual(['setmem', uuid, '3145727', '--live']);
});

test('Firecracker is told whole MiB of the balloon, never more than was asked for', () => {
  const body = (bytes: number): unknown => sent({ vmm: 'firecracker' }, bytes);
  expect(body(3 * GiB)).toEqual({ amount_mib: 1024 });
  expect(body(3 * GiB + 1)).toEqual({ amount_mib: 1023 });
  expect(body(3 * GiB - 1)).toEqual({ amount_mib: 1024 });
});

test('Cloud Hypervisor is told the balloon’s size in bytes', () => {
  expect(sent({ vmm: 'cloud-hypervisor' }, 3 * GiB + 1)).toEqual({ desired_balloon: GiB - 1 });
});

test('who is told the balloon’s size is told it of all that the guest has', () => {
  const monitor = { state: 'ok', memory: { 'base-memory': 2 * whole, 'plugged-memory': 0 } } as const;
  expect(sent({ vmm: 'cloud-hypervisor', monitor }, 2 * whole)).toEqual({ desired_balloon: 0 });
  expect(sent({ vmm: 'firecracker', monitor }, whole)).toEqual({ amount_mib: 4096 });
});

test('what kvmtop does not know is sent nothing', () => {
  expect(() => sent({ vmm: 'other' }, GiB)).toThrow(/only its process can be seen/);
});

test('whatever is asked for, it is a natural number, and the guest keeps that or less than a unit more', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: whole }), bytes => {
      const [, , kib] = sent({ manager: 'libvirt' }, bytes) as string[];
      expect(kib).toMatch(/^\d+$/);
      expect(bytes - Number(kib) * KiB).toBeGreaterThanOrEqual(0);
      expect(bytes - Number(kib) * KiB).toBeLessThan(KiB);
      const { amount_mib: mib } = sent({ vmm: 'firecracker' }, bytes) as { amount_mib: number };
      expect(Number.isInteger(mib)).toBe(true);
      expect(whole - mib * MiB - bytes).toBeGreaterThanOrEqual(0);
      expect(whole - mib * MiB - bytes).toBeLessThan(MiB);
    }),
  );
});
