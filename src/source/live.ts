import { type Control, Refused } from '../actions/gate/control.ts';
import { writeKernelFile } from '../actions/gate/kernel-file.ts';
import { writeSettingsFile } from '../actions/gate/settings-file.ts';
import { createGuestReader } from '../collect/guests/guests.ts';
import type { Patience } from '../collect/guests/monitors/contract.ts';
import { LibvirtError } from '../collect/guests/monitors/libvirt/errors.ts';
import { hidepidIn } from '../collect/host/hidepid.ts';
import { createHostReader } from '../collect/host/host.ts';
import { readPageSize } from '../collect/host/page-size.ts';
import type { Need } from '../fields/field.ts';
import type { Root } from '../root.ts';
import type { Problem, Sample } from '../sample.ts';
import type { Source } from './source.ts';

/** How long a look waits for the monitors, milliseconds: an idle QEMU answers in 4; who is later is in the next look. */
const monitorBudget = 80;
/** The first look waits for no more than a handful: the screen is empty until then, and the second look follows soon. */
const firstBudget = 25;

/** Bytes: that of most kernels, where nothing tells. */
const usualPageSize = 4096;

/** Seconds of the monotonic clock, to the microsecond. */
const clock = (): number => Number(process.hrtime.bigint() / 1000n) / 1e6;

const pageSizeUnknown: Problem = {
  source: 'page size',
  message: '/proc/meminfo and /proc/vmstat do not tell it: taken as 4 KiB, and with it all that is counted in pages',
};

/**
 * This host, through `/proc`, `/sys` and the guests' monitors; or a captured tree, which has no monitors and no control.
 * `libvirt`: the URI at which libvirt is asked for its guests. `patience`: how long is waited for the others' monitors.
 */
export const createLiveSource = (
  root: Root,
  options: { readonly libvirt?: string; readonly patience?: Patience } = {},
): Source => {
  const host = createHostReader(root);
  const guests = createGuestReader(root, options);
  // As a shared host has it: nobody but root sees who else runs there.
  const hidepid = root.isHost && process.geteuid?.() !== 0 ? hidepidIn(root.read('/proc/mounts') ?? '') : undefined;
  let pageSize: number | undefined;
  const control: Control = {
    execute: (guest, command, args) => guests.execute(guest, command, args),
    write: (path, value) => writeKernelFile(root, path, value),
    virsh: async (guest, words, purpose) => {
      try {
        return await guests.virsh(guest, words, purpose);
      } catch (error) {
        throw error instanceof LibvirtError && error.trouble === 'denied' ? new Refused(error.message) : error;
      }
    },
    call: (guest, method, path, body) => guests.call(guest, method, path, body),
    run: (guest, words) => guests.run(guest, words),
    file: (path, content) => writeSettingsFile(root, path, content),
    noteTarget: (guest, bytes) => guests.noteTarget(guest, bytes),
  };

  const look = (wanted: ReadonlySet<Need>): Sample => {
    const time = Date.now() / 1000;
    // Of the whole host, not of this process: samples of several runs follow each other in a recording.
    const monotonic = clock();
    const late: Record<string, number> = {};
    const note = (need: Need): void => {
      const milliseconds = Math.round((clock() - monotonic) * 1000);
      if (milliseconds > 0) late[need] = milliseconds / 1000;
    };
    const found = guests.read(wanted, time, note);
    const seen = host.read(wanted, note);
    const problems: Problem[] = [...found.problems];
    pageSize ??= readPageSize(root);
    if (pageSize === undefined) problems.push(pageSizeUnknown);
    if (hidepid !== undefined)
      problems.push({
        source: 'privilege',
        message: `/proc hides other users' processes (${hidepid}), so their guests are not seen: run kvmtop as root`,
      });
    // Root is refused nothing that matters; for others one line says it all.
    if (root.denied.size > 0 && process.geteuid?.() !== 0)
      problems.push({
        source: 'privilege',
        message: `${root.denied.size} files may not be read, ${[...root.denied][0]} first: run kvmtop as root to see all`,
      });
    return {
      version: 1,
      time,
      monotonic,
      ...(Object.keys(late).length > 0 ? { late } : {}),
      pageSize: pageSize ?? usualPageSize,
      host: seen,
      guests: found.guests,
      problems,
      ...(found.migrated.length > 0 ? { migrated: found.migrated } : {}),
    };
  };

  let budget = firstBudget;
  return {
    kind: 'live',
    ...(root.isHost ? { control } : {}),
    async look(wanted, watched) {
      await guests.poll(Date.now() / 1000, budget, watched);
      budget = monitorBudget;
      return look(wanted);
    },
    async close() {
      host.close();
      await guests.close();
    },
  };
};
