import { sysctlsFile, tmpfilesFile } from '../../sample.ts';

/** A setting that can be made to last: a sysctl such as `vm.swappiness`, or a file of /sys/kernel/mm such as `ksm/run`. */
export type SettingName = string;

const folder = '/sys/kernel/mm/';

/** `/sys/kernel/mm/ksm/run` is `ksm/run`; other names stay as they are. */
export const shortName = (name: string): SettingName => (name.startsWith(folder) ? name.slice(folder.length) : name);

const isSysctl = (name: SettingName): boolean => !name.includes('/');

/** Where systemd looks for it at boot: sysctl.d(5), tmpfiles.d(5). */
export const lastingFile = (name: SettingName): typeof sysctlsFile | typeof tmpfilesFile =>
  isSysctl(name) ? sysctlsFile : tmpfilesFile;

export const lastingLine = (name: SettingName, value: string): string =>
  isSysctl(name) ? `${name} = ${value}` : `w ${folder}${name} - - - - ${value}`;

/** The value that a line of such a file gives the setting; `undefined` when the line is about something else. */
export const lastingValue = (name: SettingName, line: string): string | undefined => {
  if (!isSysctl(name)) {
    const [type = '', path, ...rest] = line.trim().split(/\s+/);
    return /^w[!+-]*$/.test(type) && path === folder + name ? rest.slice(4).join(' ') : undefined;
  }
  // A leading - means that failing is no matter; separators may be slashes.
  const [, key, value] = /^\s*-?\s*([\w./-]+)\s*=\s*(.*?)\s*$/.exec(line) ?? [];
  return key?.replaceAll('/', '.') === name ? value : undefined;
};

/** One line of a plan's effect: what would make this change last. */
export const lastingHint = (name: SettingName, value: string): string =>
  `until the next boot: \`kvmtop do keep ${name} ${value}\` makes it last, as '${lastingLine(name, value)}' in ${lastingFile(name)}`;
