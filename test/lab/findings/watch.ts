import { spawn } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { expect } from 'vitest';
import { type Desk, kvmtopWith } from '../../pty/kvmtop.ts';
import { until } from '../../until.ts';

/** A finding, as scripts get it. */
export interface Told {
  readonly id: string;
  readonly severity: 'critical' | 'warning' | 'notice';
  readonly subject: string;
  readonly text: string;
  readonly fix?: readonly string[];
}

/** One look of the built program, as scripts get it. */
export interface Look {
  readonly host: Readonly<Record<string, number>>;
  readonly guests: readonly {
    readonly name: string;
    readonly pid: number;
    readonly monitor: string;
    readonly mem_size?: number;
  }[];
  readonly findings: readonly Told[];
}

export const toldIn = ({ findings }: Look, id: string, subject: string): Told | undefined =>
  findings.find(one => one.id === id && one.subject === subject);

/** What holds at this moment, however long: `kvmtop snapshot`. */
export const snapshot = async (desk: Desk, ...args: readonly string[]): Promise<Look> => {
  const { code, stdout, stderr } = await desk.run([...args, 'snapshot', '--json', '-d', '0.3']);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return JSON.parse(stdout);
};

/** `kvmtop do`. */
export const perform = async (desk: Desk, ...words: readonly string[]): Promise<void> => {
  const { code, stderr } = await desk.run(['do', ...words, '--yes']);
  expect({ words, code, stderr }).toEqual({ words, code: 0, stderr: '' });
};

/** Carries out what a finding says would help. */
export const carryOut = async (desk: Desk, { id, fix }: Told): Promise<void> => {
  if (!fix) throw new Error(`${id} has no fix`);
  await perform(desk, ...fix);
};

/** `kvmtop stream`, a look a second all the while: findings are told and end as they are for an operator. */
export interface Watch {
  /** Every look so far, oldest first. */
  readonly looks: readonly Look[];
  /** Resolves to a look, from now on, on which this is told of that subject, and meets `accept`. */
  readonly tells: (
    id: string,
    subject: string,
    accept?: (told: Told) => boolean,
  ) => Promise<Told & { readonly look: Look }>;
  /** Resolves when it is not told any more. */
  readonly ends: (id: string, subject: string) => Promise<void>;
  /** Ends the program. */
  readonly close: () => Promise<void>;
}

/** Milliseconds: many findings must hold for a minute, and emulated guests are slow where others compute, too. */
const patience = 150_000;

let watches = 0;

/** With these lines of TOML for settings; resolves at the first look. */
export const openWatch = async (desk: Desk, settings = ''): Promise<Watch> => {
  const config = join(desk.folder, '..', `watch-${++watches}.toml`);
  writeFileSync(config, settings);
  const child = spawn(
    'setpriv',
    ['--pdeathsig', 'KILL', ...kvmtopWith('stream', '--format', 'ndjson', '-d', '1', '--config', config)],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  const exit = new Promise<void>(resolve => child.once('close', () => resolve()));
  const looks: Look[] = [];
  let errors = '';
  createInterface(child.stdout).on('line', line => looks.push(JSON.parse(line)));
  child.stderr.setEncoding('utf8').on('data', text => {
    errors += text;
  });
  const fresh = async (what: string, limit: number, question: (look: Look) => boolean): Promise<Look> => {
    const from = looks.length;
    let found: Look | undefined;
    await until(what, limit, () => {
      if (child.exitCode !== null) throw new Error(`kvmtop stream ended: ${errors}`);
      found = looks.slice(from).find(question);
      return found !== undefined;
    }).catch(error => {
      throw new Error(`${error}; told at last: ${JSON.stringify(looks.at(-1)?.findings, undefined, 1)}`);
    });
    return found as Look;
  };
  const watch: Watch = {
    looks,
    async tells(id, subject, accept = () => true) {
      const isTold = (look: Look) => {
        const told = toldIn(look, id, subject);
        return told !== undefined && accept(told);
      };
      const look = await fresh(`${id} of ${subject} is told`, patience, isTold);
      return { ...(toldIn(look, id, subject) as Told), look };
    },
    async ends(id, subject) {
      await fresh(`${id} of ${subject} ends`, patience, look => toldIn(look, id, subject) === undefined);
    },
    async close() {
      child.kill('SIGTERM');
      await exit;
      rmSync(config, { force: true });
    },
  };
  await fresh('the first look', 20_000, () => true).catch(async error => {
    await watch.close();
    throw error;
  });
  return watch;
};
