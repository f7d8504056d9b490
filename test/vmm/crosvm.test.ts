import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, test } from 'vitest';
import { LiveProcess } from '../../src/collect/guests/process/view.ts';
import { Root } from '../../src/root.ts';
import type { GuestSample } from '../../src/sample.ts';
import { GiB, MiB } from '../../src/units.ts';
import { parseBalloonStats } from '../../src/vmm/crosvm/dialect.ts';
import { parseMem, parseRun, readLaunch } from '../../src/vmm/crosvm/launch.ts';
import { kindOf } from '../../src/vmm/kinds.ts';
import type { Started } from '../../src/vmm/launch.ts';
import { MonitorError } from '../../src/vmm/trouble.ts';
import { startedOf } from '../collect/guests/started.ts';
import { makeTree, type Tree } from '../collect/guests/tree.ts';
import { guest } from '../samples.ts';

describe('the options of a run', () => {
  const optionsOf = (...words: string[]): Readonly<Record<string, string>> => Object.fromEntries(parseRun(words));

  it.each<[string[], Readonly<Record<string, string>>]>([
    [['run', '--mem', '512', '/k'], { mem: '512' }],
    [['run', '-m', 'size=512', '-s', '/run/x', '/k'], { mem: 'size=512', socket: '/run/x' }],
    [['run', '--socket=/run/a=b', '--no-balloon', '--mem=1'], { socket: '/run/a=b', 'no-balloon': '', mem: '1' }],
    [['--log-level', 'debug', '--extended-status', 'run', '--cfg', 'a.json'], { cfg: 'a.json' }],
    // The last one holds.
    [['run', '--mem', '1', '-m', '2'], { mem: '2' }],
    // What is the kernel's is not crosvm's.
    [['run', '-p', '--mem', '/k'], { params: '--mem' }],
    [['run', '--', '--mem', '3'], {}],
    [['run', '--mem'], { mem: '' }],
    [['run', '--mem', '--no-balloon'], { mem: '', 'no-balloon': '' }],
  ])('%j', (words, options) => expect(optionsOf(...words)).toEqual(options));

  it('are read of any words', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'binary' })), words => {
        for (const [name, value] of parseRun(words)) {
          expect(name).toMatch(/^[a-z][\w-]*$/i);
          expect(words.some(word => word.includes(value))).toBe(true);
        }
      }),
    );
  });

  it('are found wherever they stand', () => {
    const noise = fc.array(fc.constantFrom('--disable-sandbox', '--cpus=4', '--rwdisk=/d', '/boot/bzImage'));
    fc.assert(
      fc.property(noise, noise, fc.integer({ min: 1, max: 1 << 20 }), (before, after, mib) => {
        const options = parseRun(['run', ...before, '--mem', String(mib), ...after]);
        expect(parseMem(options.get('mem'))).toBe(mib * MiB);
      }),
    );
  });
});

describe('an amount of memory', () => {
  it.each<[unknown, number | undefined]>([
    ['512', 512 * MiB],
    ['size=512', 512 * MiB],
    ['0x200', 512 * MiB],
    ['512,x=y', 512 * MiB],
    ['x=y,size=512', 512 * MiB],
    [512, 512 * MiB],
    [{ size: 512 }, 512 * MiB],
    ['', undefined],
    ['0', undefined],
    ['-1', undefined],
    ['much', undefined],
    ['x=512', undefined],
    [{ size: null }, undefined],
    [null, undefined],
    [undefined, undefined],
    [['512', '1'], undefined],
    ['9'.repeat(30), undefined],
  ])('%j', (given, bytes) => expect(parseMem(given)).toBe(bytes));

  it('is whole MiB, or unknown', () => {
    fc.assert(
      fc.property(fc.anything(), given => {
        const bytes = parseMem(given);
        if (bytes === undefined) return;
        expect(bytes % MiB).toBe(0);
        expect(bytes).toBeGreaterThan(0);
      }),
    );
  });
});

