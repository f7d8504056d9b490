import { balloonFloor } from '../../actions/balloon/rails.ts';
import { type GuestFieldId, guestFields } from '../../fields/guest.ts';
import { whyNotMerged } from '../../fields/mergeable.ts';
import { guestById, guestGone } from '../../guests.ts';
import { type GuestModel, whyUnknown } from '../../model.ts';
import { formatDuration, longBytes } from '../../units.ts';
import { backendWord, whyKept, whyPartlyKept } from '../../vmm/memory.ts';
import { cellText } from '../columns.ts';
import { type Line, span } from '../line.ts';
import { type Draw, fill, heading, labelled, pairs } from './pane.ts';
import { guestTone } from './worry.ts';

const monitorText = (guest: GuestModel): string => {
  const { monitor } = guest.sample;
  const age = guest.values.monitor_age;
  const heard = age === undefined ? '' : `, answered ${formatDuration(Math.floor(age))} ago`;
  return monitor.state === 'ok'
    ? `ok${heard}`
    : `${monitor.state}${heard}${monitor.reason ? `: ${monitor.reason}` : ''}`;
};

/** Everything known of the selected guest; for what is not, the reason. */
export const detailPane: Draw = canvas => {
  const { state, model, width, height, glyphs } = canvas;
  const guest = guestById(model, state.selected);
  if (!guest) return [[span(guestGone, 'warn')]];
  const { launch, monitor, vmm, manager } = guest.sample;
  const about: Line[] = [
    pairs(
      width,
      labelled('pid', String(guest.pid)),
      labelled('run by', manager ?? vmm),
      labelled('backend', backendWord(guest.sample)),
      ...(monitor.qemuVersion ? [labelled('QEMU', monitor.qemuVersion)] : []),
      labelled('safe down to', longBytes(balloonFloor(guest, state.setting.limits))),
      ...(launch.uuid ? [labelled('uuid', launch.uuid)] : []),
    ),
    [
      span('monitor ', 'dim'),
      span(fill(monitorText(guest), width - 8, glyphs).trimEnd(), monitor.state === 'ok' ? 'text' : 'warn'),
    ],
  ];
  const kept = monitor.balloon?.device ? whyKept(guest.sample) : undefined;
  if (kept !== undefined) about.push([span('balloon ', 'dim'), span(`frees nothing on the host: ${kept}`, 'warn')]);
  const partly = monitor.balloon?.device ? whyPartlyKept(guest.sample) : undefined;
  if (partly !== undefined)
    about.push([span('balloon ', 'dim'), span(`frees a part of what it takes: ${partly}`, 'warn')]);
  const unmerged = whyNotMerged(guest.sample);
  if (unmerged !== undefined) about.push([span('ksm ', 'dim'), span(unmerged, 'warn')]);
  const ids = (Object.keys(guestFields) as GuestFieldId[]).filter(id => guest.values[id] !== undefined);
  const unknownIds = (Object.keys(guestFields) as GuestFieldId[]).filter(id => guest.values[id] === undefined);
  const cell = (id: GuestFieldId): Line => [
    span(guestFields[id].title.padEnd(9), 'dim'),
    span(cellText(guest, id).padStart(8), guestTone(guest, id, state.setting)),
  ];
  const perRow = Math.max(1, Math.floor((width + 2) / 19));
  const rows: Line[] = [];
  for (let at = 0; at < ids.length; at += perRow)
    rows.push(ids.slice(at, at + perRow).flatMap((id, index) => [...(index === 0 ? [] : [span('  ')]), ...cell(id)]));
  // Many numbers are missing for one reason: say it once.
  const reasons = Map.groupBy(unknownIds, id => whyUnknown(guest, id));
  const missing = [...reasons].map(
    ([why, lost]): Line => [
      span(`${glyphs.unknown} `, 'dim'),
      span(lost.map(id => guestFields[id].title).join(' '), 'dim'),
      span(`: ${why}`, 'warn'),
    ],
  );
  return [...about, ...rows, heading('Unknown', canvas), ...missing].slice(0, height);
};
