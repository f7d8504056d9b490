import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { architectures, isArchitecture } from '../../packaging/build/architecture.ts';
import type { TerminalOptions } from '../pty/terminal.ts';

/** A program in a terminal, and how to tell that its screen is complete: the table's head and its first row. */
export interface Contestant {
  readonly name: string;
  readonly run: Pick<TerminalOptions, 'command' | 'args' | 'env'>;
  readonly complete: (screen: readonly string[]) => boolean;
}

/** Some row has the head's words, and the row below one that tells of a guest of the crowd. */
const table =
  (head: RegExp, row: RegExp) =>
  (screen: readonly string[]): boolean => {
    const at = screen.findIndex(text => head.test(text));
    return at >= 0 && screen.slice(at + 1).some(text => row.test(text));
  };

const root = join(import.meta.dirname, '../..');

/** The one executable, where `npm run build:binary` made it. */
const executable = (): string | undefined => {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const machine = isArchitecture(process.arch) ? architectures[process.arch].rpm : process.arch;
  const path = join(root, 'out', `kvmtop-${version}-${machine}`);
  return existsSync(path) ? path : undefined;
};

type Contestants = Readonly<Record<'kvmtop' | 'htop' | 'btop', Contestant> & { executable?: Contestant }>;

/** All with a delay of one second, in their own default view; `folder` is for their settings. */
export const contestantsIn = (folder: string): Contestants => {
  const settings = join(folder, 'settings');
  mkdirSync(join(settings, 'btop'), { recursive: true });
  writeFileSync(join(settings, 'btop/btop.conf'), 'update_ms = 1000\n');
  const env = {
    LANG: 'C.UTF-8',
    LC_ALL: undefined,
    HOME: settings,
    XDG_CONFIG_HOME: settings,
    XDG_STATE_HOME: settings,
  };
  const kvmtop = (name: string, command: string): Contestant => ({
    name,
    run: { command, args: ['-d', '1'], env },
    complete: table(/NAME +STATE/, /vm-\d{4}/),
  });
  const one = executable();
  return {
    kvmtop: kvmtop('kvmtop', join(root, 'bin/kvmtop')),
    ...(one === undefined ? {} : { executable: kvmtop('kvmtop, one executable', one) }),
    htop: {
      name: 'htop',
      run: { command: 'htop', args: ['-d', '10'], env },
      complete: table(/PID.*USER/, /^ *\d+ \S+ +\d+ +\d+ /),
    },
    btop: {
      name: 'btop',
      run: { command: 'btop', args: ['--utf-force'], env },
      complete: table(/Pid: +Program/, /\d+ (qemu-|service|node|Main|btop)/),
    },
  };
};
