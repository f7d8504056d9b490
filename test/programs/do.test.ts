import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Writable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Control, Refused } from '../../src/actions/gate/control.ts';
import { type JournalEntry, openJournal } from '../../src/actions/gate/journal.ts';
// Before any test: what the first one would load counts as run by it, tables and all, where mutants are tried.
import '../../src/programs/do.ts';
import type { Surroundings } from '../../src/programs/surroundings.ts';
import type { GuestSample } from '../../src/sample.ts';
import type { Source } from '../../src/source/source.ts';
import { GiB, MiB } from '../../src/units.ts';
import { guest, sample } from '../samples.ts';
import { hastyClock, run } from './surroundings.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kvmtop-do-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const journalFile = (): string => join(folder, 'kvmtop/journal.ndjson');
const journal = (): readonly JournalEntry[] => openJournal(journalFile()).read();

const path = '/machine/peripheral/balloon0';

interface Given {
  readonly name?: string;
  /** Seconds between its reports at first; 0: nobody asked for them, and so none has come. */
  readonly interval?: number;
  /** It reports nothing even when it is asked to. */
  readonly mute?: boolean;
  /** Its driver does not do what it is asked. */
  readonly stuck?: boolean;
  /** QEMU's word for what it does. */
  readonly status?: string;
  readonly device?: boolean;
}

/** A host of 16 GiB, and guests of 4 GiB that use 1 GiB of it each; all that is asked of them is in `asked`. */
const startHost = (given: readonly Given[] = [{}], change: Partial<Control> = {}) => {
  const clock = hastyClock();
  const asked: string[] = [];
  const polled = Promise.withResolvers<void>();
  let looks = 0;
  const guests = given.map(
    ({ name = 'web-1', interval = 2, mute = false, stuck = false, device = true, status = 'running' }, index) => ({
      id: `${100 + index}.5000`,
      pid: 100 + index,
      name,
      device,
      mute,
      stuck,
      status,
      actual: 4 * GiB,
      target: 4 * GiB,
      interval,
    }),
  );
  const sampleOf = ({ id, pid, name, device, mute, status, actual, interval }: (typeof guests)[number]): GuestSample =>
    guest({
      id,
      pid,
      name,
      launch: { size: 4 * GiB, backend: 'anon', memLock: false },
      process: { status: { RssAnon: 3 * GiB, RssShmem: 0 } },
      monitor: {
        state: 'ok',
        status,
        time: clock.now(),
        memory: { 'base-memory': 4 * GiB, 'plugged-memory': 0 },
        balloon: device
          ? {
              device,
              actual,
              path,
              pollingInterval: interval,
              ...(interval > 0 && !mute
                ? {
                    stats: {
                      lastUpdate: clock.now() - 1,
                      values: { 'stat-total-memory': actual, 'stat-available-memory': actual - GiB },
                    },
                  }
                : {}),
            }
          : { device },
      },
    });
  const control: Control = {
    async execute(id, command, args) {
      const one = guests.find(other => other.id === id);
      asked.push(`${one?.name} ${command} ${args['value']}`);
      if (command === 'qom-set') polled.resolve();
      if (one && command === 'balloon') one.target = Number(args['value']);
      if (one && command === 'qom-set') one.interval = Number(args['value']);
      return {};
    },
    write: async (file, value) => {
      asked.push(`${file} ${value}`);
      return value;
    },
    virsh: async () => expect.unreachable(),
    call: async () => expect.unreachable(),
    run: async () => expect.unreachable(),
    file: async () => expect.unreachable(),
    noteTarget: () => undefined,
    ...change,
  };
  const source: Source = {
    kind: 'live',
    control,
    async look() {
      // Who has statistics switched on looks again until there are some: that must not be over before they are on.
      if (looks++ > 0 && given.some(({ interval }) => interval === 0)) await polled.promise;
      for (const one of guests) if (!one.stuck) one.actual += Math.sign(one.target - one.actual) * 512 * MiB;
      return sample({
        time: clock.now(),
        monotonic: clock.steady(),
        guests: guests.map(sampleOf),
        host: { meminfo: { MemTotal: 16 * GiB, MemAvailable: 8 * GiB } },
      });
    },
    close: async () => undefined,
  };
  return { source, clock, asked, guests };
};

type Host = ReturnType<typeof startHost>;

const kvmtop = ({ source, clock }: Host, line: string, changes: Partial<Surroundings> = {}) =>
  run(['do', ...line.split(' ').filter(word => word !== '')], {
    env: { XDG_STATE_HOME: folder },
    clock,
    openSource: async () => source,
    ...changes,
  });

/** Nothing was asked of anybody, and there is nothing to remember. */
const nothingWasDone = ({ asked }: Host): void => {
  expect(asked).toEqual([]);
  expect(existsSync(journalFile())).toBe(false);
};

