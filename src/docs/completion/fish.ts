import { flagRows, type Row, valueFlags, valueRows, wordRows } from './words.ts';

const call = (choice: Row['choices'][number]): string =>
  typeof choice === 'string' ? `__kvmtop_${choice} $word` : `string split ' ' -- '${choice.join(' ')}'`;

const cases = (rows: readonly Row[]): string =>
  rows
    .map(({ words, choices }) =>
      [`      case ${words.map(word => `'${word}'`).join(' ')}`, ...choices.map(one => `        ${call(one)}`)].join(
        '\n',
      ),
    )
    .join('\n');

/** packaging/completion.fish. */
export const fishCompletion =
  (): string => `# Completion of kvmtop's command line in fish, made from its tables by \`npm run docs\`. Change those, not this file.

function __kvmtop_files
  __fish_complete_path $argv
end
function __kvmtop_folders
  __fish_complete_directories $argv
end
# What QEMU processes are called; a name that would need quotes is left out.
function __kvmtop_guests
  for file in (command grep -slzE '(^|/)(qemu-[^/]*|kvm)$' /proc/*/cmdline | string match -r '^/proc/[0-9]+/.*')
    set -l line (command cat $file 2>/dev/null | string split0)
    string match -qr '(^|/)(qemu-[^/]*|kvm)$' -- $line[1]; or continue
    for one in (seq 2 (math (count $line) - 1))
      test x$line[$one] = x-name; or continue
      string match -r '^[A-Za-z0-9._-]+$' -- (string replace -r '^guest=' '' -- $line[(math $one + 1)] | string replace -r ',.*' '')
    end
  end
end

function __kvmtop
  set -l words (commandline -opc)
  set -l word (commandline -ct)
  set -l before $words[-1]
  set -l isValue
  set -l said
  for one in $words[2..-1]
    if test -n "$isValue"
      set isValue
      continue
    end
    switch $one
      case ${valueFlags().join(' ')}
        set isValue yes
      case '-*'
      case '*'
        set -a said $one
    end
  end
  # \`--tab=over\` is completed as one word.
  set -l prefix
  if string match -q -- '--*=*' $word
    set prefix (string replace -r '=.*' '=' -- $word)
    set before (string replace -r '=.*' '' -- $word)
    set word (string replace -r '^[^=]*=' '' -- $word)
    set isValue yes
  end
  if test -n "$isValue"
    __kvmtop_values $before $word | string replace -r '^' -- "$prefix"
  else if string match -q -- '-*' $word
    switch "$said[1]"
${cases(flagRows())}
    end
  else
    # How many words there are, and the two that tell what the next may be.
    switch (count $said)" $said[1..2]"
${cases(wordRows())}
    end
  end
end

function __kvmtop_values -a flag word
    switch $flag
${cases(valueRows())}
    end
end

complete -c kvmtop -f -a '(__kvmtop)'
`;
