import { cases } from './cases.ts';
import { flagRows, valueFlags, valueRows, wordRows } from './words.ts';

/** packaging/completion.zsh, which zsh wants to be called _kvmtop. */
export const zshCompletion = (): string => `#compdef kvmtop
# Completion of kvmtop's command line in zsh, made from its tables by \`npm run docs\`. Change those, not this file.

_kvmtop_words() { compadd -- \${=1}; }
_kvmtop_files() { _files; }
_kvmtop_folders() { _files -/; }
# What QEMU processes are called; a name that would need quotes is left out.
_kvmtop_guests() {
  local file one name
  local -a line
  for file in /proc/<->/cmdline(N); do
    line=("\${(@0)$(<$file)}") 2>/dev/null || continue
    [[ \${line[1]} =~ '(^|/)(qemu-[^/]*|kvm)$' ]] || continue
    for ((one = 2; one < \${#line}; one++)); do
      [[ \${line[one]} = -name ]] || continue
      name=\${\${line[one + 1]#guest=}%%,*}
      if [[ $name =~ '^[A-Za-z0-9._-]+$' ]]; then compadd -- $name; fi
    done
  done
}

_kvmtop() {
  local word=\${words[CURRENT]} before=\${words[CURRENT-1]} one isValue=
  local -a said
  for one in "\${(@)words[2,CURRENT-1]}"; do
    if [[ -n $isValue ]]; then
      isValue=
      continue
    fi
    case $one in
      ${valueFlags().join('|')}) isValue=1 ;;
      -*) ;;
      *) said+=("$one") ;;
    esac
  done
  if [[ $word == --*=* ]]; then
    before=\${word%%=*} isValue=1
    compset -P '*='
  fi
  if [[ -n $isValue ]]; then
    case $before in
${cases(valueRows(), 6)}
    esac
  elif [[ $word == -* ]]; then
    case \${said[1]-} in
${cases(flagRows(), 6)}
    esac
  else
    # How many words there are, and the two that tell what the next may be.
    case "\${#said} \${said[1,2]}" in
${cases(wordRows(), 6)}
    esac
  fi
}
_kvmtop "$@"
`;
