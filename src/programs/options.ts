import { parseArgs } from 'node:util';
import { defaults, type Settings } from '../config/settings.ts';
import { unknownWord } from '../nearest.ts';
import { own } from '../own.ts';
import { parseSeconds } from '../units.ts';

/** What the command line and the files of settings say; the same for every command, so that a script may always add `--root` or `--read-only`. */
export interface Options {
  /** Seconds between looks. */
  readonly delay: number;
  /** Only these guests, by name, id or PID; all when empty. */
  readonly guests: readonly string[];
  readonly root: string;
  readonly demo: boolean;
  /** Where libvirt is asked for its guests: a URI as for `virsh -c`. */
  readonly connect: string;
  readonly readOnly: boolean;
  /** Words after the command. */
  readonly words: readonly string[];
  /** Of the live screen; checked when it is opened. */
  readonly tab: string;
  readonly count: number | undefined;
  readonly format: string | undefined;
  readonly json: boolean;
  readonly text: boolean;
  readonly dryRun: boolean;
  readonly yes: boolean;
  readonly force: boolean;
  /** Of `record`, as they were typed; checked when it starts. */
  readonly for: string | undefined;
  readonly keep: string | undefined;
  readonly rotate: string | undefined;
  readonly poll: boolean;
  /** Of a recording that is read, as they were typed. */
  readonly at: string | undefined;
  readonly from: string | undefined;
  readonly to: string | undefined;
  readonly fields: string | undefined;
  /** Save what can be read of a damaged recording first, and work on that. */
  readonly recover: boolean;
  /** Of `auto`: the policy acts. */
  readonly act: boolean;
  /** Of `auto`: it tells what it would do. */
  readonly shadow: boolean;
  /** `--policy`: names of policies, as they were typed. */
  readonly policy: string | undefined;
  /** Where a page is written: a file, or `-` for what the program prints to. */
  readonly output: string | undefined;
  /** `--config`: the only file of settings to read; `false` for `--no-config`. */
  readonly config: string | false | undefined;
  readonly settings: Settings;
}

/** Wrong usage: exit status 2. The message says what is wrong and what would be right. */
export class UsageError extends Error {}

/** The work could not be done: exit status 1 (failed) or 3 (refused: guard rail, read-only, or lacking privilege). */
export class Failure extends Error {
  readonly status: 1 | 3;
  constructor(message: string, status: 1 | 3 = 1) {
    super(message);
    this.status = status;
  }
}

