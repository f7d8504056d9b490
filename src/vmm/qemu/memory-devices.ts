import { known } from '../../known.ts';
import type { MemoryDeviceSample } from '../../sample.ts';
import { amounts, list, record, text, word } from '../answers.ts';

/** More devices than any machine has slots are not believed. */
const most = 256;

/**
 * `query-memory-devices`: `[{ type, data: { id, memdev, size, requested-size, … } }]`. A device with an id is found
 * below its name; the path of a nameless one is taken from `before` (by its address), else from `nameless`, the paths of
 * the virtio-mem devices without a name, where there can be only one.
 */
export const parseMemoryDevices = (
  answer: unknown,
  before: readonly MemoryDeviceSample[] = [],
  nameless: readonly string[] = [],
): MemoryDeviceSample[] => {
  const devices = list(answer)
    .slice(0, most)
    .flatMap((entry): MemoryDeviceSample[] => {
      const { type: given, data } = record(entry);
      const type = word(given);
      const values = amounts(data);
      if (type === undefined || !values) return [];
      const id = text(record(data)['id']);
      const memdev = text(record(data)['memdev']);
      return [{ type, ...known({ id, memdev }), values }];
    });
  const alone = devices.filter(isNameless).length === 1 && nameless.length === 1 ? nameless[0] : undefined;
  return devices.map(device => {
    if (device.type !== 'virtio-mem') return device;
    const last = before.find(
      ({ type, id, values }) => type === device.type && id === device.id && sameSpan(values, device.values),
    );
    const path = device.id === undefined ? (last?.path ?? alone) : `/machine/peripheral/${device.id}`;
    return path === undefined ? device : { ...device, path };
  });
};

const isNameless = ({ type, id }: MemoryDeviceSample): boolean => type === 'virtio-mem' && id === undefined;

const sameSpan = (a: MemoryDeviceSample['values'], b: MemoryDeviceSample['values']): boolean =>
  a['memaddr'] === b['memaddr'] && a['max-size'] === b['max-size'];

export const hasVirtioMem = (devices: readonly MemoryDeviceSample[] | undefined): boolean =>
  devices?.some(({ type }) => type === 'virtio-mem') ?? false;

/** Whether the folder of nameless devices must be looked through. */
export const lacksPath = (devices: readonly MemoryDeviceSample[]): boolean =>
  devices.some(device => isNameless(device) && device.path === undefined);
