import { afterAll, beforeAll, expect, test } from 'vitest';
import { describeLab } from '../describe.ts';
import { type InnerGuest, type KvmHost, startKvmHost, whyNoKvmHost } from './host.ts';
import { debugfsOf, queryStats } from './oracle.ts';

describeLab(
  'a host with KVM',
  () => {
    let host: KvmHost;
    let guest: InnerGuest;
    beforeAll(async () => {
      host = await startKvmHost();
      guest = await host.start({ name: 'web', memory: 192 });
      await guest.ready();
    });
    afterAll(() => host?.stop());

    test('runs its guest under KVM with nested paging', async () => {
      expect(await host.run('cat /sys/module/kvm_amd/parameters/npt')).toBe('Y\n');
      expect(await guest.qmp('query-kvm')).toEqual({ enabled: true, present: true });
      // Few bytes: each one that a guest's serial console writes is an exit of KVM.
      expect(await guest.run('dmesg | grep -o "Hypervisor detected: .*"')).toBe('Hypervisor detected: KVM\n');
      const [debugfs, vm, vcpu] = [
        await debugfsOf(host, guest),
        await queryStats(guest, 'vm'),
        await queryStats(guest, 'vcpu'),
      ];
      expect(debugfs['pages_2m']).toBeGreaterThan(0);
      for (const name of ['pages_4k', 'pages_2m', 'pages_1g']) expect([name, vm[name]]).toEqual([name, debugfs[name]]);
      for (const name of ['pf_taken', 'pf_fixed']) expect([name, vcpu[name]]).toEqual([name, debugfs[name]]);
    });
  },
  whyNoKvmHost,
);