const flags = {
  delay: { type: 'string', short: 'd' },
  guests: { type: 'string', short: 'p' },
  root: { type: 'string' },
  demo: { type: 'boolean' },
  connect: { type: 'string', short: 'c' },
  'read-only': { type: 'boolean' },
  tab: { type: 'string' },
  'no-mouse': { type: 'boolean' },
  count: { type: 'string', short: 'n' },
  format: { type: 'string' },
  json: { type: 'boolean' },
  text: { type: 'boolean' },
  'dry-run': { type: 'boolean' },
  yes: { type: 'boolean', short: 'y' },
  force: { type: 'boolean' },
  node: { type: 'string' },
  for: { type: 'string' },
  keep: { type: 'string' },
  rotate: { type: 'string' },
  poll: { type: 'boolean' },
  at: { type: 'string' },
  from: { type: 'string' },
  to: { type: 'string' },
  fields: { type: 'string' },
  recover: { type: 'boolean' },
  policy: { type: 'string' },
  act: { type: 'boolean' },
  shadow: { type: 'boolean' },
  output: { type: 'string', short: 'o' },
  config: { type: 'string' },
  'no-config': { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
  version: { type: 'boolean' },
  licences: { type: 'boolean' },
} as const;

/** Flags that go with every command. */
const common = ['delay', 'guests', 'root', 'demo', 'connect', 'read-only', 'config', 'no-config', 'help', 'version'];
/** Flags of one command alone. */
const flagsByCommand: Readonly<Record<string, readonly string[]>> = {
  live: ['tab', 'no-mouse', 'licences'],
  snapshot: ['json', 'text'],
  stream: ['count', 'format'],
  config: [],
  doctor: ['json'],
  record: ['for', 'keep', 'rotate', 'poll'],
  replay: ['tab', 'no-mouse', 'at', 'recover'],
  dump: ['from', 'to', 'format', 'fields', 'recover'],
  report: ['output', 'from', 'to', 'recover'],
  auto: ['policy', 'act', 'shadow', 'format'],
  simulate: ['policy', 'json', 'output', 'from', 'to'],
  do: ['dry-run', 'yes', 'force', 'node'],
};

export type Command =
  | 'live'
  | 'snapshot'
  | 'stream'
  | 'record'
  | 'replay'
  | 'dump'
  | 'report'
  | 'auto'
  | 'simulate'
  | 'do'
  | 'config'
  | 'doctor';

export const commands = Object.keys(flagsByCommand) as readonly Command[];

/** Names of the flags that go with a command. */
export const flagsOf = (command: Command): readonly string[] => [...(own(flagsByCommand, command) ?? []), ...common];

type Flag = { readonly type: 'string' | 'boolean'; readonly short?: string };
const flagOf = (name: string): Flag | undefined => own<Flag>(flags, name);
export const takesValue = (name: string): boolean => flagOf(name)?.type === 'string';
export const shortOf = (name: string): string | undefined => flagOf(name)?.short;

/** These take one word: the recording, or a scenario to simulate. */
export const withFile: readonly Command[] = ['record', 'replay', 'dump', 'report', 'simulate'];

export interface Call {
  readonly command: Command;
  readonly options: Options;
  /** What the command line says of what could be set in a file, too. */
  readonly given: Partial<Settings>;
  readonly help: boolean;
  readonly version: boolean;
  readonly licences: boolean;
  /** `--tab`. */
  readonly tab: string | undefined;
}

/** The call with what the files of settings say, where the command line says nothing. */
export const withSettings = (call: Call, settings: Settings): Call => ({
  ...call,
  options: {
    ...call.options,
    delay: settings.delay,
    readOnly: settings.read_only,
    tab: call.tab ?? settings.tab,
    settings,
  },
});

const isCommand = (word: string): word is Command => Object.hasOwn(flagsByCommand, word);

/**
 * `-25%` and `-512M` are words of `do`, and `-10m` may follow `--from`: no flag starts with a digit. parseArgs would take
 * them for flags, so they are hidden from it behind a character that no argument can have.
 */
const hideNegative = (word: string): string => (/^-\d/.test(word) ? `\u0000${word}` : word);
const unhide = <Value>(value: Value): Value =>
  typeof value === 'string' ? (value.replace(/^\0/, '') as typeof value) : value;

/**
 * Reads the command line.
 * @throws UsageError that says what is wrong.
 */
export const parseCall = (argv: readonly string[]): Call => {
  let parsed: ReturnType<typeof parse>;
  try {
    parsed = parse(argv.map(hideNegative));
  } catch (error) {
    const message = error instanceof Error ? error.message.split('. ')[0] : String(error);
    const hint = message?.startsWith('Unknown option') ? '; -- stands before a name that starts with a dash' : '';
    throw new UsageError(`${message?.replaceAll('\0', '')}${hint}; see kvmtop -h`);
  }
  const values = Object.fromEntries(
    Object.entries(parsed.values).map(([flag, value]) => [flag, unhide(value)]),
  ) as typeof parsed.values;
  const words = parsed.positionals.map(unhide);
  // `kvmtop help stream` is `kvmtop stream -h`.
  if (words[0] === 'help') return { ...parseCall(words.slice(1)), help: true };
  const command = words[0] ?? 'live';
  if (!isCommand(command)) throw new UsageError(unknownWord('command', command, commands.slice(1)));
  for (const flag of Object.keys(values)) {
    if (!common.includes(flag) && !own(flagsByCommand, command)?.includes(flag))
      throw new UsageError(
        `--${flag} does not go with ${command === 'live' ? 'the live screen' : command}; see kvmtop -h`,
      );
  }
  if (values['no-config'] && values.config !== undefined)
    throw new UsageError('--config and --no-config exclude each other: give one of them');
  if (withFile.includes(command) && words.length < 2 && !values.help)
    throw new UsageError(
      `${command} takes a ${command === 'simulate' ? 'SCENARIO or a FILE' : 'FILE'}; see kvmtop ${command} -h`,
    );
  const extra = words[withFile.includes(command) ? 2 : 1];
  if (command !== 'do' && extra !== undefined) throw new UsageError(`${command} takes no '${extra}'; see kvmtop -h`);
  const delay = values.delay === undefined ? defaults.delay : parseSeconds(values.delay);
  if (delay === undefined || delay < 0.1 || delay > 3600)
    throw new UsageError(`-d takes seconds from 0.1 to 3600, not '${values.delay}'`);
  const count = values.count === undefined ? undefined : Number(values.count);
  if (count !== undefined && !(Number.isInteger(count) && count > 0))
    throw new UsageError(`-n takes a whole number above 0, not '${values.count}'`);
  return {
    command,
    help: values.help ?? false,
    version: values.version ?? false,
    licences: values.licences ?? false,
    tab: values.tab,
    given: {
      ...(values.delay === undefined ? {} : { delay }),
      ...(values['read-only'] ? { read_only: true } : {}),
      ...(values['no-mouse'] ? { mouse: false } : {}),
    },
    options: {
      delay,
      guests: values.guests?.split(',').filter(name => name !== '') ?? [],
      root: values.root ?? '/',
      demo: values.demo ?? false,
      connect: values.connect ?? 'qemu:///system',
      readOnly: values['read-only'] ?? false,
      // A node is one more word of `do hugepages`.
      words: [...words.slice(1), ...(values.node === undefined ? [] : [`node${values.node}`])],
      tab: values.tab ?? defaults.tab,
      count,
      format: values.format,
      json: values.json ?? false,
      text: values.text ?? false,
      dryRun: values['dry-run'] ?? false,
      yes: values.yes ?? false,
      force: values.force ?? false,
      for: values.for,
      keep: values.keep,
      rotate: values.rotate,
      poll: values.poll ?? false,
      at: values.at,
      from: values.from,
      to: values.to,
      fields: values.fields,
      recover: values.recover ?? false,
      policy: values.policy,
      act: values.act ?? false,
      shadow: values.shadow ?? false,
      output: values.output,
      config: values['no-config'] ? false : values.config,
      settings: defaults,
    },
  };
};

const parse = (args: string[]) => parseArgs({ args, options: flags, allowPositionals: true, strict: true });
