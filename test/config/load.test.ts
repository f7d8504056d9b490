import {
  chmodSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ConfigError } from '../../src/config/error.ts';
import { loadSettings, overrule } from '../../src/config/load.ts';
import { printSettings } from '../../src/config/print.ts';
import { saveSettings } from '../../src/config/save.ts';
import { defaults } from '../../src/config/settings.ts';

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'kvmtop-config-'));
});
afterEach(() => rmSync(home, { recursive: true }));

const put = (name: string, text: string): string => {
  const path = join(home, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
  return path;
};

describe('files', () => {
  it('are /etc’s and, over it, the operator’s own', async () => {
    const own = put('.config/kvmtop/config.toml', '\ndelay = 5');
    const loaded = await loadSettings({ HOME: home }, undefined);
    expect(loaded.files.map(({ path }) => path)).toEqual(['/etc/kvmtop/config.toml', own]);
    expect(loaded.settings.delay).toBe(5);
    expect(loaded.origins.delay).toEqual({ path: own, line: 2 });
    expect(loaded.own).toBe(own);
  });

  it('XDG_CONFIG_HOME is honoured when it is absolute', async () => {
    put('xdg/kvmtop/config.toml', 'delay = 7');
    const xdg = await loadSettings({ HOME: home, XDG_CONFIG_HOME: join(home, 'xdg') }, undefined);
    expect(xdg.settings.delay).toBe(7);
    const relative = await loadSettings({ HOME: home, XDG_CONFIG_HOME: 'xdg' }, undefined);
    expect(relative.own).toBe(join(home, '.config/kvmtop/config.toml'));
  });

  it('--config is the only one, and must be there', async () => {
    put('.config/kvmtop/config.toml', 'delay = 5');
    const path = put('other.toml', 'theme = "16"');
    const loaded = await loadSettings({ HOME: home }, path);
    expect(loaded.settings).toEqual({ ...defaults, theme: '16' });
    expect(loaded.files).toEqual([{ path, found: true }]);
    await expect(loadSettings({}, join(home, 'none.toml'))).rejects.toThrow(ConfigError);
    expect((await loadSettings({}, '/dev/null')).settings).toEqual(defaults);
  });

  it('that can’t be read are told, not passed over', async () => {
    mkdirSync(join(home, '.config/kvmtop/config.toml'), { recursive: true });
    await expect(loadSettings({ HOME: home }, undefined)).rejects.toThrow(
      /config\.toml: can't be read: EISDIR.*--no-config/,
    );
  });

  it('the command line has the last word', async () => {
    const path = put('a.toml', 'delay = 5\ntab = "memory"\n');
    const loaded = overrule(await loadSettings({}, path), { delay: 2 });
    const page = printSettings(loaded).split('\n');
    expect(page).toContain('delay = 2 # command line');
    expect(page).toContain(`tab = "memory" # ${path}:2`);
    expect(page).toContain('theme = "auto" # default');
  });
});

describe('saving', () => {
  it('makes the file and its folder', async () => {
    const path = join(home, 'x/kvmtop/config.toml');
    saveSettings(path, { tab: 'guests' });
    expect((await loadSettings({}, path)).settings.tab).toBe('guests');
    expect(readdirSync(dirname(path))).toEqual(['config.toml']);
  });

  it('keeps comments, mode and a link to the file', () => {
    const real = put('dotfiles/kvmtop.toml', '# mine\ntab = "memory" # often\n');
    chmodSync(real, 0o600);
    const link = join(home, 'config.toml');
    symlinkSync(real, link);
    saveSettings(link, { tab: 'guests' });
    expect(readFileSync(real, 'utf8')).toBe('# mine\ntab = "guests" # often\n');
    expect(statSync(real).mode & 0o777).toBe(0o600);
    expect(lstatSync(link).isSymbolicLink()).toBe(true);
  });

  it('fails with the reason, and leaves the file as it was', () => {
    const path = put('config.toml', 'tabs = { guests = { sort = "name" } }\n');
    expect(() => saveSettings(path, { 'tabs.guests.sort': 'held' })).toThrow(/config\.toml can't be saved: .*by hand/);
    expect(readFileSync(path, 'utf8')).toBe('tabs = { guests = { sort = "name" } }\n');
    expect(() => saveSettings(join(path, 'below'), { tab: 'guests' })).toThrow("below can't be saved: ");
    expect(readdirSync(home)).toEqual(['config.toml']);
  });
});
