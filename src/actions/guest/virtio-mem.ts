import { WordsError } from '../../errors.ts';
import { ownTotal } from '../../fields/guest.ts';
import { guestById } from '../../guests.ts';
import { known } from '../../known.ts';
import type { GuestModel, Model } from '../../model.ts';
import type { GuestId, MemoryDeviceSample } from '../../sample.ts';
import { longBytes, parseTarget } from '../../units.ts';
import { kindOf } from '../../vmm/kinds.ts';
import { allHugepages } from '../../vmm/memory.ts';
import type { Action, Plan } from '../action.ts';
import { couldReport, whyNoReport } from '../balloon/reports.ts';
import { defaultLimits, type Limits } from '../limits.ts';
import { findGuest, heldByMigration, refuse, refuseGone, unmanageable } from './guest.ts';

interface VirtioMemInput {
  readonly guest: GuestId;
  /** As the operator or QEMU calls it; absent where the guest has only one, or none. */
  readonly device?: string;
  readonly bytes: number;
}

const devicesOf = (guest: GuestModel): readonly MemoryDeviceSample[] =>
  guest.sample.monitor.memoryDevices?.filter(({ type }) => type === 'virtio-mem') ?? [];

const called = ({ id, path, memdev }: MemoryDeviceSample): string => id ?? path ?? memdev ?? 'a nameless one';

/** The device that is meant. Throws an Error when several could be. */
const findDevice = (guest: GuestModel, word: string | undefined): MemoryDeviceSample | undefined => {
  const devices = devicesOf(guest);
  const found = word === undefined ? devices : devices.filter(({ id, path }) => id === word || path === word);
  if (found.length > 1)
    throw new WordsError(
      `${guest.name} has ${found.length} virtio-mem devices: name one of ${found.map(called).join(', ')}`,
    );
  if (word !== undefined && found.length === 0)
    throw new WordsError(
      `${guest.name} has no virtio-mem device '${word}': there are ${devices.map(called).join(', ')}`,
    );
  return found[0];
};

/** What the guest must keep to live: what it uses, and a margin or 10 % more. Bytes. */
const shrinkRefusal = (guest: GuestModel, taken: number, limits: Limits): Plan['refusal'] => {
  const { guest_used: used } = guest.values;
  const total = ownTotal(guest.sample);
  const unreported = whyNoReport(guest, limits);
  if (unreported !== undefined) return { reason: `${unreported}: no size is known to be safe`, forceable: true };
  if (used === undefined || total === undefined)
    return { reason: 'its driver does not report what it uses, so no safe size is known', forceable: true };
  const keep = used + Math.max(limits.floorMargin, 0.1 * used);
  return total - taken < keep
    ? {
        reason: `unsafe: it uses ${longBytes(used)}, so of its ${longBytes(total)} no more than ${longBytes(Math.max(0, total - keep))} may go`,
        forceable: true,
      }
    : undefined;
};

/** Whether what the device plugs is in hugepages: as it was started, else as all the guest's memory is. */
const inHugepages = ({ sample }: GuestModel, { id }: MemoryDeviceSample): boolean => {
  const part = sample.launch.parts?.find(one => one.use === 'virtio-mem' && one.id === id);
  return part ? part.kind === 'hugetlb' : allHugepages(sample);
};

const warnings = (
  model: Model,
  guest: GuestModel,
  { from, to, asked, fromPool }: { from: number; to: number; asked: number; fromPool: boolean },
): string[] => {
  const said: string[] = [];
  const available = model.host.values.mem_available_with_arc;
  if (asked !== to) said.push(`whole blocks only, and no more than there is room for: ${longBytes(to)}`);
  if (guest.state === 'paused' || guest.state === 'stopped')
    said.push(`the guest is ${guest.state}: nothing moves until it continues`);
  if (to > from && fromPool)
    said.push('hugepages: the pool must have that many free, else the guest dies when it touches them');
  else if (to > from && available !== undefined && to - from > available)
    said.push(`the host has only ${longBytes(available)} available: it would swap when the guest uses all of it`);
  return said;
};

