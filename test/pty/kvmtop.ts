import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import xterm from '@xterm/headless';
import { withOwnSettings } from '../settings.ts';
import { openTerminal, type Terminal, type TerminalOptions } from './terminal.ts';

/** The built program, as an operator starts it; `KVMTOP_PROGRAM` names another to be tested, such as the one executable. */
const program = process.env['KVMTOP_PROGRAM'] ?? join(import.meta.dirname, '../../bin/kvmtop');

/** The words that start it, with no settings but a test's own; what it is started by gives it a journal of its own. */
export const kvmtopWith = (...words: readonly string[]): readonly string[] => [program, ...withOwnSettings(words)];

/** An operator's terminal in UTF-8; what tests of Ink want of the environment is taken away. */
const environment = (state: string): NonNullable<TerminalOptions['env']> => ({
  XDG_STATE_HOME: state,
  LANG: 'C.UTF-8',
  LC_ALL: undefined,
  LC_CTYPE: undefined,
  FORCE_COLOR: undefined,
  TZ: 'UTC',
});

interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

interface JournalLine {
  readonly id: string;
  readonly by: string;
  readonly request: { readonly action: string; readonly words: readonly string[] };
  readonly summary: string;
  readonly steps: readonly { readonly name: string; readonly command: string; readonly arguments: unknown }[];
  readonly forced: boolean;
  readonly outcome: string;
}

/** Runs of kvmtop that share one journal, in a folder of their own. */
export interface Desk {
  /** Where journal and recordings go. */
  readonly folder: string;
  /** In a terminal of 80x24 when not told. */
  readonly open: (args?: readonly string[], options?: Partial<TerminalOptions>) => Terminal;
  /** Without a terminal, until it ends; killed after `limit` milliseconds. */
  readonly run: (args: readonly string[], limit?: number) => Promise<Ran>;
  /** What the journal says last of each change by one action (`balloon`, `polling`), oldest first. */
  readonly journal: (action: string) => readonly JournalLine[];
  /** Kills the programs that still run. */
  readonly tidy: () => Promise<void>;
  /** `tidy`, and the journal is removed. */
  readonly close: () => Promise<void>;
}

export const openDesk = (): Desk => {
  const state = mkdtempSync(join(tmpdir(), 'kvmtop-state-'));
  const opened: Terminal[] = [];
  const tidy = async () => {
    await Promise.all(opened.splice(0).map(terminal => terminal.close()));
  };
  return {
    folder: join(state, 'kvmtop'),
    open(args = [], options = {}) {
      const terminal = openTerminal({
        command: program,
        args: withOwnSettings(args),
        ...options,
        env: { ...environment(state), ...options.env },
      });
      opened.push(terminal);
      return terminal;
    },
    run: (args, limit = 60_000) =>
      new Promise(resolve => {
        const env = { ...process.env, ...environment(state) };
        const child = execFile(
          program,
          [...withOwnSettings(args)],
          { env, timeout: limit },
          (error, stdout, stderr) => {
            resolve({ code: error ? Number(error.code ?? -1) : 0, stdout, stderr });
          },
        );
        child.stdin?.end();
      }),
    journal(action) {
      let text: string;
      try {
        text = readFileSync(join(state, 'kvmtop/journal.ndjson'), 'utf8');
      } catch {
        return [];
      }
      const lines: JournalLine[] = text
        .trimEnd()
        .split('\n')
        .map(line => JSON.parse(line));
      const changes = new Map(lines.map(line => [line.id, line]));
      return [...changes.values()].filter(({ request }) => request.action === action);
    },
    tidy,
    async close() {
      await tidy();
      rmSync(state, { recursive: true, force: true });
    },
  };
};

/** The guest table as an operator reads it: cells by column head (the sort's arrow left out), a row each. */
export const tableOf = (screen: readonly string[]): readonly ReadonlyMap<string, string>[] => {
  const at = screen.findIndex(row => row.startsWith('NAME'));
  const head = screen[at];
  if (head === undefined) return [];
  const titles = [...head.matchAll(/\S+/g)];
  const state = titles.find(title => /^STATE/.test(title[0]));
  const rows: ReadonlyMap<string, string>[] = [];
  for (const row of screen.slice(at + 1, -1)) {
    // The first empty row, or what is below the table; the last row is the footer.
    if (state === undefined || !/^..\S/.test(row) || row.length < state.index + 6) break;
    // Before a name stands the mark of what is found of the guest.
    const cells = new Map([['NAME', row.slice(2, state.index).trimEnd()]]);
    let from = state.index + 10;
    cells.set('STATE', row.slice(state.index, from).trim());
    for (const { 0: title, index } of titles.slice(titles.indexOf(state) + 1)) {
      // Words and the bar are left-aligned; what is asked of them is in the columns before.
      if (title.startsWith('USED,') || title === 'FILL') break;
      if (title === 'TROUBLE') continue;
      cells.set(title.replace(/[▲▼^v]$/, ''), row.slice(from, index + title.length).trim());
      from = index + title.length;
    }
    rows.push(cells);
  }
  return rows;
};

/** The columns of one guest; `undefined` while the table does not list it. */
export const guestIn = (screen: readonly string[], name: string): ReadonlyMap<string, string> | undefined =>
  tableOf(screen).find(row => row.get('NAME') === name);

/** The header's clock, such as `02:03:04`. */
export const clockOf = (screen: readonly string[]): string => /\d\d:\d\d:\d\d/.exec(screen[0] ?? '')?.[0] ?? '';

/**
 * What stands outside `columns` x `rows` when the terminal is larger than the program was told: a row that is too wide
 * shows there. (On the terminal itself wrapping is off, so it would only lose its end.)
 */
export const outside = async (raw: string, columns: number, rows: number): Promise<string[]> => {
  const large = new xterm.Terminal({ cols: columns + 200, rows: rows + 20, allowProposedApi: true });
  await new Promise<void>(resolve => large.write(raw, resolve));
  const { active } = large.buffer;
  const found: string[] = [];
  for (let y = 0; y < large.rows; y++) {
    const row = active.getLine(y)?.translateToString(true, y < rows ? columns : 0) ?? '';
    if (row.trimEnd() !== '') found.push(`row ${y}: ${row}`);
  }
  large.dispose();
  return found;
};
