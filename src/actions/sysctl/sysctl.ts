import { WordsError } from '../../errors.ts';
import type { Model } from '../../model.ts';
import { unknownWord } from '../../nearest.ts';
import { own } from '../../own.ts';
import { parseBytes, parseSeconds } from '../../units.ts';
import type { Action, Request } from '../action.ts';
import { refuse } from '../guest/guest.ts';
import { lastingHint } from '../lasting/lasting.ts';
import { type Sysctl, sysctls, sysctlText } from './sysctls.ts';

const find = (name: string): Sysctl => {
  const knob = own(sysctls, name);
  if (!knob) throw new WordsError(unknownWord('sysctl', name, Object.keys(sysctls)));
  return knob;
};

/** A number in the sysctl's own unit, or with a unit: `64M` for one in kB or bytes, `5s` for one in centiseconds. */
const parseValue = ({ unit }: Sysctl, text: string): number | undefined => {
  if (/^-?\d{1,16}$/.test(text)) return Number(text);
  if (unit === 'percent' && /^\d{1,3}%$/.test(text)) return Number(text.slice(0, -1));
  if (unit === 'centiseconds') return hundredfold(parseSeconds(text));
  const bytes = unit === 'kB' || unit === 'bytes' ? parseBytes(text) : undefined;
  return bytes === undefined || unit === 'bytes' ? bytes : Math.round(bytes / 1024);
};

const hundredfold = (seconds: number | undefined): number | undefined =>
  seconds === undefined ? undefined : Math.round(seconds * 100);

const at = (model: Model, limit: Sysctl['least']): number => (typeof limit === 'number' ? limit : limit(model));

const rangeOf = (model: Model, knob: Sysctl): string => {
  const most = at(model, knob.most);
  const least = at(model, knob.least);
  return most >= 2 ** 31 - 1 ? `${least} or more` : `${least} to ${most}`;
};

/**
 * A sysctl and a value that its kernel takes, in the sysctl's own unit.
 * @throws Error that says what it takes.
 */
export const parseSysctl = (
  model: Model,
  name: string,
  text: string,
): { readonly name: string; readonly value: number } => {
  const knob = find(name);
  const value = parseValue(knob, text);
  const takes = `${name} takes ${rangeOf(model, knob)}${knob.unit === 'count' ? '' : ` (${knob.unit})`}`;
  if (value === undefined) throw new WordsError(`${takes}, not '${text}'`);
  if (value === 0 && name === 'vm.overcommit_kbytes')
    throw new WordsError('vm.overcommit_kbytes 0 would leave the ratio at 0 too: set vm.overcommit_ratio instead');
  if (value < at(model, knob.least) || value > at(model, knob.most)) throw new WordsError(`${takes}, not ${text}`);
  return { name, value };
};

interface SysctlInput {
  readonly name: string;
  readonly value: number;
}

/** The one of the two that is in force: the other is 0. Nothing can be restored where both are. */
const undoOf = (model: Model, name: string, knob: Sysctl, before: number): Request | undefined => {
  const twin = knob.twin === undefined ? undefined : own(model.sample.host.sysctls, knob.twin);
  if (knob.twin !== undefined && twin) return { action: 'sysctl', words: [knob.twin, String(twin)] };
  return knob.twin !== undefined && before === 0 ? undefined : { action: 'sysctl', words: [name, String(before)] };
};

const twinEffect = (model: Model, { twin }: Sysctl): string[] => {
  const now = twin === undefined ? undefined : own(model.sample.host.sysctls, twin);
  const other = twin === undefined ? undefined : own(sysctls, twin);
  return other && now ? [`${twin} (now ${sysctlText(other, now)}) gives way to it: undo brings it back`] : [];
};

export const sysctl: Action<SysctlInput> = {
  id: 'sysctl',
  title: 'Sysctl',
  help: 'Set swap, overcommit and writeback sysctls: vm.swappiness, vm.overcommit_*, vm.dirty_*, …',
  usage: 'NAME VALUE',
  example: 'vm.swappiness 10',

  parse(model, words) {
    const [name, value, ...rest] = words;
    if (name === undefined || value === undefined || rest.length > 0)
      throw new WordsError('sysctl takes NAME VALUE, such as: sysctl vm.swappiness 10');
    return parseSysctl(model, name, value);
  },

  plan(model, { name, value }, request) {
    const knob = find(name);
    const before = own(model.sample.host.sysctls, name);
    const summary = `Set ${name} from ${sysctlText(knob, before)} to ${sysctlText(knob, value)}`;
    if (before === undefined) return refuse(request, summary, `this kernel has no ${name}, or it was not read`);
    if (before === value) return refuse(request, summary, `it is ${sysctlText(knob, value)} already`);
    const refusal = knob.refusal?.(model, value);
    const undo = undoOf(model, name, knob, before);
    const forecast = knob.forecast?.(model, value);
    return {
      request,
      subject: name,
      summary,
      steps: [
        {
          kind: 'write',
          path: `/proc/sys/${name.replaceAll('.', '/')}`,
          value: String(value),
          before: String(before),
        },
      ],
      effect: [
        ...(knob.effect?.(model, value) ?? [`host: ${knob.help}`]),
        ...twinEffect(model, knob),
        lastingHint(name, String(value)),
      ],
      warnings: knob.warnings?.(model, value) ?? [],
      ...(forecast ? { forecasts: [forecast] } : {}),
      ...(refusal ? { refusal } : {}),
      ...(undo ? { undo } : {}),
    };
  },

  hint(model, [name = '']) {
    const knob = find(name);
    const now = own(model.sample.host.sysctls, name);
    return `${name} is ${sysctlText(knob, now)}, takes ${rangeOf(model, knob)}${knob.unit === 'count' ? '' : ` (${knob.unit})`}`;
  },
};
