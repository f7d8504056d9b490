import { WordsError } from '../../errors.ts';
import { whyNotMerged } from '../../fields/mergeable.ts';
import type { GuestModel, Model } from '../../model.ts';
import { formatCount, longBytes } from '../../units.ts';
import type { Action, Plan, Request } from '../action.ts';
import { availableAfter, draw, type Forecast } from '../forecast.ts';
import { refuse } from '../guest/guest.ts';
import { lastingHint } from '../lasting/lasting.ts';
import { reserve, spare } from '../reserve.ts';
import { scanPace } from './pace.ts';

export const ksmFolder = '/sys/kernel/mm/ksm';

const modes = { stop: 0, run: 1, unmerge: 2 } as const;
type Mode = keyof typeof modes;

const isMode = (word: string | undefined): word is Mode => word !== undefined && Object.hasOwn(modes, word);

/** The word for a value of /sys/kernel/mm/ksm/run. */
export const ksmMode = (run: number | undefined): Mode | undefined =>
  (Object.keys(modes) as Mode[]).find(mode => modes[mode] === run);

const mergeable = ({ sample }: GuestModel): boolean => whyNotMerged(sample) === undefined;

const summaries: Readonly<Record<Mode, string>> = {
  run: 'Run KSM: merge equal pages of guests',
  stop: 'Stop KSM, and keep what is merged',
  unmerge: 'Stop KSM and give every merged page its own copies again',
};

const already: Readonly<Record<Mode, string>> = {
  run: 'KSM runs already',
  stop: 'KSM is stopped already',
  unmerge: 'everything is unmerged already',
};

const effects: Readonly<Record<Mode, (model: Model) => string[]>> = {
  run: model => [
    `ksmd: ${scanPace(model.sample.host.ksm ?? {}, model.sample.pageSize)}`,
    `guests: ${model.guests.filter(mergeable).length} of ${model.guests.length} have memory that KSM can merge (no hugepages, no shared memory)`,
    lastingHint('ksm/run', '1'),
  ],
  stop: model => [
    `host: what is merged stays merged and saves ${longBytes(model.host.values.ksm_saved)}; nothing new is merged, and writes still unshare`,
    lastingHint('ksm/run', '0'),
  ],
  unmerge: model => [
    `host: needs ${longBytes(model.host.values.ksm_saved)} at once; available falls from ${longBytes(model.host.values.mem_available_with_arc)} to about ${longBytes((model.host.values.mem_available_with_arc ?? 0) - (model.host.values.ksm_saved ?? 0))}`,
    `host: ${formatCount((model.host.values.ksm_pages_shared ?? 0) + (model.host.values.ksm_pages_sharing ?? 0))} merged places get pages of their own`,
  ],
};

/** Whether the copies that unmerging makes find room: the kernel would not ask, and would kill somebody for them. */
const unmergeRefusal = (model: Model): Plan['refusal'] => {
  const { ksm_saved: needed, mem_available_with_arc: available } = model.host.values;
  const room = spare(model);
  if (needed === undefined || room === undefined)
    return { reason: 'what it would need, or what is available, is unknown', forceable: false };
  if (needed === 0 || needed <= room) return undefined;
  return {
    reason: `it needs ${longBytes(needed)} at once, and ${longBytes(available)} are available, of which the host keeps ${longBytes(reserve(model))}: stop KSM instead, or move a guest away first`,
    forceable: false,
  };
};

const unmergeWarnings = (model: Model): string[] => {
  const room = spare(model);
  const needed = model.host.values.ksm_saved;
  return room !== undefined && needed !== undefined && needed > room / 2
    ? [`that is more than half of what the host can spare (${longBytes(room)})`]
    : [];
};

/**
 * Every merged place gets a page of its own. Whose places they are must be known, and there must be room for them. What
 * merging will save is not known before.
 */
const unmergeForecast = (model: Model): Forecast | undefined => {
  const { ksm_saved: saved, ksm_pages_shared: shared, ksm_pages_sharing: sharing } = model.host.values;
  const merging = model.guests.map(({ values }) => values.ksm_merging);
  if (saved === undefined || shared === undefined || sharing === undefined || !model.ledger) return undefined;
  if (merging.includes(undefined)) return undefined;
  const merged = model.ledger.parts.ksm;
  const ofGuests = Math.min(
    merged + saved,
    merging.reduce<number>((sum, bytes) => sum + (bytes ?? 0), 0),
  );
  const fromMerged = Math.min(merged, ofGuests);
  const copies = draw(model, [
    { to: 'guest_anon', bytes: ofGuests - fromMerged },
    { to: 'other_anon', bytes: saved - (ofGuests - fromMerged) },
  ]);
  return (
    copies && {
      assumes: 'once every merged page has its own copies',
      moves: [
        { from: 'ksm', to: 'guest_anon', bytes: fromMerged },
        { from: 'ksm', to: 'other_anon', bytes: merged - fromMerged },
        ...copies,
      ],
      host: { ...availableAfter(model, -saved), ksm_saved: 0, ksm_pages_shared: 0, ksm_pages_sharing: 0 },
    }
  );
};

const undoOf = (run: number | undefined): Request | undefined => {
  const mode = ksmMode(run);
  return mode && { action: 'ksm', words: [mode] };
};

export const ksm: Action<Mode> = {
  id: 'ksm',
  title: 'KSM',
  help: 'Start merging equal pages (run), stop it (stop), or split all merged pages again, which needs memory (unmerge).',
  usage: 'run|stop|unmerge',
  example: 'run',

  parse(_model, [mode, ...rest]) {
    if (!isMode(mode) || rest.length > 0) throw new WordsError('ksm takes one of run, stop, unmerge, such as: ksm run');
    return mode;
  },

  plan(model, mode, request) {
    const summary = summaries[mode];
    const run = model.host.values.ksm_run;
    if (run === undefined) return refuse(request, summary, 'this kernel has no KSM, or its settings were not read');
    if (run === modes[mode]) return refuse(request, summary, already[mode]);
    const refusal = mode === 'unmerge' ? unmergeRefusal(model) : undefined;
    const undo = undoOf(run);
    const forecast = mode === 'unmerge' ? unmergeForecast(model) : undefined;
    return {
      request,
      subject: 'ksm',
      summary,
      steps: [{ kind: 'write', path: `${ksmFolder}/run`, value: String(modes[mode]), before: String(run) }],
      effect: effects[mode](model),
      warnings: mode === 'unmerge' ? unmergeWarnings(model) : [],
      ...(forecast ? { forecasts: [forecast] } : {}),
      ...(refusal ? { refusal } : {}),
      ...(undo ? { undo } : {}),
    };
  },

  hint(model) {
    const { ksm_run: run, ksm_saved: saved, mem_available_with_arc: available } = model.host.values;
    return `now ${ksmMode(run) ?? 'unknown'}, saves ${longBytes(saved)}; ${longBytes(available)} available`;
  },
};
