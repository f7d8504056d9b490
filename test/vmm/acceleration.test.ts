import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { describeAcceleration } from '../../src/vmm/qemu/acceleration.ts';
import { parseArguments } from '../../src/vmm/qemu/options.ts';

const of = (...args: readonly string[]) =>
  describeAcceleration(parseArguments(args), { called: 'qemu-system-x86_64', machine: () => undefined });

describe('what runs the guest’s code', () => {
  test.each([
    [['-accel', 'tcg,thread=multi'], 'tcg'],
    [['-machine', 'q35,accel=kvm'], 'kvm'],
    [['-enable-kvm'], 'kvm'],
    [['-accel', 'kvm', '-enable-kvm'], 'kvm'],
    [['-accel', 'kvm', '-accel', 'tcg'], undefined],
    [['-machine', 'accel=kvm:tcg'], undefined],
    [['-m', '1G'], undefined],
  ])('%j', (args, accelerator) => {
    expect(of(...args).accelerator).toBe(accelerator);
  });
});

describe('asynchronous page faults', () => {
  test.each([
    [['-accel', 'kvm', '-cpu', 'host'], true],
    // It was seen to take them: Linux looks at the other flag, and KVM at none.
    [['-accel', 'kvm', '-cpu', 'max,kvm-asyncpf=off'], true],
    [['-accel', 'kvm', '-cpu', 'max,kvm-asyncpf=off,kvm-pv-enforce-cpuid=on'], false],
    [['-accel', 'kvm', '-cpu', 'EPYC,kvm-asyncpf=off'], undefined],
    [['-accel', 'kvm', '-cpu', 'host,kvm_asyncpf_int=off'], false],
    [['-accel', 'kvm', '-cpu', 'host,kvm-asyncpf-int=off,+kvm-asyncpf-int'], true],
    [['-accel', 'kvm', '-cpu', 'host,-kvm-asyncpf-int'], false],
    [['-accel', 'kvm', '-cpu', 'EPYC,kvm-asyncpf-int=on'], true],
    [['-accel', 'kvm', '-cpu', 'EPYC,+kvm-asyncpf-int'], true],
    [['-accel', 'kvm', '-cpu', 'EPYC'], undefined],
    [['-accel', 'kvm'], undefined],
    [['-cpu', 'host'], undefined],
    [['-accel', 'tcg', '-cpu', 'max'], false],
  ])('%j', (args, offered) => {
    expect(of(...args).asyncPageFaults).toBe(offered);
  });

  test('are claimed of KVM alone, whatever the words', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.string(), fc.constantFrom('-accel', '-cpu', 'host', 'kvm', 'tcg'))), words => {
        const { accelerator, asyncPageFaults } = of(...words);
        expect(asyncPageFaults === true && accelerator !== 'kvm').toBe(false);
        expect(accelerator ?? 'x').toMatch(/^\w+$/);
      }),
    );
  });
});
