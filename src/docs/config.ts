import { placeOf } from '../config/print.ts';
import { settingIds, settingOf } from '../config/settings.ts';
import { code, escaped, madeFrom, table } from './markdown.ts';

/** Rows by the table that the settings are in. */
const sections = (): ReadonlyMap<string, readonly string[][]> => {
  const made = new Map<string, string[][]>();
  for (const id of settingIds) {
    const place = placeOf(id);
    const { help, takes, write, default: value } = settingOf(id);
    const rows = made.get(place.table) ?? [];
    rows.push([code(place.key), code(write(value)), escaped(takes), escaped(help)]);
    made.set(place.table, rows);
  }
  return made;
};

const section = ([name, rows]: readonly [string, readonly string[][]]): string =>
  `## ${name === '' ? 'Before all tables' : code(`[${name}]`)}

${table(['Key', 'Default', 'Takes', 'What it is'], rows)}`;

/** docs/config.md. */
export const configPage = (): string => `${madeFrom('the table in src/config/settings.ts')}

# Settings

Settings are TOML, in \`/etc/kvmtop/config.toml\` for everybody and in \`~/.config/kvmtop/config.toml\` for oneself
(\`$XDG_CONFIG_HOME/kvmtop/config.toml\` where that is set; under \`sudo\` it is root's). What the second says overrules the
first, and the command line overrules both. \`--config FILE\` reads that file instead of both, \`--config /dev/null\` none.

\`\`\`toml
delay = 2

[balloon]
floor_percent = 40 # a guest keeps at least this much of its maximum

[tabs.guests]
columns = ["name", "state", "balloon_actual", "guest_used", "held"]
sort = "guest_used"
\`\`\`

\`kvmtop config\` prints all that is in force and from where, as a file that could be used. Key \`w\` saves what the screen
changed (tab, columns, order) in one's own file, whose other lines and comments stay. A file with a mistake is not
followed in part: kvmtop says file, line and the nearest right key, and ends with status 2.

${[...sections()].map(section).join('\n\n')}
`;
