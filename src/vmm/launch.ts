import type { BalloonSample, LaunchSample, Manager } from '../sample.ts';

/** How a guest's process was started, and what of it is known for each kind. Pure: the process is seen through a view. */

/** A file as a process means it. */
export interface Located {
  /** The folder that is its root, from here. */
  readonly root: string;
  /** From that root on. */
  readonly path: string;
  /** The process named it from a folder, and says itself which one that is. */
  readonly relative: boolean;
}

/** Where a monitor listens, as its process says. */
export type Address =
  | { readonly kind: 'unix'; readonly file: Located }
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number };

/** A monitor that a process says is its own: whether it is, is seen before it is connected to. */
export interface Place {
  readonly address: Address;
  /** The path as its own process knows it, or host:port; for people. */
  readonly label: string;
}

/** Who answers, for the check that it is the guest whose command line named the socket. */
export interface Identity {
  readonly name?: string;
  readonly uuid?: string;
}

/** How a guest's code is run, as far as that is known. */
export type Acceleration = Pick<LaunchSample, 'accelerator' | 'asyncPageFaults'>;

export interface Started {
  /** As given by the operator or its tool, or made of program and PID. */
  readonly name: string;
  /** Who must answer on its monitor, as far as its command line says. */
  readonly expected: Identity;
  readonly manager?: Manager;
  /** Absent where its monitor tells it, and the command line does not. */
  readonly launch?: LaunchSample;
  /** What of it depends on whether KVM runs it, where its command line leaves that to QEMU. */
  readonly byMachine?: { readonly kvm: Acceleration; readonly other: Acceleration };
  /** What its command line says of its balloon, where its monitor does not. */
  readonly balloon?: BalloonSample;
  /** Where its monitor listens, in the order in which they are tried. */
  readonly places: readonly Place[];
  /** Why `places` is empty. */
  readonly why?: string;
  /** It goes on in a child: until that is ready, one guest is two processes. */
  readonly forks?: true;
  /** It may not have opened its sockets yet, or not all that it was started with could be read: look again. */
  readonly mayOpen?: true;
}

/** How a process left the folder, or the root, in which it opened its files. */
export interface Moved {
  readonly chroots: boolean;
  readonly daemonized: boolean;
}

/** A process as its kind sees it: its words, and its own names of files turned into those of this host. */
export interface ProcessView {
  readonly pid: number;
  /** The name of its program's file. */
  readonly program: string;
  /** Its command line, its own name first; empty while it has none: on its way in, or out. */
  readonly words: readonly string[];
  readonly sameNetwork: boolean;
  /** The socket that it bound as `path`; `undefined` when that can't be told. */
  socket(path: string, moved: Moved): Located | undefined;
  /** Seconds since it was started; `undefined` where that can't be told. */
  readonly age: number | undefined;
  /** The type of the file system on which a path of its own lies: `ext4`, `tmpfs`, `hugetlbfs`, … */
  fileSystem(path: string, moved: Moved): string | undefined;
  /**
   * A plain file that it opened as `path`; `undefined` where that is none, is longer than `longest` bytes, or can't be read. It is
   * read after it was asked for, so that the process is looked at once more then.
   */
  text(path: string, moved: Moved, longest: number): string | undefined;
  /** The paths of the sockets on which it listens; `undefined` where that may not be looked at. */
  listening(): readonly string[] | undefined;
  /** The path of the socket that is this descriptor of its, where it listens there. */
  listensAt(descriptor: number): string | undefined;
  /** Whether it has a virtual machine of KVM's; `undefined` where that may not be looked at, or is still to come. */
  hasMachine(): boolean | undefined;
}

/** Seconds. What a younger process has not opened yet, it may still open: on a slow host a QEMU takes its time to start. */
export const tooYoung = 60;

export const stays: Moved = { chroots: false, daemonized: false };

/** Splits /proc/PID/cmdline: words end with NUL. */
export const splitCommandLine = (text: string): string[] => {
  const words = text.split('\0');
  if (words.at(-1) === '') words.pop();
  return words;
};

/** The value of `--name VALUE` or `--name=VALUE`. */
export const optionOf = (words: readonly string[], name: string): string | undefined => {
  const at = words.findIndex(word => word === name || word.startsWith(`${name}=`));
  const word = words[at];
  if (word === undefined) return undefined;
  return word === name ? words[at + 1] : word.slice(name.length + 1);
};

/** What a guest is called: by this option, or after its program. */
export const nameOf = ({ words, program, pid }: ProcessView, option: string): string =>
  optionOf(words, option) || `${program}-${pid}`;

/** The one socket of a VMM. `label`: its path as the process knows it; `undefined` when it has none. `what` it is, in words. */
export const placesOf = (
  view: ProcessView,
  label: string | undefined,
  what: string,
): Pick<Started, 'places' | 'why'> => {
  if (label === undefined) return { places: [], why: `it was started without ${what}` };
  const file = view.socket(label, stays);
  if (file === undefined)
    return { places: [], why: `its ${what.replace(/^an? /, '')} ${label} is relative to a folder that is not known` };
  return { places: [{ address: { kind: 'unix', file }, label }] };
};
