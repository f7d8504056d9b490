import { isDeepStrictEqual } from 'node:util';
import { loadSettings } from '../../config/load.ts';
import { type SettingId, type Settings, settingsOfTables } from '../../config/settings.ts';
import type { State } from '../../store/store.ts';
import { currentTables } from '../../store/tables.ts';

/**
 * Saves what the screen changes (tab, columns, order) in the operator's file of settings, or in that of `--config` (`false`: in none): what
 * differs from what is in force, and nothing else. Gives a message for the operator.
 * @throws Error with the reason; the file is then as it was.
 */
export const saveScreen = async (
  state: Pick<State, 'setting' | 'tab' | 'tables' | 'columns' | 'sort'>,
  env: NodeJS.ProcessEnv,
  config: string | false | undefined,
): Promise<string> => {
  const { readOnly, source } = state.setting;
  if (readOnly || source === 'demo')
    throw new Error(
      `${readOnly ? 'read-only' : 'the demo'} writes no settings: start without ${readOnly ? '--read-only' : '--demo'}`,
    );
  // Read anew: somebody may have edited it since the start.
  const { settings, own } = await loadSettings(env, config);
  if (own === undefined)
    throw new Error(
      config === false
        ? 'there is no file to save settings in: start without --no-config, or with --config FILE'
        : 'there is no place to save settings: set HOME, or start with --config FILE',
    );
  const shown: Partial<Settings> = { tab: state.tab, ...settingsOfTables(currentTables(state)) };
  const changed = (Object.keys(shown) as SettingId[]).filter(id => !isDeepStrictEqual(shown[id], settings[id]));
  if (changed.length === 0) return `nothing to save: ${own} has it already, or it is the default`;
  const { saveSettings } = await import('../../config/save.ts');
  saveSettings(own, Object.fromEntries(changed.map(id => [id, shown[id]])));
  return `saved in ${own}: ${changed.join(', ')}`;
};
