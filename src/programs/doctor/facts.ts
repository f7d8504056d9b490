import { accessSync, constants, existsSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { journalPath } from '../../actions/gate/journal.ts';
import type { Limits } from '../../actions/limits.ts';
import { addressOf } from '../../collect/guests/monitors/libvirt/rpc/address.ts';
import { limitsOf, type Settings } from '../../config/settings.ts';
import { known } from '../../known.ts';
import type { Model } from '../../model.ts';
import type { Root } from '../../root.ts';
import type { Options } from '../options.ts';
import type { Surroundings } from '../surroundings.ts';

/** What doctor found out of one thing: whether it is as it should be, what that means, and what exactly would mend it. */
export interface Finding {
  readonly id: string;
  readonly ok: boolean;
  /** The guest that it is about. */
  readonly subject?: string;
  readonly text: string;
  readonly fix?: string;
}

/** Whether a file could be written now, and if not, why. */
export type Access = 'writable' | 'denied' | 'read-only' | 'missing';

/** All that the checks judge by. Plain data: what is unknown is absent. */
export interface Facts {
  readonly model: Model;
  /** What is looked at: this very machine, a captured tree (of which nothing here tells), or the demo. */
  readonly shown: 'host' | 'captured' | 'demo';
  readonly isRoot: boolean;
  readonly readOnly: boolean;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly settings: Pick<Settings, 'theme' | 'ascii'>;
  readonly limits: Limits;
  /** Columns and rows; absent where the output is no terminal. */
  readonly terminal?: { readonly columns: number; readonly rows: number };
  /** The kernel's settings; absent where this is not the host. */
  readonly kernelFiles?: Access;
  readonly journal?: { readonly path: string; readonly access: Access };
  /** Whether `virsh` is on the PATH. */
  readonly hasVirsh: boolean;
  /** Whether libvirt's socket is there. */
  readonly hasLibvirt: boolean;
  /** libvirt's URI, as for virsh -c. */
  readonly connect: string;
  /** The socket on which that libvirt is asked; absent where virsh asks it. */
  readonly libvirtSocket?: string;
  /** Whether that socket is there. */
  readonly hasLibvirtSocket: boolean;
  /** /dev/kvm. */
  readonly hasKvm: boolean;
}

const accessTo = (path: string): Access => {
  try {
    accessSync(path, constants.W_OK);
    return 'writable';
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return code === 'EROFS' ? 'read-only' : code === 'ENOENT' ? 'missing' : 'denied';
  }
};

/** The same of a file that is made when it is first written: then its nearest folder that is there counts. */
const accessToMake = (path: string): Access => {
  const access = accessTo(path);
  return access === 'missing' && dirname(path) !== path ? accessToMake(dirname(path)) : access;
};

const isFile = (path: string): boolean => {
  try {
    return statSync(path).isFile();
  } catch {
    // Not there, or in a folder that may not be looked into: a shell would not find it either.
    return false;
  }
};

/** Whether a program is in a folder of PATH. */
export const onPath = (program: string, path = ''): boolean =>
  path.split(':').some(folder => folder !== '' && isFile(join(folder, program)));

/** Looks; changes nothing. */
export const gatherFacts = (
  model: Model,
  root: Root,
  options: Options,
  { stdout, env, uid }: Pick<Surroundings, 'stdout' | 'env' | 'uid'>,
): Facts => {
  const shown = options.demo ? 'demo' : root.isHost ? 'host' : 'captured';
  const journal = journalPath(env, uid);
  const { columns, rows } = stdout;
  const libvirtSocket = addressOf(options.connect, env['XDG_RUNTIME_DIR'])?.path;
  return {
    model,
    shown,
    isRoot: uid === 0,
    readOnly: options.readOnly,
    env,
    settings: options.settings,
    limits: limitsOf(options.settings),
    ...(stdout.isTTY && columns && rows ? { terminal: { columns, rows } } : {}),
    ...(shown === 'host'
      ? {
          kernelFiles: accessTo('/proc/sys/vm/swappiness'),
          journal: { path: journal, access: accessToMake(journal) },
        }
      : {}),
    hasVirsh: onPath('virsh', env['PATH']),
    hasLibvirt: !options.demo && root.exists('/run/libvirt'),
    connect: options.connect,
    ...known({ libvirtSocket }),
    hasLibvirtSocket: libvirtSocket !== undefined && existsSync(libvirtSocket),
    hasKvm: root.exists('/dev/kvm'),
  };
};