/** Somebody at a terminal who types this. */
const typing = (keys: string): Surroundings['stdin'] => {
  const stdin = Object.assign(new PassThrough(), { isTTY: true, setRawMode: () => undefined });
  stdin.write(keys);
  return stdin as unknown as Surroundings['stdin'];
};

describe('done: status 0', () => {
  it('--dry-run tells the plan and what is foreseen, and does nothing', async () => {
    const host = startHost();
    const { status, stdout, stderr } = await kvmtop(host, 'balloon web-1 2G --dry-run');
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toMatch(/^Shrink web-1 from 4\.00 GiB to 2\.00 GiB\n/);
    expect(stdout).toContain(`balloon {"value":${2 * GiB}}`);
    expect(stdout).toMatch(/^now /m);
    expect(stdout).toMatch(/^then /m);
    expect(stdout).toMatch(/\ndry run: nothing was changed\n$/);
    nothingWasDone(host);
  });

  it('--dry-run says whom it would first ask for a report, and is not refused for lack of that', async () => {
    const host = startHost([{ interval: 0 }, { name: 'db-1' }]);
    const { status, stdout, stderr } = await kvmtop(host, 'balloon web-1 2G --dry-run');
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toMatch(/^Shrink web-1 from 4\.00 GiB to 2\.00 GiB\n/);
    expect(stdout).toMatch(
      /\nwould first ask for a fresh report, and plan on that: .*: web-1\ndry run: nothing was changed\n$/,
    );
    expect(stdout).not.toMatch(/thrashing|Refused/);
    nothingWasDone(host);
    // Where it may ask nobody, it would be refused.
    await fails(startHost([{ interval: 0 }]), 'balloon web-1 2G --dry-run --read-only', 3, /nobody asks for its stat/);
  });

  it('--dry-run needs no control', async () => {
    const host = startHost();
    const { control: _, ...readOnly } = host.source;
    const ran = await kvmtop({ ...host, source: readOnly }, 'balloon web-1 2G --dry-run');
    expect(ran).toMatchObject({ status: 0, stderr: '' });
  });

  it('--yes does it, tells how it goes on, and ends when it has arrived', async () => {
    const host = startHost();
    const { status, stdout, stderr } = await kvmtop(host, 'balloon web-1 2G --yes');
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toMatch(/\nweb-1: balloon arrived at 2\.00 GiB\n$/);
    expect(host.guests[0]?.actual).toBe(2 * GiB);
    expect(host.asked).toEqual([`web-1 balloon ${2 * GiB}`]);
    expect(journal()).toMatchObject([{ by: 'do', outcome: 'done', forced: false, request: { action: 'balloon' } }]);
  });

  it('asks at a terminal, and does it for yes', async () => {
    const host = startHost();
    const { status, stdout } = await kvmtop(host, 'balloon web-1 2G', { stdin: typing('y\n') });
    expect(stdout).toContain('Do it? [y/N] ');
    expect(status).toBe(0);
    expect(host.asked).toEqual([`web-1 balloon ${2 * GiB}`]);
  });

  it.each([
    ['no', 'n\n'],
    ['nothing', '\n'],
    ['what merely begins like yes', 'yesterday\n'],
  ])('%s is no: nothing is done', async (_what, keys) => {
    const host = startHost();
    const { status, stdout, stderr } = await kvmtop(host, 'balloon web-1 2G', { stdin: typing(keys) });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toMatch(/nothing was changed\n$/);
    nothingWasDone(host);
  });

  it('does it for a reader that goes, too: what was asked for is not left half done', async () => {
    const host = startHost([{ interval: 0 }]);
    const stdout = new PassThrough();
    stdout.destroy();
    expect(await kvmtop(host, 'balloon web-1 2G --yes', { stdout })).toMatchObject({ status: 0, stderr: '' });
    expect(host.guests[0]).toMatchObject({ actual: 2 * GiB, interval: 0 });
  });

  it('has a guest report that nobody asked, and puts that back', async () => {
    const host = startHost([{ interval: 0 }]);
    expect(await kvmtop(host, 'balloon web-1 2G --yes')).toMatchObject({ status: 0, stderr: '' });
    expect(host.asked).toEqual(['web-1 qom-set 2', `web-1 balloon ${2 * GiB}`, 'web-1 qom-set 0']);
    expect(journal().map(({ by, request }) => `${by} ${request.action}`)).toEqual([
      'itself polling',
      'do balloon',
      'itself polling',
    ]);
  });

  it('of many, too: those whom nobody asks are not left out', async () => {
    const host = startHost([{ interval: 0 }, { name: 'db-1' }, { name: 'mute', interval: 0, mute: true }]);
    const { status, stdout } = await kvmtop(host, 'balloon-all 3G --yes');
    expect(stdout).toMatch(/^Set all balloons to 3G: 2 of 3 guests, 1 left out\n/);
    expect(stdout).toMatch(/left out: mute: its balloon driver has never reported/);
    expect(status).toBe(0);
    expect(host.guests.map(({ actual, interval }) => [actual / GiB, interval])).toEqual([
      [3, 0],
      [3, 2],
      [4, 0],
    ]);
  });

  it('foresees what comes of the moment that it planned on', async () => {
    const host = startHost([{ interval: 0 }]);
    const { stdout } = await kvmtop(host, 'balloon web-1 2G --yes');
    // What it uses is known only once it was asked.
    expect(stdout).toMatch(/^guest: uses 1\.00 GiB; available falls from 3\.00 GiB to about 1\.00 GiB$/m);
    expect(stdout.match(/^now .*$/gm)).toHaveLength(1);
  });
});

