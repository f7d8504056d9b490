import { actions } from '../actions/actions.ts';
import { ksmSettings } from '../actions/ksm/settings.ts';
import { sysctls } from '../actions/sysctl/sysctls.ts';
import { own } from '../own.ts';
import { policies } from '../policy/policies.ts';
import { type Command, commands, flagsOf, shortOf, takesValue, withFile } from '../programs/options.ts';
import { scenarios } from '../simulator/scenarios.ts';
import { tabs } from '../store/tabs.ts';

/** How a word is completed: with one of these, or by a function of the script. */
type Choice = readonly string[] | 'files' | 'folders' | 'guests' | 'nothing';

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

const call = (choice: Choice): string =>
  typeof choice === 'string' ? `_kvmtop_${choice}` : `_kvmtop_words '${choice.join(' ')}'`;

const spelled = (flag: string): string => [`--${flag}`, ...(shortOf(flag) ? [`-${shortOf(flag)}`] : [])].join('|');

/** A row of `case`; nothing for what can't be told. */
const row = (pattern: string, choice: Choice): string[] =>
  choice === 'nothing' ? [] : [`      ${pattern}) ${call(choice)} ;;`];

const positionals = (): string[] => [
  ...row(
    "'0 '",
    commands.filter(command => command !== 'live'),
  ),
  ...withFile.flatMap(command =>
    command === 'simulate'
      ? [`      '1 simulate') ${call([...scenarios.keys()])}; _kvmtop_files ;;`]
      : row(`'1 ${command}'`, 'files'),
  ),
  ...row("'1 do'", [...actions.keys()]),
  ...[...actions.values()].flatMap(({ id, usage }) =>
    usage
      .split(' ')
      .filter(word => /^[A-Z]|\|/.test(word))
      .flatMap((word, index) => row(`'${index + 2} do ${id}'`, choiceOf(id, word))),
  ),
];

const flagNames = (command: Command): string =>
  flagsOf(command)
    .map(flag => `--${flag}`)
    .join(' ');

/** packaging/completion.bash. Guests' names are untrusted: one that a shell would read as more than a name is not offered. */
export const completionScript = (): string => {
  const flags = [...new Set(commands.flatMap(flagsOf))];
  const withValue = flags.filter(takesValue);
  return `# Completion of kvmtop's command line in bash, made from its tables by \`npm run docs\`. Change those, not this file.

_kvmtop_words() { COMPREPLY+=($(compgen -W "$1" -- "$word")); }
_kvmtop_files() { compopt -o filenames; mapfile -t -O \${#COMPREPLY[@]} COMPREPLY < <(compgen -f -- "$word"); }
_kvmtop_folders() { compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$word"); }
# What QEMU processes are called; a name that would need quotes is left out.
_kvmtop_guests() {
  local file one name
  local -a line
  for file in /proc/[0-9]*/cmdline; do
    mapfile -t -d '' line 2>/dev/null <"$file" || continue
    [[ \${line[0]} =~ (^|/)(qemu-[^/]*|kvm)$ ]] || continue
    for one in "\${!line[@]}"; do
      [ "\${line[one]}" = -name ] || continue
      name=\${line[one + 1]#guest=}
      name=\${name%%,*}
      if [[ $name =~ ^[A-Za-z0-9._-]+$ && $name == "$word"* ]]; then COMPREPLY+=("$name"); fi
    done
  done
}

_kvmtop() {
  local word=\${COMP_WORDS[COMP_CWORD]} before=\${COMP_WORDS[COMP_CWORD - 1]} index isValue=
  # \`--tab=over\` comes as three words.
  if [ "$before" = = ]; then before=\${COMP_WORDS[COMP_CWORD - 2]}; fi
  if [ "$word" = = ]; then word=; fi
  local -a said=()
  COMPREPLY=()
  for ((index = 1; index < COMP_CWORD; index++)); do
    if [ "\${COMP_WORDS[index]}" = = ]; then continue; fi
    if [ "$isValue" ]; then
      isValue=
      continue
    fi
    case \${COMP_WORDS[index]} in
      ${withValue.map(spelled).join('|')}) isValue=1 ;;
      -*) ;;
      *) said+=("\${COMP_WORDS[index]}") ;;
    esac
  done
  if [ "$isValue" ]; then
    case $before in
${withValue.flatMap(flag => row(spelled(flag), own(values, flag) ?? 'nothing')).join('\n')}
    esac
  elif [[ $word == -* ]]; then
    case \${said[0]-} in
      '') _kvmtop_words '${flagNames('live')}' ;;
${commands
  .filter(command => command !== 'live')
  .map(command => `      ${command}) _kvmtop_words '${flagNames(command)}' ;;`)
  .join('\n')}
    esac
  else
    # How many words there are, and the two that tell what the next may be.
    case "\${#said[@]} \${said[*]:0:2}" in
${positionals().join('\n')}
    esac
  fi
}
complete -F _kvmtop kvmtop
`;
};
