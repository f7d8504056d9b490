import { cases } from './cases.ts';
import { flagRows, valueFlags, valueRows, wordRows } from './words.ts';

/** packaging/completion.bash. Guests' names are untrusted: one that a shell would read as more than a name is not offered. */
export const bashCompletion =
  (): string => `# Completion of kvmtop's command line in bash, made from its tables by \`npm run docs\`. Change those, not this file.

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
      ${valueFlags().join('|')}) isValue=1 ;;
      -*) ;;
      *) said+=("\${COMP_WORDS[index]}") ;;
    esac
  done
  if [ "$isValue" ]; then
    case $before in
${cases(valueRows(), 6)}
    esac
  elif [[ $word == -* ]]; then
    case \${said[0]-} in
${cases(flagRows(), 6)}
    esac
  else
    # How many words there are, and the two that tell what the next may be.
    case "\${#said[@]} \${said[*]:0:2}" in
${cases(wordRows(), 6)}
    esac
  fi
}
complete -F _kvmtop kvmtop
`;
