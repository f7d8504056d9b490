import { EventEmitter } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Writable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it, test } from 'vitest';
import { commands } from '../../src/programs/options.ts';
import type { Surroundings } from '../../src/programs/surroundings.ts';
import { createDemoSource } from '../../src/source/demo.ts';
import type { Source } from '../../src/source/source.ts';
import { hastyClock, run } from './surroundings.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kvmtop-main-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** The demo on a clock that waits for nobody; `closed` counts the sources that were closed. */
const startDemo = (changes: Partial<Source> = {}) => {
  const clock = hastyClock();
  const seen = { closed: 0 };
  const open = async (): Promise<Source> => {
    const source = createDemoSource({ seed: 7, clock: clock.now });
    return {
      ...source,
      look: wanted => source.look(wanted),
      async close() {
        seen.closed += 1;
        await source.close();
      },
      ...changes,
    };
  };
  return { clock, openSource: open, seen };
};

const kvmtop = (words: string, changes: Partial<Surroundings> = {}) => {
  const { clock, openSource } = startDemo();
  return run(words.split(' '), { env: { HOME: folder }, clock, openSource, ...changes });
};

describe('every command', () => {
  it.each(commands)('%s has help, and needs nothing for it', async command => {
    const { status, stdout, stderr } = await kvmtop(command === 'live' ? '-h' : `${command} -h`);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toMatch(/Usage: kvmtop|top for the memory/);
  });

  it.each([
    ['snapshot --demo', /^kvmtop .*\n/],
    ['snapshot --demo --json', /^\{\n {2}"version": 1,/],
    ['stream --demo -n 2', /^kvmtop .*\n/],
    ['doctor --demo', /could be better\n$/],
    ['do balloon web-1 99% --demo --dry-run', /dry run: nothing was changed\n$/],
    ['--licences', /^MIT\n$/],
    ['config', /\ndelay = 1 # default\n/],
    ['simulate forgotten-balloon --policy none', /Look first at: /],
  ])('%s: status 0, and nothing on stderr', async (words, printed) => {
    const { status, stdout, stderr } = await kvmtop(words);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toMatch(printed);
  });

  it('records, and what was recorded is dumped, and becomes a page', async () => {
    const file = join(folder, 'demo.kvmtop');
    const recorded = await kvmtop(`record ${file} --demo -d 1 --for 5s`);
    expect(recorded).toMatchObject({ status: 0, stdout: '' });
    expect(recorded.stderr).toMatch(/^recording to .* every 1s for 5s\nrecorded \d samples to .*\n$/);
    const dumped = await kvmtop(`dump ${file}`);
    expect(dumped).toMatchObject({ status: 0, stderr: '' });
    expect(dumped.stdout).toMatch(/^time,kind,/);
    const page = join(folder, 'out.html');
    expect(await kvmtop(`report ${file} -o ${page}`)).toEqual({ status: 0, stdout: '', stderr: '' });
    expect(readFileSync(page, 'utf8')).toMatch(/^<!doctype html>/i);
    expect(await kvmtop(`replay ${file}`)).toMatchObject({
      status: 1,
      stdout: '',
      stderr: `kvmtop: replay needs a terminal: kvmtop dump ${file} prints it, kvmtop report ${file} -o OUT.html makes a page of it\n`,
    });
  });

  it.each([
    ['nonsense', 2, /^kvmtop: unknown command 'nonsense'; /],
    ['snapshot --demo --json --text', 2, /^kvmtop: snapshot takes --json or --text, not both\n$/],
    ['snapshot --demo -p nobody', 1, /^kvmtop: no guest 'nobody' here: there are /],
    ['stream --demo --format xml', 2, /^kvmtop: --format takes /],
    ['record', 2, /^kvmtop: record takes a FILE/],
    ['dump /nowhere/none.kvmtop', 1, /^kvmtop: \/nowhere\/none\.kvmtop/],
    ['report /nowhere/none.kvmtop -o -', 1, /^kvmtop: \/nowhere\/none\.kvmtop/],
    ['simulate nothing', 2, /^kvmtop: unknown scenario, and no such recording, 'nothing'/],
    ['auto --demo --act --shadow', 2, /^kvmtop: auto takes --act or --shadow, not both\n$/],
    ['auto --demo --act --read-only', 3, /^kvmtop: nothing can be changed here/],
    ['-d never', 2, /^kvmtop: -d takes seconds/],
  ])('%s: status %i, and one line that says why', async (words, status, why) => {
    const ran = await kvmtop(words);
    expect({ words, status: ran.status, stdout: ran.stdout }).toEqual({ words, status, stdout: '' });
    expect(ran.stderr).toMatch(/^[^\n\u0000-\u001f]+\n$/);
    expect(ran.stderr).toMatch(why);
  });
});

test('what a script hands on never steers a terminal', async () => {
  const { stderr } = await run(['web\u001b[2J\n1'], {});
  expect(stderr).toMatch(/^kvmtop: unknown command 'web\ufffd\[2J 1'; /);
});

test('a failure is told by its status where nobody takes the words', async () => {
  const stderr = new Writable({ write: (_chunk, _encoding, done) => done(new Error('ENOSPC')) });
  expect(await kvmtop('nonsense', { stderr })).toMatchObject({ status: 2 });
});

test('the source is closed however it ends', async () => {
  for (const [words, status] of [
    ['snapshot --demo', 0],
    ['snapshot --demo -p nobody', 1],
  ] as const) {
    const { seen, ...demo } = startDemo();
    expect(await kvmtop(words, demo)).toMatchObject({ status });
    expect(seen.closed).toBe(1);
  }
});

describe('without a terminal that can be drawn on, the live screen is a stream of text', () => {
  const terminal = () => Object.assign(new PassThrough(), { isTTY: true });

  it.each([
    ['no terminal', {}],
    ['only where it prints', { stdout: terminal() }],
    [
      'a dumb one',
      { stdin: terminal() as unknown as Surroundings['stdin'], stdout: terminal(), env: { TERM: 'dumb' } },
    ],
  ])('%s', async (_what, around: Partial<Surroundings>) => {
    const events = new EventEmitter();
    const stdout = around.stdout ?? new PassThrough();
    let told = '';
    stdout.on('data', chunk => {
      told += String(chunk);
      events.emit('SIGTERM');
    });
    expect(await kvmtop('--demo', { ...around, stdout, events })).toMatchObject({ status: 0, stderr: '' });
    expect(told).toMatch(/^kvmtop .*\n/);
  });
});

describe('signals', () => {
  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'])('%s ends a stream with status 0; a second one is nobody’s', async signal => {
    const events = new EventEmitter();
    const stdout = new PassThrough();
    stdout.on('data', () => events.emit(signal));
    expect(await kvmtop('stream --demo', { stdout, events })).toMatchObject({ status: 0, stderr: '' });
    expect(events.listenerCount(signal)).toBe(0);
  });

  it('SIGHUP has a recorder open its file anew, and ends one at a terminal', async () => {
    const path = join(folder, 'demo.kvmtop');
    for (const isTTY of [false, true]) {
      const events = new EventEmitter();
      let looks = 0;
      const demo = createDemoSource({ seed: 7 });
      const source: Source = {
        ...demo,
        async look(wanted) {
          looks += 1;
          if (looks === 2) events.emit('SIGHUP');
          if (looks === 4) events.emit('SIGTERM');
          return demo.look(wanted);
        },
      };
      const stdin = Object.assign(new PassThrough(), { isTTY }) as unknown as Surroundings['stdin'];
      const ran = await kvmtop(`record ${path} --demo`, { events, stdin, openSource: async () => source });
      expect(ran).toMatchObject({ status: 0 });
      expect(looks).toBe(isTTY ? 2 : 4);
    }
  });
});
