import { placeOf } from '../config/print.ts';
import { settingIds, settingOf } from '../config/settings.ts';
import { code, escaped, madeFrom, table } from './markdown.ts';

/** The settings of each table as rows. Tables that are alike, as those of the tabs are, are told once. */
const sections = (): ReadonlyMap<string, readonly string[]> => {
  const rows = Map.groupBy(settingIds, id => placeOf(id).table);
  const pages = [...rows].map(([name, ids]) => ({
    name,
    page: table(
      ['Key', 'Default', 'Takes', 'What it is'],
      ids.map(id => {
        const { help, takes, write, default: value } = settingOf(id);
        return [code(placeOf(id).key), code(write(value)), escaped(takes), escaped(help)];
      }),
    ),
  }));
  return new Map(
    [...Map.groupBy(pages, ({ page }) => page)].map(([page, alike]) => [page, alike.map(({ name }) => name)]),
  );
};

const section = ([page, names]: readonly [string, readonly string[]]): string =>
  `## ${names.map(name => (name === '' ? 'Before all tables' : code(`[${name}]`))).join(', ')}\n\n${page}`;

/** docs/config.md. */
export const configPage = (): string => `${madeFrom('the table in src/config/settings.ts')}

# Settings

Settings are TOML, in \`/etc/kvmtop/config.toml\` for everybody and in \`~/.config/kvmtop/config.toml\` for oneself
(\`$XDG_CONFIG_HOME/kvmtop/config.toml\` where that is set; under \`sudo\` it is root's). What the second says overrules the
first, and the command line overrules both. \`--config FILE\` reads that file instead of both, \`--no-config\` none.

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
