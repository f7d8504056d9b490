import { reportOf, whyNoReport } from '../../actions/balloon/reports.ts';
import { unreachable } from '../../actions/guest/guest.ts';
import { whyNotMerged } from '../../fields/mergeable.ts';
import { wordFor } from '../../guests.ts';
import { known } from '../../known.ts';
import type { GuestModel } from '../../model.ts';
import { formatDuration } from '../../units.ts';
import { kindOf } from '../../vmm/kinds.ts';
import { whyKept, whyPartlyKept, withheld } from '../../vmm/memory.ts';
import type { Facts, Finding } from './facts.ts';

type GuestFinding = Omit<Finding, 'subject'>;

const startLibvirt = 'start libvirtd (or virtqemud); another one: kvmtop -c URI';
const installVirsh = 'install virsh: apt-get install libvirt-clients, or dnf install libvirt-client';

/** How to get at a monitor that can't be asked, by who runs the guest. */
const monitorFix = (guest: GuestModel, facts: Facts): string | undefined => {
  const { monitor } = guest.sample;
  const { start, busy } = kindOf(guest.sample).monitor;
  switch (monitor.state) {
    case 'denied':
      return facts.isRoot ? undefined : 'run it as root: sudo kvmtop';
    case 'libvirt':
      // Neither this machine's virsh nor its libvirt knows of a guest of that host.
      if (facts.shown === 'captured') return undefined;
      if (facts.libvirtSocket !== undefined && !facts.hasLibvirtSocket) return startLibvirt;
      if (facts.hasVirsh)
        return `virsh -c ${facts.connect} list tells whether libvirt answers; another one: kvmtop -c URI`;
      return facts.libvirtSocket === undefined ? installVirsh : 'another libvirt: kvmtop -c URI';
    case 'busy':
      return busy?.(monitor.path ?? 'its socket');
    case 'none':
      // What is wrong with one that it has is in the reason.
      return monitor.path === undefined ? start : undefined;
    default:
      return undefined;
  }
};

const monitorFinding = (guest: GuestModel, facts: Facts): GuestFinding | undefined => {
  const { monitor } = guest.sample;
  if (monitor.state === 'ok') return undefined;
  const fix = monitorFix(guest, facts);
  return {
    id: 'guest_monitor',
    ok: false,
    text: `its balloon can’t be seen or moved: ${unreachable(guest) ?? 'its monitor does not answer'}`,
    ...known({ fix }),
  };
};

const loadDriver = 'inside the guest: modprobe virtio_balloon (Windows: the balloon driver and service of virtio-win)';
const startService = 'inside a Windows guest: start the balloon service of virtio-win (blnsvr -i)';

const balloonFinding = (guest: GuestModel, { limits, model }: Facts): GuestFinding => {
  const word = wordFor(model.guests, guest);
  const { monitor } = guest.sample;
  const { balloon: ability } = kindOf(guest.sample);
  const { balloon } = monitor;
  if ('unable' in ability) return { id: 'guest_balloon', ok: false, text: ability.unable };
  if (!balloon?.device)
    return {
      id: 'guest_balloon',
      ok: false,
      text: 'it has no balloon: what it uses can’t be seen, nor its size changed',
      fix: ability.missing,
    };
  const age = guest.values.stats_age;
  if (balloon.pollingInterval === 0) {
    const text = `its statistics are off: ${age === undefined ? 'it never reported' : `it reported ${formatDuration(age)} ago`}`;
    const { polling } = kindOf(guest.sample);
    return {
      id: 'guest_statistics',
      ok: false,
      text: 'unable' in polling ? text : `${text}; the live screen switches them on while it runs`,
      fix: 'unable' in polling ? polling.unable : `kvmtop do polling ${word} 2`,
    };
  }
  const driver = (text: string, fix?: string): GuestFinding => ({
    id: 'guest_driver',
    ok: false,
    text,
    ...known({ fix }),
  });
  const report = reportOf(guest, limits);
  if (report === 'silent' && guest.state !== 'running')
    return driver(`it is ${guest.state}: its driver has not reported yet, and can't until it runs`);
  if (report === 'stalled' && guest.state !== 'running')
    return driver(`it is ${guest.state}, so it does not report: last ${formatDuration(age)} ago`);
  if (report === 'stalled') {
    const look = 'look at its console';
    const more =
      (withheld(guest.sample) ?? 0) > 0
        ? `; if it has too little memory, give it more: kvmtop do balloon ${word} max`
        : '';
    return driver(`it has stopped reporting, ${formatDuration(age)} ago: it may be thrashing`, look + more);
  }
  if (report === 'silent') return driver(whyNoReport(guest, limits) ?? '', loadDriver);
  if (report === 'ahead')
    return driver(whyNoReport(guest, limits) ?? '', 'look at the clock of this host: timedatectl');
  if (guest.values.guest_used === undefined)
    return Object.keys(balloon.stats?.values ?? {}).length === 0
      ? driver('its driver reports, but without a number', startService)
      : driver(
          'its driver reports, but not what is available in it: it is too old',
          'update the guest’s kernel, or its drivers',
        );
  return { id: 'guest_balloon', ok: true, text: 'its balloon answers, and it reports what it uses' };
};

