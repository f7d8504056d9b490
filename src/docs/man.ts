import type { Command } from '../programs/options.ts';
import { usage, version } from '../programs/usage.ts';
import { clicks } from '../ui/keys/clicks.ts';
import { keyNames } from '../ui/keys/names.ts';
import { keysByMode } from './keys.ts';

/** Text for roff: no line of ours is a request, and a hyphen is one that can be copied. */
const roff = (text: string): string =>
  text
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replace(/^([.'])/gm, '\\&$1');

const verbatim = (text: string): string => `.nf\n${roff(text.trim())}\n.fi`;

const commands: Readonly<Record<Command, string>> = {
  live: 'The live screen',
  snapshot: 'snapshot',
  stream: 'stream',
  record: 'record',
  replay: 'replay',
  dump: 'dump',
  report: 'report',
  simulate: 'simulate',
  auto: 'auto',
  do: 'do',
  config: 'config',
  doctor: 'doctor',
};

/** A command's help ends with the options of every command, in a paragraph of their own. */
const helpOf = (command: Command): { readonly own: string; readonly common: string } => {
  const paragraphs = usage(command).trim().split('\n\n');
  return { own: paragraphs.slice(0, -1).join('\n\n'), common: paragraphs.at(-1) ?? '' };
};

/** docs/kvmtop.1. */
export const manPage =
  (): string => `.\\" Made from the help texts and the key tables by \`npm run docs\`. Change those, not this page.
.TH KVMTOP 1 "" "kvmtop ${version()}" "User Commands"
.SH NAME
kvmtop \\- top for the memory of KVM hosts
.SH COMMANDS
${(Object.entries(commands) as [Command, string][])
  .map(([command, title]) => `.SS ${title}\n${verbatim(helpOf(command).own)}`)
  .join('\n')}
.SH OPTIONS
${verbatim(helpOf('live').common)}
.SH KEYS
${keysByMode()
  .map(
    section =>
      `.SS ${roff(section.title)}\n${section.keys.map(key => `.TP\n.B ${roff(keyNames(key))}\n${roff(key.help)}`).join('\n')}`,
  )
  .join('\n')}
.SH MOUSE
${clicks.map(({ label, help }) => `.TP\n.B ${roff(label)}\n${roff(help)}`).join('\n')}
.SH EXIT STATUS
0 done, 1 failed, 2 wrong usage, 3 refused (a guard rail, read\\-only, or lacking privilege).
.SH ENVIRONMENT
.TP
.B NO_COLOR
No colours, where it is set and not empty.
.TP
.B LC_ALL, LC_CTYPE, LANG
Without UTF\\-8 the screen is drawn in ASCII.
.TP
.B TERM
.B dumb
makes the live screen a stream of text.
.TP
.B XDG_STATE_HOME
Where the journal is, in
.IR kvmtop/journal.ndjson .
.TP
.B XDG_CONFIG_HOME
Where one's own settings are, in
.IR kvmtop/config.toml .
.SH FILES
.TP
.I /etc/kvmtop/config.toml
Settings for everybody.
.TP
.I ~/.config/kvmtop/config.toml
One's own settings.
.TP
.I /var/log/kvmtop/journal.ndjson
What root changed.
.TP
.I ~/.local/state/kvmtop/journal.ndjson
What others changed.
`;
