import { actions } from '../../actions/actions.ts';
import { ksmSettings } from '../../actions/ksm/settings.ts';
import { sysctls } from '../../actions/sysctl/sysctls.ts';
import { own } from '../../own.ts';
import { policies } from '../../policy/policies.ts';
import { commands, flagsOf, shortOf, takesValue, withFile } from '../../programs/options.ts';
import { scenarios } from '../../simulator/scenarios.ts';
import { tabs } from '../../store/tabs.ts';

/** How a word is completed: with one of these, or by a function of the script. */
export type Choice = readonly string[] | 'files' | 'folders' | 'guests' | 'nothing';

const policyIds = policies.map(({ id }) => id);

/** What follows a flag; of flags that are not here nothing can be told. */
const values: Readonly<Record<string, Choice>> = {
  tab: tabs,
  format: ['text', 'csv', 'ndjson'],
  policy: [...policyIds, 'none'],
  rotate: ['day'],
  guests: 'guests',
  root: 'folders',
  config: 'files',
  output: 'files',
};

/** Names that an action takes where its usage says NAME. */
const names: Readonly<Record<string, readonly string[]>> = {
  sysctl: Object.keys(sysctls),
  'ksm-set': Object.keys(ksmSettings),
  keep: [...Object.keys(sysctls), ...['run', ...Object.keys(ksmSettings)].map(name => `ksm/${name}`)],
};

/** How a word of an action's usage is completed. */
const choiceOf = (action: string, word: string): Choice => {
  if (word === 'GUEST') return 'guests';
  if (word === 'NAME') return own(names, action) ?? 'nothing';
  if (word === 'SIZE' && action.startsWith('hugepages')) return ['2M', '1G'];
  return /^[a-z0-9]+(\|[a-z0-9]+)+$/.test(word) ? word.split('|') : 'nothing';
};

/** What is offered where the words before are one of these; a word that nothing can be told of has no row. */
export interface Row {
  readonly words: readonly string[];
  readonly choices: readonly Exclude<Choice, 'nothing'>[];
}

const row = (words: readonly string[], ...choices: readonly Choice[]): Row[] => {
  const told = choices.filter(choice => choice !== 'nothing');
  return told.length === 0 ? [] : [{ words, choices: told }];
};

const spelled = (flag: string): string[] => [`--${flag}`, ...(shortOf(flag) ? [`-${shortOf(flag)}`] : [])];

const valued = (): string[] => [...new Set(commands.flatMap(flagsOf))].filter(takesValue);

/** Flags after which a word is their value, as they are spelled. */
export const valueFlags = (): readonly string[] => valued().flatMap(spelled);

/** What follows such a flag. */
export const valueRows = (): readonly Row[] =>
  valued().flatMap(flag => row(spelled(flag), own(values, flag) ?? 'nothing'));

/** The flags of each command; '' is none. */
export const flagRows = (): readonly Row[] =>
  commands.flatMap(command =>
    row(
      [command === 'live' ? '' : command],
      flagsOf(command).map(flag => `--${flag}`),
    ),
  );

/** What a word that is no flag may be, by how many of its kind there are before it, and the first two of them. */
export const wordRows = (): readonly Row[] => [
  ...row(
    ['0 '],
    commands.filter(command => command !== 'live'),
  ),
  ...withFile.flatMap(command =>
    row([`1 ${command}`], ...(command === 'simulate' ? [[...scenarios.keys()]] : []), 'files'),
  ),
  ...row(['1 do'], [...actions.keys()]),
  ...[...actions.values()].flatMap(({ id, usage }) =>
    usage
      .split(' ')
      .filter(word => /^[A-Z]|\|/.test(word))
      .flatMap((word, index) => row([`${index + 2} do ${id}`], choiceOf(id, word))),
  ),
];
