import { WordsError } from '../../errors.ts';
import { known } from '../../known.ts';
import type { Model } from '../../model.ts';
import { own } from '../../own.ts';
import type { Values } from '../../sample.ts';
import type { Action, Plan, Request, Step } from '../action.ts';
import { refuse } from '../guest/guest.ts';
import { lastingHint } from '../lasting/lasting.ts';
import { ksmFolder } from './ksm.ts';
import { scanPace } from './pace.ts';
import { type KsmSetting, ksmSettings, ksmValueProblem } from './settings.ts';

type Pair = readonly [name: string, value: string];

/** How the Sample has what a file was set to: a number, or a word. */
const asSampled = (value: string): number | string => (/^\d+$/.test(value) ? Number(value) : value);

/** Why the kernel would not take a value that is right in itself; the first reason of those that apply. */
const problemWith = (now: Values, [name, value]: Pair): string | undefined => {
  if (own(now, name) === undefined) return `this kernel has no ${name}`;
  const locked = own(ksmSettings, name)?.locked?.(now);
  if (locked !== undefined) return `${name}: ${locked}`;
  const least = name === 'advisor_min_pages_to_scan' ? value : now['advisor_min_pages_to_scan'];
  const most = name === 'advisor_max_pages_to_scan' ? value : now['advisor_max_pages_to_scan'];
  if (name.endsWith('_pages_to_scan') && Number(least) > Number(most))
    return `advisor_min_pages_to_scan (${least}) would lie above advisor_max_pages_to_scan (${most})`;
  return undefined;
};

/** What the kernel sets pages_to_scan to when the advisor is turned off (DEFAULT_PAGES_TO_SCAN in mm/ksm.c). */
const defaultPages = 100;

/** The settings after one more. */
const applied = (now: Values, [name, value]: Pair): Values => ({
  ...now,
  [name]: asSampled(value),
  ...(name === 'advisor_mode' && value === 'none' ? { pages_to_scan: defaultPages } : {}),
});

/** The advisor does not give pages_to_scan back as it was, so turning it off again takes two settings. */
const undoOf = (before: Values, pairs: readonly Pair[]): Request => {
  const names = new Set(pairs.map(([name]) => name));
  const words = [...names].reverse().flatMap(name => [name, String(own(before, name))]);
  const reset = names.has('advisor_mode') && before['advisor_mode'] === 'none' && !names.has('pages_to_scan');
  return {
    action: 'ksm-set',
    words: reset ? [...words, 'pages_to_scan', String(before['pages_to_scan'])] : words,
  };
};

const effectOf = (before: Values, after: Values, pageSize: number, pairs: readonly Pair[]): string[] => {
  const paced = pairs.some(([name]) => own(ksmSettings, name)?.paced);
  return [
    ...pairs.flatMap(([name]) => (paced ? [] : [`${name}: ${own(ksmSettings, name)?.help}`])),
    ...(paced ? [`ksmd: ${scanPace(after, pageSize)} (now: ${scanPace(before, pageSize)})`] : []),
    ...(after['run'] === 1 ? [] : ['ksmd: does not run, so nothing changes until `kvmtop do ksm run`']),
    ...pairs.map(([name, value]) => lastingHint(`ksm/${name}`, value)),
  ];
};

/** The settings of KSM that this kernel has, each with its value and why it is locked now. */
export const ksmSettingsOf = (
  model: Model,
): readonly {
  readonly name: string;
  readonly setting: KsmSetting;
  readonly value: string;
  readonly locked?: string;
}[] => {
  const now = model.sample.host.ksm ?? {};
  return Object.entries(ksmSettings).flatMap(([name, setting]) => {
    const value = own(now, name);
    if (value === undefined) return [];
    const locked = setting.locked?.(now);
    return [{ name, setting, value: String(value), ...known({ locked }) }];
  });
};

export const ksmSet: Action<readonly Pair[]> = {
  id: 'ksm-set',
  title: 'KSM setting',
  help: 'Tune KSM: pages_to_scan, sleep_millisecs, advisor_mode, merge_across_nodes, …',
  usage: 'NAME VALUE',
  example: 'pages_to_scan 1000',

  parse(_model, words) {
    if (words.length === 0 || words.length % 2 > 0)
      throw new WordsError('ksm-set takes NAME VALUE, such as: ksm-set pages_to_scan 1000');
    const pairs = words.flatMap((name, index): Pair[] => (index % 2 > 0 ? [] : [[name, words[index + 1] ?? '']]));
    for (const [name, value] of pairs) {
      const problem = ksmValueProblem(name, value);
      if (problem !== undefined) throw new WordsError(problem);
    }
    // Without leading zeros, as the kernel gives it back.
    return pairs.map(([name, value]): Pair => [name, String(asSampled(value))]);
  },

  plan(model, pairs, request): Plan {
    const summary = `Set KSM's ${pairs.map(([name, value]) => `${name} to ${value}`).join(', ')}`;
    const before = model.sample.host.ksm;
    if (!before) return refuse(request, summary, 'this kernel has no KSM, or its settings were not read');
    const steps: Step[] = [];
    let now = before;
    for (const pair of pairs) {
      const [name, value] = pair;
      const problem = problemWith(now, pair);
      if (problem !== undefined) return refuse(request, summary, problem);
      if (steps.length === 0 && String(own(now, name)) === value) continue;
      steps.push({ kind: 'write', path: `${ksmFolder}/${name}`, value, before: String(own(before, name)) });
      now = applied(now, pair);
    }
    if (steps.length === 0) return refuse(request, summary, 'it is so already');
    return {
      request,
      subject: 'ksm',
      summary,
      steps,
      effect: effectOf(before, now, model.sample.pageSize, pairs),
      warnings:
        now['sleep_millisecs'] === 0 && before['sleep_millisecs'] !== 0
          ? ['ksmd never sleeps then: one processor is busy all the time']
          : [],
      undo: undoOf(before, pairs),
    };
  },

  hint(model, [name]) {
    const one = ksmSettingsOf(model).find(setting => setting.name === name);
    if (!one) return '';
    const takes = one.setting.takes.join(typeof one.setting.takes[0] === 'string' ? ' or ' : ' to ');
    return `${one.name} is ${one.value}, takes ${takes}${one.locked === undefined ? '' : `; locked: ${one.locked}`}`;
  },
};
