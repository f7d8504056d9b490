import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseCpuinfo } from '../../../src/collect/host/cpuinfo.ts';
import { createKvmReader, parseVmFolder } from '../../../src/collect/host/kvm.ts';
import { descriptorsUnder } from '../../descriptors.ts';
import { makeRoot } from './tree.ts';

const cpuinfo = (flags: string, more = ''): string =>
  `processor\t: 0\nvendor_id\t: X\nflags\t\t: ${flags}\nbugs\t\t: ept_none\n${more}power management:\n\n`;

describe('KVM', () => {
  test('with EPT, and the statistics of its VMs by process', () => {
    const vm = '/sys/kernel/debug/kvm/1234-17';
    const { root } = makeRoot({
      '/sys/module/kvm/parameters/tdp_mmu': 'Y\n',
      '/sys/module/kvm_intel/parameters/ept': 'Y\n',
      '/sys/module/kvm_intel/parameters/nested': '0\n',
      '/sys/module/kvmgt/parameters/x': '1\n',
      '/sys/module/zswap/parameters/enabled': 'Y\n',
      '/proc/cpuinfo': cpuinfo('fpu vmx sse2 ept pdpe1gb') + cpuinfo('svm npt', 'TLB size\t: 9 4K pages\n'),
      [`${vm}/pages_4k`]: '100\n',
      [`${vm}/pages_2m`]: '7\n',
      [`${vm}/pf_taken`]: '55\n',
      [`${vm}/halt_exits`]: '9\n',
      '/sys/kernel/debug/kvm/1234-99/pages_4k': '11\n',
      '/sys/kernel/debug/kvm/20-3/pages_4k': 'none\n',
      '/sys/kernel/debug/kvm/pages_4k': '111\n',
    });
    expect(createKvmReader(root).read()).toEqual({
      modules: ['kvm', 'kvm_intel'],
      parameters: { 'kvm.tdp_mmu': 1, 'kvm_intel.ept': 1, 'kvm_intel.nested': 0 },
      flags: ['vmx', 'ept', 'pdpe1gb'],
      statistics: 'read',
      vms: { 1234: { pages_4k: 111, pages_2m: 7, pf_taken: 55 }, 20: {} },
    });
  });

  test('keeps no statistics open: they would hold on to the VM', () => {
    const { root, put } = makeRoot({ '/sys/kernel/debug/kvm/5-1/pages_4k': '1\n' });
    const reader = createKvmReader(root);
    const open = (): number => descriptorsUnder(root.dir);
    const before = open();
    expect(reader.read()?.vms).toEqual({ 5: { pages_4k: 1 } });
    put('/sys/kernel/debug/kvm/5-1/pages_4k', '2\n');
    expect(reader.read()?.vms).toEqual({ 5: { pages_4k: 2 } });
    expect(open()).toBe(before);
  });

  test('says why there are no statistics', () => {
    const statistics = (files: Readonly<Record<string, string>>) =>
      createKvmReader(makeRoot(files).root).read()?.statistics;
    // An empty folder is not captured; on the host itself it says that nothing is mounted there.
    expect(statistics({})).toBe('uncaptured');
    const live = makeRoot({}).root;
    Object.defineProperty(live, 'isHost', { value: true });
    expect(createKvmReader(live).read()?.statistics).toBe('unmounted');
    expect(statistics({ '/sys/kernel/debug/sched/debug': '' })).toBe('absent');
    const { root } = makeRoot({});
    root.exists = path => {
      root.denied.add(path);
      return false;
    };
    expect(createKvmReader(root).read()).toMatchObject({ statistics: 'denied', modules: [], vms: {} });
  });

  test('reads the machine anew after close', () => {
    const { root, put } = makeRoot({});
    const reader = createKvmReader(root);
    expect(reader.read()?.modules).toEqual([]);
    put('/sys/module/kvm_amd/parameters/npt', '1\n');
    expect(reader.read()?.modules).toEqual([]);
    reader.close();
    expect(reader.read()).toMatchObject({ modules: ['kvm_amd'], parameters: { 'kvm_amd.npt': 1 } });
  });
});

describe('the processor', () => {
  test('its flags and, of AMD’s, the entries of its TLB', () => {
    expect(parseCpuinfo(cpuinfo('svm npt lm', 'TLB size\t: 3584 4K pages\n'))).toEqual({
      flags: ['svm', 'npt'],
      tlbEntries: 3584,
    });
    expect(parseCpuinfo('Features\t: fp asimd\n')).toEqual({});
    expect(parseCpuinfo(cpuinfo('', 'TLB size\t: 0 4K pages\n'))).toEqual({ flags: [] });
  });

  test('never fails, whatever the text', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (one, other) => {
        const { flags = [], tlbEntries = 1 } = parseCpuinfo(`${one}\nflags\t: ${other}\nTLB size\t: ${one}`);
        expect(flags.every(flag => /^[a-z0-9_]+$/.test(flag))).toBe(true);
        expect(Number.isSafeInteger(tlbEntries)).toBe(true);
      }),
    );
  });
});

test('a VM’s folder is named by process and descriptor', () => {
  fc.assert(
    fc.property(fc.nat(), fc.nat(9999), (pid, descriptor) => {
      expect(parseVmFolder(`${pid}-${descriptor}`)).toBe(pid);
    }),
  );
  for (const name of ['pages_4k', '12', '12-', '-3', '1-2-3', 'a-1', '99999999999-1'])
    expect(parseVmFolder(name)).toBeUndefined();
});