/** What can't be gained from it, though all else is well. */
const memoryFindings = (guest: GuestModel, { model }: Facts): readonly GuestFinding[] => {
  const found: GuestFinding[] = [];
  const { monitor } = guest.sample;
  const kept = whyKept(guest.sample);
  const unmerged = model.sample.host.ksm?.['run'] === 1 ? whyNotMerged(guest.sample) : undefined;
  if (unmerged)
    found.push({
      id: 'guest_ksm',
      ok: false,
      text: `KSM runs, but not for it: ${unmerged}`,
      fix: 'start it with private memory of small pages, if it is to share; else nothing is wrong',
    });
  if (monitor.balloon?.device && kept !== undefined)
    found.push({
      id: 'guest_memory',
      ok: false,
      text: `its balloon would free nothing on the host: ${kept}`,
      fix: 'start it without, if it is to give memory back; else leave its balloon alone',
    });
  const partly = monitor.balloon?.device ? whyPartlyKept(guest.sample) : undefined;
  if (partly !== undefined)
    found.push({
      id: 'guest_memory',
      ok: false,
      text: `its balloon frees only a part of what it takes: ${partly}`,
      fix: 'nothing is wrong: count on the rest of its memory alone',
    });
  return found;
};

const findingsOf = (guest: GuestModel, facts: Facts): readonly Finding[] =>
  [monitorFinding(guest, facts) ?? balloonFinding(guest, facts), ...memoryFindings(guest, facts)].map(found => ({
    ...found,
    subject: guest.name,
  }));

const libvirtFinding = (facts: Facts): readonly Finding[] => {
  const { model, shown, hasVirsh, hasLibvirt, connect, libvirtSocket, hasLibvirtSocket } = facts;
  const needed = hasLibvirt || model.guests.some(({ sample }) => kindOf(sample).monitor.by === 'libvirt');
  // What is installed here says nothing of the host that a tree was captured on.
  if (shown !== 'host' || !needed) return [];
  const asked =
    libvirtSocket === undefined ? `through virsh -c ${connect}` : `on ${libvirtSocket}, read-only, by its own protocol`;
  const without = libvirtSocket === undefined ? 'shown from outside only' : 'shown, but not changed';
  return [
    libvirtSocket === undefined || hasLibvirtSocket
      ? { id: 'libvirt', ok: true, text: `libvirt is asked for its guests ${asked}; virsh changes them` }
      : {
          id: 'libvirt',
          ok: false,
          text: `libvirt does not listen on ${libvirtSocket}: its guests are shown from outside only`,
          fix: startLibvirt,
        },
    hasVirsh
      ? { id: 'virsh', ok: true, text: 'virsh is there, for guests that libvirt runs' }
      : { id: 'virsh', ok: false, text: `virsh is not here: libvirt’s guests are ${without}`, fix: installVirsh },
  ];
};

/** What can't be seen or done of each guest. */
export const guestFindings = (facts: Facts): readonly Finding[] => {
  const found = facts.model.guests.map(guest => findingsOf(guest, facts));
  const well = found.filter(ofGuest => ofGuest.every(({ ok }) => ok)).length;
  const count: Finding = {
    id: 'guests',
    ok: true,
    text: found.length === 0 ? 'no guest runs here' : `${found.length} found; all is well with ${well} of them`,
  };
  return [...libvirtFinding(facts), count, ...found.flat()];
};
