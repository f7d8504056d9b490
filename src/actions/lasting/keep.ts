import { WordsError } from '../../errors.ts';
import { known } from '../../known.ts';
import type { Model } from '../../model.ts';
import { own } from '../../own.ts';
import type { Action, Plan, Request } from '../action.ts';
import { refuse } from '../guest/guest.ts';
import { ksmValueProblem } from '../ksm/settings.ts';
import { parseSysctl } from '../sysctl/sysctl.ts';
import { sysctls } from '../sysctl/sysctls.ts';
import { lastingFile, lastingLine, lastingValue, type SettingName, shortName } from './lasting.ts';

const header = '# Written by kvmtop (kvmtop do keep); lines of others are left alone.';

/** What files of /sys/kernel/mm/transparent_hugepage take; kernel documentation, admin-guide/mm/transhuge. */
const thpWords: Readonly<Record<string, readonly string[]>> = {
  enabled: ['always', 'madvise', 'never'],
  defrag: ['always', 'defer', 'defer+madvise', 'madvise', 'never'],
  shmem_enabled: ['always', 'within_size', 'advise', 'never', 'deny', 'force'],
  'khugepaged/defrag': ['0', '1'],
};
const thpNumbers = ['pages_to_scan', 'scan_sleep_millisecs', 'alloc_sleep_millisecs', 'max_ptes_none'];

const thpProblem = (name: string, value: string): string | undefined => {
  const words = own(thpWords, name);
  if (words) return words.includes(value) ? undefined : `${name} takes ${words.join(', ')}, not '${value}'`;
  if (!thpNumbers.some(number => name === `khugepaged/${number}`))
    return `unknown setting '${name}' of transparent_hugepage`;
  return /^\d{1,9}$/.test(value) ? undefined : `${name} takes a whole number, not '${value}'`;
};

const problemWith = (name: string, value: string): string | undefined => {
  if (name === 'ksm/run') return /^[01]$/.test(value) ? undefined : `ksm/run takes 0 or 1 at boot, not '${value}'`;
  const [, folder, file = ''] = /^(ksm|transparent_hugepage)\/(.+)$/.exec(name) ?? [];
  if (folder === 'ksm') return ksmValueProblem(file, value);
  if (folder === 'transparent_hugepage') return thpProblem(file, value);
  return `'${name}' can't be kept: name a sysctl such as vm.swappiness, or ksm/NAME, or transparent_hugepage/NAME`;
};

/** What is in force now, as the kernel gives it. */
const current = (model: Model, name: SettingName): string | undefined => {
  const { sysctls: values, ksm, thp } = model.sample.host;
  const [folder, file] = [name.slice(0, name.indexOf('/')), name.slice(name.indexOf('/') + 1)];
  const value = name.includes('/') ? own(folder === 'ksm' ? ksm : thp, file) : own(values, name);
  return value === undefined ? undefined : String(value);
};

/** The file's lines without those about this setting or its twin, which would overrule each other at boot. */
const withLine = (text: string, name: SettingName, value: string | undefined): string | undefined => {
  const twin = value === undefined ? undefined : own(sysctls, name)?.twin;
  const others = text
    .trimEnd()
    .split('\n')
    .filter(line => line !== header)
    .filter(line => lastingValue(name, line) === undefined)
    .filter(line => twin === undefined || lastingValue(twin, line) === undefined);
  const lines = value === undefined ? others : [...others, lastingLine(name, value)];
  return lines.every(line => line === '')
    ? undefined
    : [header, ...lines.slice(lines.findIndex(line => line !== '')), ''].join('\n');
};

/** The value that the file gives a setting: the last line counts. */
const keptValue = (text: string, name: SettingName): string | undefined =>
  text
    .split('\n')
    .map(line => lastingValue(name, line))
    .findLast(value => value !== undefined);

interface KeepInput {
  readonly name: SettingName;
  /** Absent: it is to be kept no more. */
  readonly value?: string;
}

const undoOf = (text: string, name: SettingName): Request => {
  const before = keptValue(text, name);
  const twin = own(sysctls, name)?.twin;
  const other = twin === undefined ? undefined : keptValue(text, twin);
  if (before === undefined && twin !== undefined && other !== undefined)
    return { action: 'keep', words: [twin, other] };
  return { action: 'keep', words: [name, before ?? '-'] };
};

export const keep: Action<KeepInput> = {
  id: 'keep',
  title: 'Keep a setting',
  help: 'Make a setting persist across boots: a sysctl, ksm/NAME or transparent_hugepage/NAME; - removes it.',
  usage: 'NAME VALUE|-',
  example: 'vm.swappiness 10',

  parse(model, words) {
    const [word, value, ...rest] = words;
    if (word === undefined || value === undefined || rest.length > 0)
      throw new WordsError('keep takes NAME VALUE, such as: keep vm.swappiness 10');
    const name = shortName(word);
    if (name.includes('/')) {
      const problem = value === '-' ? undefined : problemWith(name, value);
      if (problem !== undefined) throw new WordsError(problem);
      return value === '-' ? { name } : { name, value };
    }
    if (value === '-') return { name };
    return { name, value: String(parseSysctl(model, name, value).value) };
  },

  plan(model, { name, value }, request): Plan {
    const file = lastingFile(name);
    const summary =
      value === undefined ? `Keep ${name} no more in ${file}` : `Keep ${name} at ${value} over boots, in ${file}`;
    const files = model.sample.host.settings;
    if (!files) return refuse(request, summary, `what ${file} says now is unknown`);
    const text = files[file] ?? '';
    const before = keptValue(text, name);
    if (before === value)
      return refuse(request, summary, value === undefined ? 'it is not kept there' : 'it is kept so already');
    const content = withLine(text, name, value);
    const now = current(model, name);
    return {
      request,
      subject: name,
      summary,
      steps: [{ kind: 'file', path: file, ...known({ content }) }],
      effect: [
        value === undefined
          ? `at the next boot: ${name} is what the system makes it`
          : `at every boot: ${lastingLine(name, value)}`,
        ...(before === undefined ? [] : [`the file says ${before} until now`]),
        value === undefined || now === value
          ? `now: nothing changes${now === undefined ? '' : `, it stays ${now}`}`
          : `now: nothing changes, it stays ${now ?? 'unknown'} until it is set`,
      ],
      warnings: [],
      undo: undoOf(text, name),
    };
  },

  hint(model, [word = '']) {
    const name = shortName(word);
    const kept = keptValue(model.sample.host.settings?.[lastingFile(name)] ?? '', name);
    return `${name} is ${current(model, name) ?? 'unknown'} now, kept: ${kept ?? 'not'}; a later file of ${lastingFile(name).replace(/\/[^/]*$/, '')} may overrule it`;
  },
};
