import packageJson from '../../package.json' with { type: 'json' };
import { actions } from '../actions/actions.ts';
import { policies } from '../policy/policies.ts';
import { figureHelp } from '../simulator/report.ts';
import { scenarios } from '../simulator/scenarios.ts';
import { tabs } from '../store/tabs.ts';
import type { Command } from './options.ts';

export const version = (): string => packageJson.version;

const common = `Options for every command:
  -d, --delay SECONDS   interval between samples (1; also 500ms, 2m)
  -p, --guests A,B      only these guests, by name, ID or PID
      --read-only       change nothing
      --root DIR        read /proc and /sys under DIR, such as a captured tree
  -c, --connect URI     libvirt connection, as for virsh (qemu:///system)
      --demo            a simulated host with a dozen lively guests
      --config FILE     read settings from this file only
      --no-config       use the default settings
  -h, --help            show this help; kvmtop COMMAND -h shows a command’s
      --version
`;

const doActions = (): string =>
  [...actions.values()].map(action => `  ${`${action.id} ${action.usage}`.padEnd(33)}${action.help}`).join('\n');

const texts: Readonly<Record<Command, () => string>> = {
  live: () => `kvmtop: top for the memory of KVM hosts

Usage: kvmtop [OPTIONS] [--tab NAME] [--no-mouse]
                                            live screen (press ? for its keys)
       kvmtop snapshot [--json|--text]      two samples one interval apart, printed once
       kvmtop stream [-n N] [--format F]    samples as NDJSON, CSV or text, until a signal
       kvmtop record FILE [--for DURATION] [--keep SIZE|DURATION]
       kvmtop replay FILE [--at TIME]       play a recording in the same screen
       kvmtop dump FILE [--from T] [--to T] a recording as NDJSON or CSV
       kvmtop report FILE -o OUT.html       a recording as one HTML page with plots
       kvmtop auto [--policy P] [--act]     run a policy: in shadow unless --act
       kvmtop simulate SCENARIO|FILE [--policy A,B] [-o OUT.html]
       kvmtop do ACTION … [--dry-run] [--yes] [--force]
       kvmtop config                        settings in force, and where they come from
       kvmtop doctor [--json]               what kvmtop cannot see or do here, why, and the fix
       kvmtop --licences                    licences of kvmtop and of everything it includes

Tabs: ${tabs.join(', ')}

`,
  snapshot: () => `Usage: kvmtop snapshot [--json | --text] [OPTIONS]

Takes two samples one interval apart, so that rates are known, and prints once. Text is the default.
JSON is in bytes, seconds, ratios and counts; unknown values are left out. docs/fields.md lists all fields.

`,
  stream: () => `Usage: kvmtop stream [-n N] [-d SECONDS] [--format ndjson|csv|text] [OPTIONS]

Prints a sample every interval, N times or until a signal. Text is the default.

`,
  record: () => `Usage: kvmtop record FILE [-d SECONDS] [--for DURATION] [--keep SIZE|DURATION] [--rotate day] [OPTIONS]

Records everything that any tab can show to FILE, every interval, without a screen: until a signal or for DURATION. An
existing recording is continued. Changes that any kvmtop makes on this host meanwhile are recorded too.
  --for DURATION        stop after 90s, 10m, 8h, 2d, …
  --keep SIZE|DURATION  keep only the newest 500M, or the newest 2d; 500M,2d applies both limits
  --rotate day          start a new file each day (local time): FILE gets -YYYY-MM-DD before its extension. With it,
                        --keep 14d deletes older files of this name
  --poll                turn on guests' statistics where they are off, as the live screen does; otherwise nothing is changed
SIGTERM and SIGINT stop it with status 0. SIGHUP reopens FILE, for logrotate; in a terminal it stops kvmtop. All guests are
recorded: -p is not allowed. Only its owner can read FILE.

`,
  replay: () => `Usage: kvmtop replay FILE [--at TIME] [--tab NAME] [--no-mouse] [OPTIONS]

Plays a recording in the live screen: Space plays and pauses, + and - change the speed, [ ] step by one sample, { } by a
minute, a and f go to the next change and finding, t goes to a time. Nothing can be changed. A file that is still being
written is followed.
  --at TIME             start at 2027-01-15T08:00, 08:00[:30] (local time, the last one in the recording), or -10m
                        (before its end)
  --recover             FILE is damaged: save what can be read to FILE.recovered, and take that

`,
  dump: () => `Usage: kvmtop dump FILE [--from T] [--to T] [--format csv|ndjson] [--fields A,B] [OPTIONS]

Prints a recording as stream would have printed it. CSV is the default.
  --from T, --to T      only between these: 2027-01-15T08:00, 08:00[:30] (local time, the last one in the recording), or
                        -10m (before its end)
  --format csv|ndjson
  --fields A,B          only these fields of host, guests, pools and nodes (see docs/fields.md); without a field of
                        guests, no guest is printed
  --recover             FILE is damaged: save what can be read to FILE.recovered, and take that

`,
  report: () => `Usage: kvmtop report FILE -o OUT.html [--from T] [--to T] [OPTIONS]

Writes a recording as one HTML page: what happened, with plots, the worst moment and all changes. The page needs no network
and no other file, so it can be attached to a ticket. It holds data of the host, so only its owner can read it.
  -o, --output OUT.html output file; - is standard output
  --from T, --to T      only between these: 2027-01-15T08:00, 08:00[:30] (local time, the last one in the recording), or
                        -10m (before its end)
  --recover             FILE is damaged: save what can be read to FILE.recovered, and take that

`,
  auto: () => `Usage: kvmtop auto [--policy NAME] [--act | --shadow] [--format text|ndjson] [OPTIONS]

Runs a policy (${policies.map(({ id }) => id).join(', ')}; see docs/policies.md) until a signal, and prints each decision and its reason. Every change
is made within the guard rails and journalled. Guests that are resized by hand are left alone. When it ends, the guests that it
resized keep enough memory to do without it. With -p, other guests are neither resized nor considered.
  --shadow              only say what it would do; change nothing (the default)
  --act                 do it
  --format text|ndjson

`,
  simulate:
    () => `Usage: kvmtop simulate SCENARIO|FILE [--policy A,B] [--json | -o OUT.html] [--from T] [--to T] [OPTIONS]

Compares what policies would do in a scenario, or with the guests of a recording. Nothing on this host is read or
changed. It is a model: it leaves out NUMA, hugepages, transparent hugepages, CPUs and other disk load, and a recording
cannot tell what a guest would have used if it had had more memory.
  --policy A,B          any of ${policies.map(({ id }) => id).join(', ')} and none; all of them by default
  --json                figures and traces as JSON
  -o, --output OUT.html one HTML page with plots, which needs no network and no other file; - is standard output
  --from T, --to T      only this part of a recording: 2027-01-15T08:00, 08:00[:30] (local time), or -10m (before its end)

Scenarios:
${[...scenarios.values()].map(({ id, title }) => `  ${id.padEnd(22)}${title}`).join('\n')}

Figures for each policy:
${figureHelp.map(({ title, help }) => `  ${title.padEnd(22)}${help}`).join('\n')}

`,
  do: () => `Usage: kvmtop do ACTION ARGUMENTS [--dry-run] [--yes] [--force] [OPTIONS]

${doActions()}

Sizes are binary, as in QEMU and virsh: 2G and 2GB both mean 2 GiB, whatever unit sizes are shown in.
Shows the plan and asks. --dry-run stops after the plan; --yes skips the question, but no guard rail; --force overrides a
refusal where that is possible. Every change is journalled.
Exit status: 0 done, 1 failed, 2 wrong usage, 3 refused.

`,
  config: () => `Usage: kvmtop config [OPTIONS]

Prints all settings in force as TOML, each with its meaning and origin. Later sources override earlier ones: the
defaults, /etc/kvmtop/config.toml, ~/.config/kvmtop/config.toml, the command line.

`,
  doctor: () => `Usage: kvmtop doctor [--json] [OPTIONS]

Checks the host, the terminal and each guest: what cannot be seen or done, why, and the exact fix.
It changes nothing. Exit status: 0 whatever it finds, 1 if it cannot check.

`,
};

/** The help of a command. */
export const usage = (command: Command): string => texts[command]() + common;
