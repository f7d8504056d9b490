import { describe, expect, it } from 'vitest';
import { plan } from '../../../src/actions/actions.ts';
import { describeStep } from '../../../src/actions/describe.ts';
import type { Control } from '../../../src/actions/gate/control.ts';
import { noJournal } from '../../../src/actions/gate/journal.ts';
import { perform } from '../../../src/actions/gate/perform.ts';
import { derive, type Model } from '../../../src/model.ts';
import type { MonitorSample } from '../../../src/sample.ts';
import { GiB, MiB } from '../../../src/units.ts';
import { guest, sample } from '../../samples.ts';

const now = 1_800_000_000;
const uuid = '938d9d25-c83b-41ac-81db-984442040c70';
const values = { 'stat-total-memory': 4 * GiB, 'stat-available-memory': 3 * GiB, 'stat-free-memory': 0 };

/** As libvirt tells it: a balloon without a place of its own in QEMU. */
const answering: MonitorSample = {
  state: 'ok',
  status: 'running',
  time: now,
  memory: { 'base-memory': 4 * GiB, 'plugged-memory': 0 },
  balloon: { device: true, actual: 4 * GiB, pollingInterval: 0, stats: { lastUpdate: now - 1, values } },
};

const modelOf = (monitor: MonitorSample = answering): Model =>
  derive(
    undefined,
    sample({ time: now, guests: [guest({ manager: 'libvirt', launch: { uuid, size: 4 * GiB }, monitor })] }),
  );

describe('of a guest that libvirt runs', () => {
  it('the balloon is set by virsh, in KiB and by its UUID, under the same guard rails', () => {
    const { steps, refusal, undo } = plan(modelOf(), { action: 'balloon', words: ['web-1', '2G'] });
    expect(refusal).toBeUndefined();
    expect(steps).toEqual([
      {
        kind: 'virsh',
        guest: '100.5000',
        name: 'web-1',
        words: ['setmem', uuid, '2097152', '--live'],
        purpose: { kind: 'balloon', target: 2 * GiB },
      },
    ]);
    expect(steps.map(describeStep)).toEqual([`virsh setmem ${uuid} 2097152 --live`]);
    expect(undo).toEqual({ action: 'balloon', words: ['100.5000', '4294967296B'] });
    const unsafe = plan(modelOf(), { action: 'balloon', words: ['web-1', '1G'] });
    expect(unsafe.refusal?.reason).toMatch(/^unsafe: it uses 1.00 GiB/);
  });

  it('statistics are switched on and off by virsh', () => {
    const { steps, undo } = plan(modelOf(), { action: 'polling', words: ['web-1', '2'] });
    expect(steps).toMatchObject([{ kind: 'virsh', words: ['dommemstat', uuid, '--period', '2', '--live'] }]);
    expect(undo).toEqual({ action: 'polling', words: ['100.5000', '0'] });
  });

  it('what libvirt cannot be asked is refused with its reason', () => {
    const reason = 'libvirt runs it: seeing inside needs libvirt-clients: apt install libvirt-clients';
    for (const [action, word] of [
      ['balloon', '2G'],
      ['polling', '2'],
    ] as const) {
      const { refusal, steps } = plan(modelOf({ state: 'libvirt', reason }), { action, words: ['web-1', word] });
      expect([refusal?.reason, steps]).toEqual([reason, []]);
    }
  });

  it('is ended by virsh after a migration, and never else', () => {
    const quit = (monitor: MonitorSample) => plan(modelOf(monitor), { action: 'quit', words: ['web-1'] });
    const { steps, refusal, warnings, undo } = quit({ ...answering, status: 'postmigrate' });
    expect([steps.map(describeStep), refusal, undo]).toEqual([[`virsh destroy ${uuid}`], undefined, undefined]);
    expect(warnings.join()).toMatch(/look first that the guest runs at its destination/);
    for (const status of ['running', 'paused', 'shutdown', undefined]) {
      const { status: _, ...unknown } = answering;
      const refused = quit(status === undefined ? unknown : { ...answering, status });
      expect(refused.refusal).toMatchObject({ reason: expect.stringMatching(/use virsh/), forceable: false });
      expect(refused.steps).toEqual([]);
    }
    const migration = { status: 'active', values: {}, ram: {} };
    expect(quit({ ...answering, status: 'postmigrate', migration }).refusal?.reason).toMatch(/that it migrates/);
  });

  it('virtio-mem is set by virsh, by libvirt’s alias of the device and in KiB, with the way back', () => {
    const memoryDevices = [
      {
        type: 'virtio-mem',
        id: 'virtiomem0',
        path: '/machine/peripheral/virtiomem0',
        values: { size: GiB, 'requested-size': GiB, 'max-size': 4 * GiB, 'block-size': 2 * MiB },
      },
    ];
    const asked = (more: Partial<MonitorSample> = {}) =>
      plan(modelOf({ ...answering, memoryDevices, ...more }), { action: 'virtio-mem', words: ['web-1', '2049M'] });
    const { steps, refusal, undo, follow } = asked();
    expect(refusal).toBeUndefined();
    expect(steps.map(describeStep)).toEqual([
      `virsh update-memory-device ${uuid} --alias virtiomem0 --requested-size 2097152KiB --live`,
    ]);
    expect(undo).toEqual({ action: 'virtio-mem', words: ['100.5000', `${GiB}B`, 'virtiomem0'] });
    expect(follow).toMatchObject([{ kind: 'virtio-mem', device: '/machine/peripheral/virtiomem0', target: 2 * GiB }]);
    const migration = { status: 'active', values: {}, ram: {} };
    expect(asked({ migration }).refusal?.reason).toMatch(/nothing of a guest that it migrates/);
    const [{ id: _, path: __, ...nameless }] = memoryDevices as [(typeof memoryDevices)[number]];
    expect(asked({ memoryDevices: [nameless] }).steps).toEqual([]);
  });

  it('the gate remembers the size that was asked for, in bytes', async () => {
    const asked: unknown[] = [];
    const never = () => Promise.reject(new Error('not by this hand'));
    const control: Control = {
      execute: never,
      write: never,
      call: never,
      run: never,
      file: never,
      virsh: async (id, words) => {
        asked.push(id, words);
        return '';
      },
      noteTarget: (id, bytes) => asked.push(id, bytes),
    };
    await perform({ control, journal: noJournal }, plan(modelOf(), { action: 'balloon', words: ['web-1', '2G'] }), {
      by: 'do',
    });
    expect(asked).toEqual(['100.5000', ['setmem', uuid, '2097152', '--live'], '100.5000', 2 * GiB]);
  });
});
