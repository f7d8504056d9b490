import { existsSync, readFileSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import { messageOf } from '../errors.ts';
import { known } from '../known.ts';
import { ConfigError } from './error.ts';
import type { FileSettings } from './read.ts';
import { defaults, type SettingId, type Settings } from './settings.ts';

/** Where a value that is not a default comes from. */
export type Origin = 'command line' | { readonly path: string; readonly line?: number };

export interface LoadedSettings {
  readonly settings: Settings;
  readonly origins: Readonly<Partial<Record<SettingId, Origin>>>;
  /** The files that were looked for, the weakest first. */
  readonly files: readonly { readonly path: string; readonly found: boolean }[];
  /** Where the screen's changes are saved; `undefined` without a home. */
  readonly own: string | undefined;
}

type Env = Readonly<Record<string, string | undefined>>;

/** The operator's own file, by the XDG Base Directory Specification: a relative path there is to be ignored. */
const ownPath = (env: Env): string | undefined => {
  const folder = env['XDG_CONFIG_HOME'];
  if (folder && isAbsolute(folder)) return join(folder, 'kvmtop', 'config.toml');
  return env['HOME'] ? join(env['HOME'], '.config', 'kvmtop', 'config.toml') : undefined;
};

const systemPath = '/etc/kvmtop/config.toml';

const readFile = async (path: string, isRequired: boolean): Promise<FileSettings | undefined> => {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    // Nor is it there for whoever may not look into its folder: HOME may be another user's, as under su.
    if (!isRequired && !existsSync(path)) return undefined;
    const message = messageOf(error);
    throw new ConfigError(path, undefined, `can't be read: ${message}; start with --no-config to do without`);
  }
  // The parser is loaded only where there is something to parse: most starts have no file, or one with comments alone.
  if (!/^\s*[^\s#]/m.test(text)) return { values: {}, lines: {} };
  const { readSettings } = await import('./read.ts');
  return readSettings(path, text);
};

/**
 * What is in force: the defaults, overruled by /etc/kvmtop/config.toml, overruled by the operator's own file; or by
 * `only` (of `--config`) instead of both, or by none where it is `false` (`--no-config`).
 * @throws ConfigError, one line that names file, line and the nearest right key.
 */
export const loadSettings = async (env: Env, only: string | false | undefined): Promise<LoadedSettings> => {
  const own = only === false ? undefined : (only ?? ownPath(env));
  const mine = own === undefined ? [] : [own];
  const paths = only === undefined ? [systemPath, ...mine] : mine;
  let values: Settings = defaults;
  const origins: Partial<Record<SettingId, Origin>> = {};
  const files: { path: string; found: boolean }[] = [];
  for (const path of paths) {
    const file = await readFile(path, only !== undefined);
    files.push({ path, found: file !== undefined });
    if (!file) continue;
    values = { ...values, ...file.values };
    for (const id of Object.keys(file.values) as SettingId[]) {
      const line = file.lines[id];
      origins[id] = { path, ...known({ line }) };
    }
  }
  return { settings: values, origins, files, own };
};

/** The same, overruled by what the command line says. */
export const overrule = (loaded: LoadedSettings, given: Partial<Settings>): LoadedSettings => ({
  ...loaded,
  settings: { ...loaded.settings, ...given },
  origins: {
    ...loaded.origins,
    ...Object.fromEntries(Object.keys(given).map(id => [id, 'command line'])),
  },
});
