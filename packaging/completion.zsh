#compdef kvmtop
# Completion of kvmtop's command line in zsh, made from its tables by `npm run docs`. Change those, not this file.

_kvmtop_words() { compadd -- ${=1}; }
_kvmtop_files() { _files; }
_kvmtop_folders() { _files -/; }
# What QEMU processes are called; a name that would need quotes is left out.
_kvmtop_guests() {
  local file one name
  local -a line
  for file in /proc/<->/cmdline(N); do
    line=("${(@0)$(<$file)}") 2>/dev/null || continue
    [[ ${line[1]} =~ '(^|/)(qemu-[^/]*|kvm)$' ]] || continue
    for ((one = 2; one < ${#line}; one++)); do
      [[ ${line[one]} = -name ]] || continue
      name=${${line[one + 1]#guest=}%%,*}
      if [[ $name =~ '^[A-Za-z0-9._-]+$' ]]; then compadd -- $name; fi
    done
  done
}

_kvmtop() {
  local word=${words[CURRENT]} before=${words[CURRENT-1]} one isValue=
  local -a said
  for one in "${(@)words[2,CURRENT-1]}"; do
    if [[ -n $isValue ]]; then
      isValue=
      continue
    fi
    case $one in
      --tab|--delay|-d|--guests|-p|--root|--connect|-c|--config|--count|-n|--format|--for|--keep|--rotate|--at|--from|--to|--fields|--output|-o|--policy|--node) isValue=1 ;;
      -*) ;;
      *) said+=("$one") ;;
    esac
  done
  if [[ $word == --*=* ]]; then
    before=${word%%=*} isValue=1
    compset -P '*='
  fi
  if [[ -n $isValue ]]; then
    case $before in
      --tab) _kvmtop_words 'overview guests memory sharing processes vmstat meminfo numa translation stall journal advisor' ;;
      --guests|-p) _kvmtop_guests ;;
      --root) _kvmtop_folders ;;
      --config) _kvmtop_files ;;
      --format) _kvmtop_words 'text csv ndjson' ;;
      --rotate) _kvmtop_words 'day' ;;
      --output|-o) _kvmtop_files ;;
      --policy) _kvmtop_words 'kvmtop mom proxmox ksmtuned none' ;;
    esac
  elif [[ $word == -* ]]; then
    case ${said[1]-} in
      '') _kvmtop_words '--tab --no-mouse --licences --delay --guests --root --demo --connect --read-only --config --no-config --help --version' ;;
      snapshot) _kvmtop_words '--json --text --delay --guests --root --demo --connect --read-only --config --no-config --help --version' ;;
      stream) _kvmtop_words '--count --format --delay --guests --root --demo --connect --read-only --config --no-config --help --version' ;;
      config) _kvmtop_words '--delay --guests --root --demo --connect --read-only --config --no-config --help --version' ;;
      doctor) _kvmtop_words '--json --delay --guests --root --demo --connect --read-only --config --no-config --help --version' ;;
      record) _kvmtop_words '--for --keep --rotate --poll --delay --guests --root --demo --connect --read-only --config --no-config --help --version' ;;
      replay) _kvmtop_words '--tab --no-mouse --at --recover --delay --guests --root --demo --connect --read-only --config --no-config --help --version' ;;
      dump) _kvmtop_words '--from --to --format --fields --recover --delay --guests --root --demo --connect --read-only --config --no-config --help --version' ;;
      report) _kvmtop_words '--output --from --to --recover --delay --guests --root --demo --connect --read-only --config --no-config --help --version' ;;
      auto) _kvmtop_words '--policy --act --shadow --format --delay --guests --root --demo --connect --read-only --config --no-config --help --version' ;;
      simulate) _kvmtop_words '--policy --json --output --from --to --delay --guests --root --demo --connect --read-only --config --no-config --help --version' ;;
      do) _kvmtop_words '--dry-run --yes --force --node --delay --guests --root --demo --connect --read-only --config --no-config --help --version' ;;
    esac
  else
    # How many words there are, and the two that tell what the next may be.
    case "${#said} ${said[1,2]}" in
      '0 ') _kvmtop_words 'snapshot stream config doctor record replay dump report auto simulate do' ;;
      '1 record') _kvmtop_files ;;
      '1 replay') _kvmtop_files ;;
      '1 dump') _kvmtop_files ;;
      '1 report') _kvmtop_files ;;
      '1 simulate') _kvmtop_words 'boot-storm hungry-guest all-max forgotten-balloon noisy-batch idle-clones'; _kvmtop_files ;;
      '1 do') _kvmtop_words 'balloon balloon-all balloons take deflate-all polling virtio-mem migrate migrate-cancel migration-limits quit ksm ksm-set hugepages hugepages-overcommit compact sysctl drop-caches keep' ;;
      '2 do balloon') _kvmtop_guests ;;
      '2 do balloons') _kvmtop_guests ;;
      '2 do polling') _kvmtop_guests ;;
      '2 do virtio-mem') _kvmtop_guests ;;
      '2 do migrate') _kvmtop_guests ;;
      '2 do migrate-cancel') _kvmtop_guests ;;
      '2 do migration-limits') _kvmtop_guests ;;
      '2 do quit') _kvmtop_guests ;;
      '2 do ksm') _kvmtop_words 'run stop unmerge' ;;
      '2 do ksm-set') _kvmtop_words 'pages_to_scan sleep_millisecs advisor_mode advisor_max_cpu advisor_target_scan_time advisor_min_pages_to_scan advisor_max_pages_to_scan smart_scan use_zero_pages merge_across_nodes max_page_sharing' ;;
      '2 do hugepages') _kvmtop_words '2M 1G' ;;
      '2 do hugepages-overcommit') _kvmtop_words '2M 1G' ;;
      '2 do sysctl') _kvmtop_words 'vm.swappiness vm.page-cluster vm.overcommit_memory vm.overcommit_ratio vm.overcommit_kbytes vm.min_free_kbytes vm.watermark_scale_factor vm.watermark_boost_factor vm.vfs_cache_pressure vm.dirty_ratio vm.dirty_bytes vm.dirty_background_ratio vm.dirty_background_bytes vm.dirty_expire_centisecs vm.dirty_writeback_centisecs vm.compaction_proactiveness' ;;
      '2 do drop-caches') _kvmtop_words '1 2 3' ;;
      '2 do keep') _kvmtop_words 'vm.swappiness vm.page-cluster vm.overcommit_memory vm.overcommit_ratio vm.overcommit_kbytes vm.min_free_kbytes vm.watermark_scale_factor vm.watermark_boost_factor vm.vfs_cache_pressure vm.dirty_ratio vm.dirty_bytes vm.dirty_background_ratio vm.dirty_background_bytes vm.dirty_expire_centisecs vm.dirty_writeback_centisecs vm.compaction_proactiveness ksm/run ksm/pages_to_scan ksm/sleep_millisecs ksm/advisor_mode ksm/advisor_max_cpu ksm/advisor_target_scan_time ksm/advisor_min_pages_to_scan ksm/advisor_max_pages_to_scan ksm/smart_scan ksm/use_zero_pages ksm/merge_across_nodes ksm/max_page_sharing' ;;
    esac
  fi
}
_kvmtop "$@"
