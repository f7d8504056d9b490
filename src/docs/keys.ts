import { actions } from '../actions/actions.ts';
import { clicks } from '../ui/keys/clicks.ts';
import { type Key, type Mode, modeTitles } from '../ui/keys/key.ts';
import { keyName } from '../ui/keys/names.ts';
import { keys } from '../ui/keys.ts';
import { code, escaped, madeFrom, table } from './markdown.ts';

/** Such keys are told once, among those of the guest table. */
const isEverywhere = ({ modes }: Key): boolean => modes.includes('main') && modes.includes('confirm');

/** The keys by where they work, in the order of the help screen. */
export const keysByMode = (): readonly { readonly title: string; readonly keys: readonly Key[] }[] =>
  (Object.entries(modeTitles) as [Mode, string][])
    .map(([mode, title]) => ({
      title,
      keys: keys.filter(key => key.modes.includes(mode) && (mode === 'main' || !isEverywhere(key))),
    }))
    .filter(section => section.keys.length > 0);

/** docs/keys.md. */
export const keysPage = (): string => `${madeFrom('the key tables in src/ui/keys and the actions in src/actions')}

# Keys

The footer shows the keys that do something now, \`?\` all of them. Ctrl-C leaves from anywhere.

${keysByMode()
  .map(
    section => `## ${section.title}

${table(
  ['Key', 'What it does'],
  section.keys.map(key => [key.names.map(name => code(keyName(name))).join(' '), escaped(key.help)]),
)}`,
  )
  .join('\n\n')}

# Mouse

${table(
  ['Mouse', 'What it does'],
  clicks.map(({ label, help }) => [label, escaped(help)]),
)}

# Actions

What a key can change, a script can too: \`kvmtop do ACTION ARGUMENTS [--dry-run] [--yes] [--force]\`.

${table(
  ['Action', 'Such as', 'What it does'],
  [...actions.values()].map(({ id, usage, example, help }) => [
    code(`do ${id} ${usage}`),
    code(`do ${id} ${example}`),
    escaped(help),
  ]),
)}
`;
