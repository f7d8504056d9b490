import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import type { Manager, Vmm } from '../../src/sample.ts';
import { GiB } from '../../src/units.ts';
import type { Abilities } from '../../src/vmm/kind.ts';
import { kindOf, vmmNamed, vmms } from '../../src/vmm/kinds.ts';
import { guest } from '../samples.ts';

const uuid = '938d9d25-c83b-41ac-81db-984442040c70';
const kinds: readonly (readonly [string, Abilities])[] = [
  ...Object.entries(vmms),
  ...(['libvirt', 'proxmox'] as const).map(manager => [manager, kindOf({ vmm: 'qemu', manager })] as const),
];

describe('by whom a guest is run', () => {
  it('is its manager’s to say, else its VMM’s', () => {
    expect(kindOf({ vmm: 'firecracker' })).toBe(vmms.firecracker);
    expect(kindOf({ vmm: 'qemu' })).toBe(vmms.qemu);
    expect(kindOf({ vmm: 'qemu', manager: 'libvirt' }).monitor.by).toBe('libvirt');
  });

  it('is unknown for a word of a recording that is none of them', () => {
    fc.assert(
      fc.property(fc.constantFrom('__proto__', 'toString', 'constructor', '', 'bhyve'), word => {
        expect(kindOf({ vmm: word as Vmm })).toBe(vmms.other);
        expect(kindOf({ vmm: 'qemu', manager: word as Manager })).toBe(vmms.qemu);
      }),
    );
  });

  it.each<[string, Vmm | undefined]>([
    ['qemu-system-x86_64', 'qemu'],
    ['.qemu-system-aarch64-wrapped', 'qemu'],
    ['kvm', 'qemu'],
    ['qemu-img', undefined],
    ['qemu-x86_64', undefined],
    ['firecracker', 'firecracker'],
    ['firecracker-v1.7', 'firecracker'],
    ['cloud-hypervisor-static', 'cloud-hypervisor'],
    ['crosvm', 'crosvm'],
    ['lkvm', 'other'],
    ['bash', undefined],
  ])('%s', (program, vmm) => expect(vmmNamed(program)).toBe(vmm));
});

describe.each(kinds)('what %s can do', (_id, kind) => {
  const one = guest({
    launch: { uuid, size: 4 * GiB },
    monitor: { state: 'ok', path: '/run/vm.sock', balloon: { device: true, path: '/machine/peripheral/balloon0' } },
  });

  it('is done on that guest', () => {
    const device = { type: 'virtio-mem', id: 'vm0', values: {} };
    const order = { uri: 'tcp:h:1', bandwidth: GiB, downtime: 0.1 };
    const steps = [
      'unable' in kind.balloon ? [] : kind.balloon.step(one, GiB),
      'unable' in kind.polling ? [] : kind.polling.step(one, 2),
      'unable' in kind.virtioMem ? [] : kind.virtioMem.step(one, device, '/machine/peripheral/vm0', GiB),
      'unable' in kind.migrate ? [] : kind.migrate.steps(one, order),
      'unable' in kind.migrateCancel ? [] : kind.migrateCancel.step(one),
      'unable' in kind.end ? [] : kind.end.step(one),
    ].flat();
    for (const step of steps) expect(step).toMatchObject({ guest: one.id, name: one.name });
    expect(steps.some(step => step?.kind === 'virsh')).toBe(kind.monitor.by === 'libvirt');
    for (const step of steps) if (step?.kind === 'virsh') expect(step.words).toContain(uuid);
  });

  it('says what its steps are for', () => {
    if (!('unable' in kind.balloon))
      expect(kind.balloon.step(one, GiB).purpose).toEqual({ kind: 'balloon', target: GiB });
    if (!('unable' in kind.migrate))
      expect(kind.migrate.steps(one, { uri: 'tcp:h:1' }).at(-1)?.purpose).toEqual({ kind: 'migrate' });
    if (!('unable' in kind.migrateCancel))
      expect(kind.migrateCancel.step(one).purpose).toEqual({ kind: 'migrate-cancel' });
  });
});

test('a guest is asked for what its kind is, in no other place', () => {
  const src = join(import.meta.dirname, '../../src');
  const branches = /\b(?:manager|vmm)\)? [!=]==? '|case '(?:qemu|firecracker|cloud-hypervisor|crosvm|proxmox)'/;
  const files = globSync('**/*.{ts,tsx}', { cwd: src }).filter(file =>
    branches.test(readFileSync(join(src, file), 'utf8')),
  );
  // The demo has guests of its own; ksmtuned looks for processes of QEMU, whoever runs them.
  expect(files.filter(file => !/^(vmm|source\/demo)\//.test(file))).toEqual(['policy/policies/ksmtuned.ts']);
});
