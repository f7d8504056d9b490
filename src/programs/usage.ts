import packageJson from '../../package.json' with { type: 'json' };
import { actions } from '../actions/actions.ts';
import { policies } from '../policy/policies.ts';
import { figureHelp } from '../simulator/report.ts';
import { scenarios } from '../simulator/scenarios.ts';
import { tabs } from '../store/tabs.ts';
import type { Command } from './options.ts';

export const version = (): string => packageJson.version;

const common = `Options for every command:
  -d, --delay SECONDS   between looks (1; also 500ms, 2m)
  -p, --guests A,B      only these guests, by name, id or PID
      --read-only       change nothing
      --root DIR        read /proc and /sys under DIR, such as a captured tree
  -c, --connect URI     where libvirt is asked for its guests, as for virsh (qemu:///system)
      --demo            a simulated host with a dozen lively guests
      --config FILE     settings from this file alone
      --no-config       no settings file: the defaults
  -h, --help            this; kvmtop COMMAND -h tells more
      --version
`;

const doActions = (): string =>
  [...actions.values()].map(action => `  ${`${action.id} ${action.usage}`.padEnd(33)}${action.help}`).join('\n');

const texts: Readonly<Record<Command, () => string>> = {
  live: () => `kvmtop: top for the memory of KVM hosts

Usage: kvmtop [OPTIONS] [--tab NAME] [--no-mouse]
                                            the live screen (? shows its keys)
       kvmtop snapshot [--json|--text]      two looks one delay apart, printed once
       kvmtop stream [-n N] [--format F]    ndjson, csv or text, until a signal
       kvmtop record FILE [--for DURATION] [--keep SIZE|DURATION]
       kvmtop replay FILE [--at TIME]       the same screen over a recording
       kvmtop dump FILE [--from T] [--to T] ndjson or csv of a recording
       kvmtop report FILE -o OUT.html       a recording as one page with plots
       kvmtop auto [--policy P] [--act]     a policy at work, in shadow unless --act
       kvmtop simulate SCENARIO|FILE [--policy A,B] [-o OUT.html]
       kvmtop do ACTION … [--dry-run] [--yes] [--force]
       kvmtop config                        what is set, and where
       kvmtop doctor [--json]               what can't be seen or done here, why, and the fix
       kvmtop --licences                    of kvmtop, and of all that came with it

Tabs: ${tabs.join(', ')}

`,
  snapshot: () => `Usage: kvmtop snapshot [--json | --text] [OPTIONS]

Looks twice, one delay apart, so that there are rates, and prints once. Text is the default.
Numbers are in bytes, seconds, ratios or counts; what is unknown is absent. docs/fields.md lists them.

`,
  stream: () => `Usage: kvmtop stream [-n N] [-d SECONDS] [--format ndjson|csv|text] [OPTIONS]

Prints a sample every delay, N times or until a signal. Text is the default.

`,
  record: () => `Usage: kvmtop record FILE [-d SECONDS] [--for DURATION] [--keep SIZE|DURATION] [--rotate day] [OPTIONS]

Writes all that any tab can show to FILE every delay, without a screen: until a signal, or for so long. A FILE that is a
recording already is continued. Whatever is changed by kvmtop on this host meanwhile is in it, too.
  --for DURATION        end after 90s, 10m, 8h, 2d, …
  --keep SIZE|DURATION  keep only the newest 500M of it, or the newest 2d; 500M,2d is what is less
  --rotate day          a file for each day (local time): FILE gets -YYYY-MM-DD before its extension. --keep 14d then
                        removes older files, of those with FILE's name and a date only
  --poll                switch guests' statistics on where they are off, as the live screen does; else nothing is changed
SIGTERM and SIGINT end it with status 0; SIGHUP opens FILE anew, for logrotate, but ends it in a terminal. It takes no -p: all
guests are recorded. Only its owner can read FILE.

`,
  replay: () => `Usage: kvmtop replay FILE [--at TIME] [--tab NAME] [--no-mouse] [OPTIONS]

Shows a recording in the screen that it was seen in: Space plays and holds, + and - change the speed, [ ] step, { } go a
minute, a and f go to the next action and finding, t to a moment. Nothing can be changed. A file that is still being
written is followed.
  --at TIME             where to begin: 2027-01-15T08:00, 08:00[:30] (local time, the last one in the recording), or -10m
                        (before its end)
  --recover             FILE is damaged: save what can be read to FILE.recovered, and take that

`,
  dump: () => `Usage: kvmtop dump FILE [--from T] [--to T] [--format csv|ndjson] [--fields A,B] [OPTIONS]

Prints a recording as stream would have printed it: CSV unless NDJSON is asked for.
  --from T, --to T      only between these: 2027-01-15T08:00, 08:00[:30] (local time, the last one in the recording), or
                        -10m (before its end)
  --format csv|ndjson
  --fields A,B          only these numbers of host, guests, pools and nodes, by the names of docs/fields.md; without one of
                        the guests' no guest is printed
  --recover             FILE is damaged: save what can be read to FILE.recovered, and take that

`,
  report: () => `Usage: kvmtop report FILE -o OUT.html [--from T] [--to T] [OPTIONS]

Writes a recording as one page that tells what happened, with plots, the worst moment and all changes. It needs no network
and no other file, so it can be kept with a ticket; it holds what the host told, so only its owner may read it.
  -o, --output OUT.html where to; - is standard output
  --from T, --to T      only between these: 2027-01-15T08:00, 08:00[:30] (local time, the last one in the recording), or
                        -10m (before its end)
  --recover             FILE is damaged: save what can be read to FILE.recovered, and take that

`,
  auto: () => `Usage: kvmtop auto [--policy NAME] [--act | --shadow] [--format text|ndjson] [OPTIONS]

Lets a policy (${policies.map(({ id }) => id).join(', ')}; see docs/policies.md) run until a signal, and prints a line for each of its decisions: what, and
why. Every change goes through the guard rails and into the journal; balloons that were moved by hand meanwhile are not its
business. At the end the guests that it moved are left with enough to do without it. With -p no other guest is
moved, nor looked at.
  --shadow              tell what it would do, and change nothing: so it is unless --act is given
  --act                 do it
  --format text|ndjson

`,
  simulate:
    () => `Usage: kvmtop simulate SCENARIO|FILE [--policy A,B] [--json | -o OUT.html] [--from T] [--to T] [OPTIONS]

Tells what policies would make of a scenario, or of what the guests of a recording used, beside each other. Nothing of this
host is read or changed. It is a model: NUMA, hugepages, transparent hugepages, processors and disks' own load are not in
it, and a recording does not tell what a guest would have used if it had had more.
  --policy A,B          of ${policies.map(({ id }) => id).join(', ')} and none; all of them unless given
  --json                figures and traces for a script
  -o, --output OUT.html one page with plots, which needs no network and no other file; - is standard output
  --from T, --to T      only this part of a recording: 2027-01-15T08:00, 08:00[:30] (local time), or -10m (before its end)

Scenarios:
${[...scenarios.values()].map(({ id, title }) => `  ${id.padEnd(22)}${title}`).join('\n')}

What is told of each policy:
${figureHelp.map(({ title, help }) => `  ${title.padEnd(22)}${help}`).join('\n')}

`,
  do: () => `Usage: kvmtop do ACTION ARGUMENTS [--dry-run] [--yes] [--force] [OPTIONS]

${doActions()}

Sizes are binary, as in QEMU and virsh: 2G is 2 GiB, and so is 2GB, whatever sizes are shown in.
Shows the plan and asks. --dry-run stops there; --yes skips the question, never a guard rail; what is refused is done
only with --force, where that is possible at all. Everything is journalled.
Exit status: 0 done, 1 failed, 2 wrong usage, 3 refused.

`,
  config: () => `Usage: kvmtop config [OPTIONS]

Prints all settings that are in force as TOML, each with what it is and where its value comes from. Later ones overrule
earlier ones: the defaults, /etc/kvmtop/config.toml, ~/.config/kvmtop/config.toml, the command line.

`,
  doctor: () => `Usage: kvmtop doctor [--json] [OPTIONS]

Tells of the host, the terminal and each guest what can't be seen or done, why, and what exactly would mend it.
It changes nothing. Exit status: 0 whatever it found, 1 when it can't look.

`,
};

/** The help of a command. */
export const usage = (command: Command): string => texts[command]() + common;