describe('what crosvm prints of a balloon', () => {
  it('is under QEMU’s names, and what is null is absent', () => {
    const stats = { swap_in: 1, total_memory: 2, hugetlb_allocations: 3, hugetlb_failures: null, shared_memory: 4 };
    expect(parseBalloonStats(JSON.stringify({ BalloonStats: { stats, balloon_actual: 5 } }))).toEqual({
      held: 5,
      values: { 'stat-swap-in': 1, 'stat-total-memory': 2, 'stat-htlb-pgalloc': 3, 'stat-shared-memory': 4 },
    });
    const none = { BalloonStats: { stats: { swap_in: null }, balloon_actual: -1 } };
    expect(parseBalloonStats(JSON.stringify(none))).toEqual({ held: undefined, values: undefined });
  });

  it('is read of any text, or refused', () => {
    const numbers = fc.dictionary(fc.string(), fc.oneof(fc.double(), fc.maxSafeInteger(), fc.jsonValue()));
    const told = fc.record({ BalloonStats: fc.record({ stats: numbers, balloon_actual: fc.jsonValue() }) });
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.json(),
          told.map(answer => JSON.stringify(answer)),
        ),
        text => {
          try {
            const { held = 0, values = {} } = parseBalloonStats(text);
            for (const [name, value] of [['held', held] as const, ...Object.entries(values)]) {
              expect(name).toMatch(/^(held|stat-[a-z-]+)$/);
              expect(value >= 0 && value < 2 ** 63).toBe(true);
            }
          } catch (error) {
            if (!(error instanceof MonitorError)) throw error;
            expect(error.trouble).toBe('garbage');
          }
        },
      ),
    );
  });
});

describe('how a crosvm was started', () => {
  let tree: Tree;
  beforeEach(() => {
    tree = makeTree();
  });
  afterEach(() => tree.remove());

  const started = async (...words: string[]): Promise<Started> => {
    const row = '0: 00000002 00000000 00010000 0005 01 7 /run/vm.sock\n';
    tree.process(7, {
      exe: '/usr/bin/crosvm',
      args: ['crosvm', 'run', ...words],
      cwd: tree.dir,
      links: { 'fd/3': 'socket:[7]' },
      files: { 'net/unix': row },
    });
    return startedOf(readLaunch, new LiveProcess(new Root(tree.dir), 7));
  };

  it('is told by its options', async () => {
    expect(await started('-m', '1024', '-s', '/run/vm.sock', '--lock-guest-memory', '--strict-balloon', '/k')).toEqual({
      name: 'crosvm-7',
      expected: {},
      launch: { size: GiB, backend: 'shared', memLock: true, prealloc: false },
      balloon: { device: true, deflateOnOom: false },
      places: [
        {
          address: { kind: 'unix', file: { root: '/', path: '/run/vm.sock', relative: false } },
          label: '/run/vm.sock',
        },
      ],
    });
  });

  it('tells what pins its memory, and what keeps it from the host', async () => {
    expect((await started('--vfio', '/sys/bus/pci/devices/0000:01:00.0', '/k')).launch).toMatchObject({
      pinnedBy: 'vfio',
    });
    expect((await started('--protected-vm', '/k')).launch).toMatchObject({ confidential: 'protected VM' });
  });

  it('has 256 MiB, and no control socket, unless it says otherwise', async () => {
    expect(await started('--name', 'vm', '/k')).toMatchObject({
      name: 'vm',
      launch: { size: 256 * MiB },
      balloon: { device: true, deflateOnOom: true },
      places: [],
      why: 'it was started without a control socket',
    });
  });

  it('is told by its configuration file, over which its options hold', async () => {
    const config = { mem: { size: 1024 }, socket: '/run/vm.sock', name: 'filed', 'no-balloon': true };
    tree.write('vm.json', JSON.stringify(config));
    expect(await started('--cfg', '/vm.json')).toMatchObject({
      name: 'filed',
      launch: { size: GiB },
      balloon: { device: false },
      places: [{ label: '/run/vm.sock' }],
    });
    expect(await started('--cfg', '/vm.json', '--mem', '2048', '--name', 'said')).toMatchObject({
      name: 'said',
      launch: { size: 2 * GiB },
    });
  });

  it.each(['[', '', '7'])('knows nothing of a file that holds %j, and claims nothing', async text => {
    tree.write('vm.json', text);
    const { launch, balloon, places } = await started('--cfg', '/vm.json');
    expect(places).toEqual([]);
    if (text !== '7') expect([launch?.size, balloon?.deflateOnOom]).toEqual([undefined, undefined]);
  });

  it('may be about to listen at its socket', async () => {
    expect(await started('-s', '/run/late.sock')).toMatchObject({ places: [], mayOpen: true });
  });
});

test('its balloon is told the rest of the guest', () => {
  const one: GuestSample = guest({
    vmm: 'crosvm',
    launch: { size: 4 * GiB },
    monitor: { state: 'ok', path: '/run/vm.sock' },
  });
  const { balloon } = kindOf(one);
  if ('unable' in balloon) throw new Error(balloon.unable);
  fc.assert(
    fc.property(fc.integer({ min: 0, max: GiB }), pages => {
      const bytes = 4096 * (pages % (GiB / 1024));
      const step = balloon.step(one, bytes);
      expect(step).toMatchObject({ kind: 'client', purpose: { kind: 'balloon', target: bytes } });
      expect(step.kind === 'client' && step.words).toEqual([
        'crosvm',
        'balloon',
        String(4 * GiB - bytes),
        '/run/vm.sock',
      ]);
    }),
  );
});
