import { expect, it } from 'vitest';
import { addressOf } from '../../../../src/collect/guests/monitors/libvirt/rpc/address.ts';

const run = '/run/user/7';
const system = (path: string) => ({ path, name: 'qemu:///system' });
const session = (path: string) => ({ path, name: 'qemu:///session' });

it.each([
  ['qemu:///system', [], system('/run/libvirt/libvirt-sock-ro')],
  ['qemu:///system', ['/run/libvirt/libvirt-sock-ro'], system('/run/libvirt/libvirt-sock-ro')],
  ['qemu:///system', ['/run/libvirt/virtqemud-sock-ro'], system('/run/libvirt/virtqemud-sock-ro')],
  ['qemu+unix:///system', [], system('/run/libvirt/libvirt-sock-ro')],
  ['qemu:///system?mode=legacy', ['/run/libvirt/virtqemud-sock-ro'], system('/run/libvirt/libvirt-sock-ro')],
  ['qemu:///system?mode=direct', [], system('/run/libvirt/virtqemud-sock-ro')],
  ['qemu+unix:///system?socket=/a%20b/sock', [], system('/a b/sock')],
  ['qemu:///session', [], session('/run/user/7/libvirt/libvirt-sock')],
  ['qemu:///session', ['/run/user/7/libvirt/virtqemud-sock'], session('/run/user/7/libvirt/virtqemud-sock')],
  ['qemu+ssh://root@host/system', [], undefined],
  ['qemu+tls://host/system', [], undefined],
  ['qemu://host/system', [], undefined],
  ['qemu+unix://host/system', [], undefined],
  ['qemu+unix:///embed?root=/x', [], undefined],
  ['test:///default', [], undefined],
  ['', [], undefined],
])('%s, where there is %j', (uri, there, address) => {
  expect(addressOf(uri, run, path => there.some(one => one === path))).toEqual(address);
});

it('is nobody’s own without a folder of the user’s', () => {
  expect(addressOf('qemu:///session', undefined, () => true)).toBeUndefined();
});