/** One line says why on stderr; nothing of it is on stdout. */
const fails = async (
  host: Host,
  line: string,
  status: number,
  why: RegExp,
  changes: Partial<Surroundings> = {},
): Promise<void> => {
  const ran = await kvmtop(host, line, changes);
  expect({ line, status: ran.status }).toEqual({ line, status });
  expect(ran.stderr).toMatch(/^kvmtop: [^\n\u0000-\u001f]+\n$/);
  expect(ran.stderr).toMatch(why);
};

describe('failed: status 1', () => {
  it('a guest that is not there, with those that are', async () => {
    const host = startHost([{}, { name: 'db-1' }]);
    await fails(host, 'balloon web-9 2G --yes', 1, /no guest 'web-9' here: there are web-1, db-1/);
    nothingWasDone(host);
  });

  it.each([
    ['Ctrl-D', '\u0004'],
    ['Ctrl-C', '\u0003'],
    ['an input that ends', undefined],
  ])('%s at the question, and nothing is done', async (_what, keys) => {
    const host = startHost();
    const stdin = typing(keys ?? '');
    if (keys === undefined) (stdin as unknown as PassThrough).end();
    // A terminal at both ends, so that the keys are keys.
    const stdout = Object.assign(new PassThrough(), { isTTY: true });
    await fails(host, 'balloon web-1 2G', 1, /not answered: nothing was changed; --yes /, { stdin, stdout });
    nothingWasDone(host);
  });

  it('a balloon that does not arrive', async () => {
    const host = startHost([{ stuck: true }]);
    await fails(host, 'balloon web-1 2G --yes', 1, /web-1: balloon stalled at 4\.00 GiB/);
    expect(journal()).toMatchObject([{ outcome: 'done' }]);
  });

  it('a balloon that another kvmtop moves elsewhere meanwhile, with who and where to', async () => {
    const host = startHost();
    const { source } = host;
    let looks = 0;
    const look = async (...wanted: Parameters<Source['look']>) => {
      // Once it was asked for, and not before.
      if (host.asked.length > 0 && looks++ === 0) {
        const [step] = journal()[0]?.steps ?? [];
        const purpose = { kind: 'balloon', target: 3 * GiB } as const;
        const other = { ...journal()[0]!, id: 'other', user: 'ann', outcome: 'done', steps: [{ ...step, purpose }] };
        await openJournal(journalFile()).append(other as JournalEntry);
        for (const one of host.guests) one.target = 3 * GiB;
      }
      return source.look(...wanted);
    };
    await fails(
      { ...host, source: { ...source, look } },
      'balloon web-1 2G --yes',
      1,
      /^kvmtop: web-1: balloon at 3\.00 GiB of 2\.00 GiB: ann \(by kvmtop do\) asked for 3\.00 GiB meanwhile$/m,
    );
  });

  it('a balloon of a paused guest, at once: it waits, and is not called stuck', async () => {
    const host = startHost([{ stuck: true, status: 'paused' }]);
    const before = host.clock.steady();
    await fails(
      host,
      'balloon web-1 2G --yes',
      1,
      /web-1: balloon waits at 4\.00 GiB of 2\.00 GiB: the guest is paused/,
    );
    expect(host.clock.steady() - before).toBeLessThan(3);
    expect(host.guests[0]?.target).toBe(2 * GiB);
  });

  it('what the monitor refuses, in one line, whatever it says', async () => {
    const host = startHost([{}], {
      execute: async () => {
        throw new Error('balloon on web-1: QEMU refused:\u001b[2J\nno');
      },
    });
    await fails(host, 'balloon web-1 2G --yes', 1, /QEMU refused:\ufffd\[2J no/);
    expect(journal()).toMatchObject([{ outcome: 'failed' }]);
  });

  it('a plan that nobody can be shown, before anything is done', async () => {
    const host = startHost();
    const stdout = new Writable({ write: (_chunk, _encoding, done) => done(new Error('ENOSPC: no space left')) });
    await fails(host, 'balloon web-1 2G --yes', 1, /the output can't be written: ENOSPC/, { stdout });
    nothingWasDone(host);
  });
});

describe('wrong usage: status 2, and nothing is done', () => {
  it.each([
    ['', /do takes one of: balloon GUEST SIZE, /],
    ['baloon web-1 2G', /do takes one of: balloon GUEST SIZE, /],
    ['balloon', /balloon takes GUEST SIZE/],
    ['balloon web-1 much --yes', /Not a size: 'much'/],
    ['balloon web-1 2G now --yes', /balloon takes GUEST SIZE/],
    ['balloon web-1 2G --act', /--act does not go with do/],
    ['balloon web-1 2G --yess', /Unknown option '--yess'/],
    ['balloon web-1 2G', /no terminal to ask on: add --yes, or --dry-run to see the plan/],
  ])('do %s', async (line, why) => {
    const host = startHost();
    await fails(host, line, 2, why);
    nothingWasDone(host);
  });

  it('a name that several have', async () => {
    const host = startHost([{}, {}]);
    await fails(host, 'balloon web-1 2G --yes', 2, /2 guests are named 'web-1': use a PID \(100, 101\)/);
    nothingWasDone(host);
  });
});

describe('refused: status 3, and the guest is as it was', () => {
  it('by a guard rail, whatever --yes says; --force overrules it', async () => {
    const host = startHost();
    for (const how of ['--yes', '--dry-run'])
      await fails(host, `balloon web-1 512M ${how}`, 3, /unsafe: .*; --force overrules this; nothing was changed$/m);
    // It is not even asked about, whatever is typed.
    await fails(host, 'balloon web-1 512M', 3, /unsafe: /, { stdin: typing('y\n') });
    nothingWasDone(host);
    const { status, stderr } = await kvmtop(host, 'balloon web-1 512M --yes --force');
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(journal()).toMatchObject([{ forced: true, outcome: 'done' }]);
  });

  it('at once where a report would change nothing', async () => {
    const host = startHost([{ interval: 0 }]);
    const before = host.clock.steady();
    await fails(host, 'balloon web-1 1M --yes', 3, /kills a guest/);
    expect(host.clock.steady()).toBe(before);
    nothingWasDone(host);
  });

  it('as soon as the guest has reported, where what it says is no', async () => {
    const host = startHost([{ interval: 0 }]);
    const before = host.clock.steady();
    await fails(host, 'balloon web-1 512M --yes', 3, /unsafe: it uses 1\.00 GiB/);
    expect(host.clock.steady() - before).toBeLessThan(3);
    expect(host.asked).toEqual(['web-1 qom-set 2', 'web-1 qom-set 0']);
  });

  it('a guest that never tells what it uses: its statistics are switched on, and off again', async () => {
    const host = startHost([{ interval: 0, mute: true }]);
    await fails(host, 'balloon web-1 2G --yes', 3, /its balloon driver has never reported/);
    expect(host.asked).toEqual(['web-1 qom-set 2', 'web-1 qom-set 0']);
    expect(host.guests[0]?.actual).toBe(4 * GiB);
  });

  it('what can’t be forced', async () => {
    const host = startHost([{ device: false }]);
    await fails(
      host,
      'balloon web-1 2G --yes --force',
      3,
      /no balloon device: start it with .*; nothing was changed$/m,
    );
    nothingWasDone(host);
  });

  it('with --read-only, and where the source has no control', async () => {
    const host = startHost();
    await fails(host, 'balloon web-1 2G --yes --force --read-only', 3, /^kvmtop: read-only: nothing is changed here/);
    const { control: _, ...readOnly } = host.source;
    await fails({ ...host, source: readOnly }, 'balloon web-1 2G --yes', 3, /^kvmtop: read-only: /);
    nothingWasDone(host);
  });

  it('for lack of privilege, as the gate says it', async () => {
    const host = startHost([{}], {
      execute: async () => {
        throw new Refused('its monitor may not be opened: run kvmtop as root');
      },
    });
    await fails(host, 'balloon web-1 2G --yes', 3, /run kvmtop as root/);
    expect(host.guests[0]?.target).toBe(4 * GiB);
  });

  it('where the journal can’t be written', async () => {
    const host = startHost();
    const env = { XDG_STATE_HOME: '/dev/null' };
    await fails(host, 'balloon web-1 2G --yes', 3, /journal .* can't be written .*nothing was changed: /, { env });
    expect(host.asked).toEqual([]);
  });
});