/** The guest's hot-pluggable memory, which comes and goes in blocks. */
export const virtioMem: Action<VirtioMemInput> = {
  id: 'virtio-mem',
  title: 'virtio-mem',
  help: 'Set how much memory a guest’s virtio-mem device plugs in: 2G, +512M, -25%, 80% (of its maximum), max, 0; in whole blocks.',
  usage: 'GUEST SIZE [DEVICE]',
  example: 'db-1 4G',

  parse(model, words) {
    const [name, size, device, ...rest] = words;
    if (name === undefined || size === undefined || rest.length > 0)
      throw new WordsError('virtio-mem takes GUEST SIZE [DEVICE], such as: virtio-mem db-1 4G');
    const guest = findGuest(model, name);
    const values = findDevice(guest, device)?.values;
    const maximum = values?.['max-size'] ?? Number.MAX_SAFE_INTEGER;
    const bytes = parseTarget(size, values?.['requested-size'] ?? 0, maximum);
    if (bytes === undefined) throw new WordsError(`Not a size: '${size}'. Try 2G, +512M, -25%, 80%, max or 0`);
    return { guest: guest.id, bytes, ...known({ device }) };
  },

  plan(model, input, request, limits = defaultLimits) {
    const guest = guestById(model, input.guest);
    if (!guest) return refuseGone(request, 'Set a virtio-mem');
    const title = `Set the virtio-mem of ${guest.name}`;
    const { virtioMem: ability } = kindOf(guest.sample);
    if ('unable' in ability) return refuse(request, title, ability.unable);
    const problem = heldByMigration(guest) ?? unmanageable(guest, ability);
    if (problem !== undefined) return refuse(request, title, problem);
    const device = findDevice(guest, input.device);
    if (!device)
      return refuse(
        request,
        title,
        'it has no virtio-mem device: start it with -m maxmem=… and -device virtio-mem-pci,id=vm0,memdev=…',
      );
    const { path } = device;
    const { size: from, 'requested-size': requested, 'max-size': maximum, 'block-size': block } = device.values;
    if (path === undefined)
      return refuse(request, title, 'QEMU does not tell which of its nameless devices it is: start it with id=…');
    if (from === undefined || requested === undefined || maximum === undefined || !block)
      return refuse(request, title, 'QEMU does not tell its sizes');
    const to = Math.floor(Math.min(Math.max(0, input.bytes), maximum) / block) * block;
    if (to === requested)
      return refuse(
        request,
        title,
        to === from
          ? `it already has ${longBytes(to)} (its blocks are ${longBytes(block)})`
          : `${longBytes(to)} is asked for already; it has ${longBytes(from)}`,
      );
    const { pinnedBy } = guest.sample.launch;
    const refusal = to < from ? shrinkRefusal(guest, from - to, limits) : undefined;
    return {
      request,
      subject: guest.name,
      summary: `${to < from ? 'Unplug from' : 'Plug into'} ${guest.name}: virtio-mem from ${longBytes(from)} to ${longBytes(to)}`,
      steps: [ability.step(guest.sample, device, path, to)],
      effect:
        to < from
          ? [
              `guest: its driver unplugs ${longBytes(from - to)}, as far as it can empty the blocks; it may stop short`,
              `host: gets back at most ${longBytes(from - to)}, block by block`,
            ]
          : [
              `guest: ${longBytes(to - from)} more, as its driver plugs the blocks`,
              `host: gives it ${pinnedBy === undefined ? 'as the guest touches it' : `at once, since ${pinnedBy} pins it`}; ${longBytes(model.host.values.mem_available_with_arc)} available now`,
            ],
      warnings: warnings(model, guest, { from, to, asked: input.bytes, fromPool: inHugepages(guest, device) }),
      ...(refusal ? { refusal } : {}),
      ...(to < from && couldReport(guest, limits) ? { unreported: [guest.id] } : {}),
      undo: { action: 'virtio-mem', words: [guest.id, `${requested}B`, ...(device.id ? [device.id] : [])] },
      follow: [{ kind: 'virtio-mem', guest: guest.id, name: guest.name, device: path, from, target: to }],
    };
  },

  hint(model, [name]) {
    const guest = findGuest(model, name ?? '');
    const told = devicesOf(guest).map(device => {
      const { size, 'max-size': maximum, 'block-size': block } = device.values;
      return `${called(device)} has ${longBytes(size)} of at most ${longBytes(maximum)}, in blocks of ${longBytes(block)}`;
    });
    return `${guest.name}: ${told.join('; ') || 'no virtio-mem device'}`;
  },
};
