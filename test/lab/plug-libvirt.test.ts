import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { openDesk } from '../pty/kvmtop.ts';
import { describeLab } from './describe.ts';
import { type Domain, type LabLibvirt, startLibvirt, whyNoLibvirt } from './libvirt.ts';
import { mib, prefix } from './oracle.ts';

describeLab(
  'virtio-mem of a guest that a real libvirtd runs',
  () => {
    const desk = openDesk();
    let libvirt: LabLibvirt;
    let domain: Domain;
    beforeAll(async () => {
      libvirt = await startLibvirt();
      domain = await libvirt.create({ name: `${prefix}lv-plug`, memory: 192, period: 1, pluggable: 256 });
    });
    afterEach(() => desk.tidy());
    afterAll(async () => {
      await desk.close();
      await libvirt?.stop();
    });

    const kvmtop = (...words: string[]) => desk.run([...words, '-c', libvirt.uri]);
    const row = async (): Promise<Readonly<Record<string, unknown>>> => {
      const { guests } = JSON.parse((await kvmtop('snapshot', '--json')).stdout);
      return guests.find(({ name }: { name: string }) => name === domain.name);
    };

    test('is plugged by virsh, followed until it has arrived, and unplugged', async () => {
      expect(await row()).toMatchObject({ virtio_mem_size: 0, virtio_mem_requested: 0, virtio_mem_max: 256 * mib });
      const grown = await kvmtop('do', 'virtio-mem', domain.name, '129M', '--yes');
      expect([grown.stderr, grown.code]).toEqual(['', 0]);
      expect(grown.stdout).toMatch(
        new RegExp(`virsh update-memory-device ${domain.uuid} --alias \\S+ --requested-size 131072KiB --live`),
      );
      expect(grown.stdout).toMatch(/virtio-mem arrived at 128 MiB/);
      expect(await row()).toMatchObject({ virtio_mem_size: 128 * mib, virtio_mem_requested: 128 * mib });
      const shrunk = await kvmtop('do', 'virtio-mem', domain.name, '0', '--yes', '--force');
      expect([shrunk.stderr, shrunk.code]).toEqual(['', 0]);
      expect(await row()).toMatchObject({ virtio_mem_size: 0, virtio_mem_requested: 0 });
    });

    test('quit leaves it running, and says what libvirt has for that', async () => {
      const { stderr, code } = await kvmtop('do', 'quit', domain.name, '--yes', '--force');
      expect([stderr, code]).toEqual([expect.stringMatching(/libvirt runs this guest.*use virsh/), 3]);
      expect(await row()).toMatchObject({ state: 'running' });
    });
  },
  whyNoLibvirt,
);
