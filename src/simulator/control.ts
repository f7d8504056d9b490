import type { Control } from '../actions/gate/control.ts';
import { ksmFolder } from '../actions/ksm/ksm.ts';
import { tooLate } from '../guests.ts';
import { guestId } from './guest-sample.ts';
import { wholePages } from './inside.ts';
import type { World } from './world.ts';

const notSimulated = async (): Promise<never> => {
  throw new Error('the simulator knows only balloons and KSM; nothing was changed');
};

/** What can be done in a simulated world: `balloon` on a guest's monitor, and KSM's files. */
export const controlOf = (world: World): Control => {
  const find = (id: string) => world.guests.find(guest => guestId(guest) === id);
  return {
    async execute(id, command, args) {
      const guest = find(id);
      if (!guest) throw tooLate(command, id);
      if (command !== 'balloon') return notSimulated();
      const bytes = Number(args['value']);
      if (!(Number.isInteger(bytes) && bytes > 0))
        throw new Error(
          `balloon on ${guest.spec.name}: QEMU refused: Parameter 'target' expects a size (GenericError)`,
        );
      guest.inside.target = Math.min(wholePages(bytes), guest.spec.size);
      return {};
    },
    async write(path, value) {
      const name = path.startsWith(`${ksmFolder}/`) ? path.slice(ksmFolder.length + 1) : '';
      if (!world.ksm.set(name, value)) return notSimulated();
      return world.ksm.get(name);
    },
    virsh: notSimulated,
    call: notSimulated,
    run: notSimulated,
    file: notSimulated,
    noteTarget(id, bytes) {
      const guest = find(id);
      if (guest) guest.noted = bytes;
    },
  };
};
