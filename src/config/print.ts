import type { LoadedSettings } from './load.ts';
import { type SettingId, settingIds, settingOf } from './settings.ts';

/** The table a setting is in, and its key there. */
export const placeOf = (id: SettingId): { readonly table: string; readonly key: string } => {
  const at = id.lastIndexOf('.');
  return { table: id.slice(0, Math.max(0, at)), key: id.slice(at + 1) };
};

const origin = ({ origins }: LoadedSettings, id: SettingId): string => {
  const from = origins[id];
  if (from === undefined) return 'default';
  return typeof from === 'string' ? from : `${from.path}${from.line === undefined ? '' : `:${from.line}`}`;
};

/** All settings as TOML, each with what it is and where its value comes from: what `kvmtop config` prints. */
export const printSettings = (loaded: LoadedSettings): string => {
  const rows = ['# What is in force, and from where. Later ones overrule earlier ones:'];
  for (const { path, found } of loaded.files) rows.push(`#   ${JSON.stringify(path)}${found ? '' : ' (not there)'}`);
  rows.push('#   the command line');
  let table = '';
  for (const id of settingIds) {
    const place = placeOf(id);
    const { help, takes, write } = settingOf(id);
    if (place.table !== table) rows.push('', `[${place.table}]`);
    table = place.table;
    rows.push(
      '',
      `# ${help}`,
      `# Takes ${takes}.`,
      `${place.key} = ${write(loaded.settings[id])} # ${origin(loaded, id)}`,
    );
  }
  return `${rows.join('\n')}\n`;
};
