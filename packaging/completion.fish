# Completion of kvmtop's command line in fish, made from its tables by `npm run docs`. Change those, not this file.

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
      case --tab --delay -d --guests -p --root --connect -c --config --count -n --format --for --keep --rotate --at --from --to --fields --output -o --policy --node
        set isValue yes
      case '-*'
      case '*'
        set -a said $one
    end
  end
  # `--tab=over` is completed as one word.
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
      case ''
        string split ' ' -- '--tab --no-mouse --licences --delay --guests --root --demo --connect --read-only --config --no-config --help --version'
      case 'snapshot'
        string split ' ' -- '--json --text --delay --guests --root --demo --connect --read-only --config --no-config --help --version'
      case 'stream'
        string split ' ' -- '--count --format --delay --guests --root --demo --connect --read-only --config --no-config --help --version'
      case 'config'
        string split ' ' -- '--delay --guests --root --demo --connect --read-only --config --no-config --help --version'
      case 'doctor'
        string split ' ' -- '--json --delay --guests --root --demo --connect --read-only --config --no-config --help --version'
      case 'record'
        string split ' ' -- '--for --keep --rotate --poll --delay --guests --root --demo --connect --read-only --config --no-config --help --version'
      case 'replay'
        string split ' ' -- '--tab --no-mouse --at --recover --delay --guests --root --demo --connect --read-only --config --no-config --help --version'
      case 'dump'
        string split ' ' -- '--from --to --format --fields --recover --delay --guests --root --demo --connect --read-only --config --no-config --help --version'
      case 'report'
        string split ' ' -- '--output --from --to --recover --delay --guests --root --demo --connect --read-only --config --no-config --help --version'
      case 'auto'
        string split ' ' -- '--policy --act --shadow --format --delay --guests --root --demo --connect --read-only --config --no-config --help --version'
      case 'simulate'
        string split ' ' -- '--policy --json --output --from --to --delay --guests --root --demo --connect --read-only --config --no-config --help --version'
      case 'do'
        string split ' ' -- '--dry-run --yes --force --node --delay --guests --root --demo --connect --read-only --config --no-config --help --version'
    end
  else
    # How many words there are, and the two that tell what the next may be.
    switch (count $said)" $said[1..2]"
      case '0 '
        string split ' ' -- 'snapshot stream config doctor record replay dump report auto simulate do'
      case '1 record'
        __kvmtop_files $word
      case '1 replay'
        __kvmtop_files $word
      case '1 dump'
        __kvmtop_files $word
      case '1 report'
        __kvmtop_files $word
      case '1 simulate'
        string split ' ' -- 'boot-storm hungry-guest all-max forgotten-balloon noisy-batch idle-clones'
        __kvmtop_files $word
      case '1 do'
        string split ' ' -- 'balloon balloon-all balloons take deflate-all polling virtio-mem migrate migrate-cancel migration-limits quit ksm ksm-set hugepages hugepages-overcommit compact sysctl drop-caches keep'
      case '2 do balloon'
        __kvmtop_guests $word
      case '2 do balloons'
        __kvmtop_guests $word
      case '2 do polling'
        __kvmtop_guests $word
      case '2 do virtio-mem'
        __kvmtop_guests $word
      case '2 do migrate'
        __kvmtop_guests $word
      case '2 do migrate-cancel'
        __kvmtop_guests $word
      case '2 do migration-limits'
        __kvmtop_guests $word
      case '2 do quit'
        __kvmtop_guests $word
      case '2 do ksm'
        string split ' ' -- 'run stop unmerge'
      case '2 do ksm-set'
        string split ' ' -- 'pages_to_scan sleep_millisecs advisor_mode advisor_max_cpu advisor_target_scan_time advisor_min_pages_to_scan advisor_max_pages_to_scan smart_scan use_zero_pages merge_across_nodes max_page_sharing'
      case '2 do hugepages'
        string split ' ' -- '2M 1G'
      case '2 do hugepages-overcommit'
        string split ' ' -- '2M 1G'
      case '2 do sysctl'
        string split ' ' -- 'vm.swappiness vm.page-cluster vm.overcommit_memory vm.overcommit_ratio vm.overcommit_kbytes vm.min_free_kbytes vm.watermark_scale_factor vm.watermark_boost_factor vm.vfs_cache_pressure vm.dirty_ratio vm.dirty_bytes vm.dirty_background_ratio vm.dirty_background_bytes vm.dirty_expire_centisecs vm.dirty_writeback_centisecs vm.compaction_proactiveness'
      case '2 do drop-caches'
        string split ' ' -- '1 2 3'
      case '2 do keep'
        string split ' ' -- 'vm.swappiness vm.page-cluster vm.overcommit_memory vm.overcommit_ratio vm.overcommit_kbytes vm.min_free_kbytes vm.watermark_scale_factor vm.watermark_boost_factor vm.vfs_cache_pressure vm.dirty_ratio vm.dirty_bytes vm.dirty_background_ratio vm.dirty_background_bytes vm.dirty_expire_centisecs vm.dirty_writeback_centisecs vm.compaction_proactiveness ksm/run ksm/pages_to_scan ksm/sleep_millisecs ksm/advisor_mode ksm/advisor_max_cpu ksm/advisor_target_scan_time ksm/advisor_min_pages_to_scan ksm/advisor_max_pages_to_scan ksm/smart_scan ksm/use_zero_pages ksm/merge_across_nodes ksm/max_page_sharing'
    end
  end
end

function __kvmtop_values -a flag word
    switch $flag
      case '--tab'
        string split ' ' -- 'overview guests memory sharing processes vmstat meminfo numa translation stall journal advisor'
      case '--guests' '-p'
        __kvmtop_guests $word
      case '--root'
        __kvmtop_folders $word
      case '--config'
        __kvmtop_files $word
      case '--format'
        string split ' ' -- 'text csv ndjson'
      case '--rotate'
        string split ' ' -- 'day'
      case '--output' '-o'
        __kvmtop_files $word
      case '--policy'
        string split ' ' -- 'kvmtop mom proxmox ksmtuned none'
    end
end

complete -c kvmtop -f -a '(__kvmtop)'
