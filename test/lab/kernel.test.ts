import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { Plan } from '../../src/actions/action.ts';
import { planStrictly } from '../../src/actions/actions.ts';
import { type JournalEntry, openJournal } from '../../src/actions/gate/journal.ts';
import { perform } from '../../src/actions/gate/perform.ts';
import { commitLimit } from '../../src/actions/sysctl/commit-limit.ts';
import { planNeeds } from '../../src/fields/needs.ts';
import { derive, type Model } from '../../src/model.ts';
import { Root } from '../../src/root.ts';
import { createLiveSource } from '../../src/source/live.ts';
import { requestOf } from '../actions/hosts.ts';
import { testUnless } from '../lacks.ts';
import { openDesk } from '../pty/kvmtop.ts';
import { until } from '../until.ts';
import { describeLab } from './describe.ts';
import { aloneWithHost, borrowHost, type Guest, startGuest } from './lab.ts';
import { prefix } from './oracle.ts';

const ksmFolder = '/sys/kernel/mm/ksm';
const pool2M = '/sys/kernel/mm/hugepages/hugepages-2048kB';
const pool1G = '/sys/kernel/mm/hugepages/hugepages-1048576kB';
const sysctlFile = '/etc/sysctl.d/90-kvmtop.conf';
const tmpfile = '/etc/tmpfiles.d/kvmtop.conf';

const read = (path: string): string => {
  const text = readFileSync(path, 'utf8').trim();
  return /\[([^\]]+)\]/.exec(text)?.[1] ?? text;
};
const ksm = (name: string): number => Number(read(`${ksmFolder}/${name}`));
const lineOf = (path: string, name: string): number =>
  Number(new RegExp(`^${name}:?\\s+(\\d+)`, 'm').exec(read(path))?.[1]);

const settings = [
  ...['advisor_mode', 'pages_to_scan', 'sleep_millisecs', 'smart_scan', 'use_zero_pages', 'advisor_max_cpu'].map(
    name => `${ksmFolder}/${name}`,
  ),
  ...['overcommit_memory', 'overcommit_ratio', 'overcommit_kbytes', 'swappiness', 'page-cluster', 'vfs_cache_pressure'],
  ...['dirty_ratio', 'dirty_bytes', 'dirty_background_ratio', 'dirty_background_bytes', 'dirty_expire_centisecs'],
  ...['dirty_writeback_centisecs', 'min_free_kbytes', 'watermark_scale_factor', 'watermark_boost_factor'],
  'compaction_proactiveness',
]
  .map(name => (name.startsWith('/') ? name : `/proc/sys/vm/${name}`))
  .filter(existsSync);
const lackOf = (path: string): string | undefined => (existsSync(path) ? undefined : `this kernel has no ${path}`);
/** Only where the processor has them (pdpe1gb), and the hypervisor shows them. */
const noGigabytePages = existsSync(pool1G) ? undefined : 'there are no pages of 1 GiB';

const valuesNow = (): string[] => settings.map(path => `${path} ${read(path)}`);

/** Puts settings back by hand, however a test ended. Of two that zero each other the one that was 0 needs nothing. */
const putBack = (values: readonly string[]): void => {
  for (const value of values) {
    const [path = '', text = ''] = value.split(' ');
    if (read(path) !== text && !(text === '0' && /bytes$|_ratio$/.test(path))) writeFileSync(path, text);
  }
};

describeLab('the kernel’s levers on this kernel', () => {
  const state = mkdtempSync(join(tmpdir(), 'kvmtop-lab-'));
  const source = createLiveSource(new Root('/'));
  const gate = { control: source.control, journal: openJournal(join(state, 'journal.ndjson')) };
  const desk = openDesk();
  let values: readonly string[] = [];
  let giveBack: (() => Promise<void>) | undefined;
  let guests: readonly Guest[] = [];

  beforeAll(async () => {
    giveBack = await borrowHost({ ksm: true });
    values = valuesNow();
  });
  afterEach(() => putBack(values));
  afterAll(async () => {
    await Promise.all(guests.map(guest => guest.stop()));
    await desk.close();
    await source.close();
    await giveBack?.();
    rmSync(state, { recursive: true, force: true });
  });

  const model = async (): Promise<Model> => derive(undefined, await source.look(planNeeds));
  const planned = async (line: string): Promise<Plan> => planStrictly(await model(), requestOf(line));
  const act = async (line: string): Promise<JournalEntry> => perform(gate, await planned(line), { by: 'do' });
  const undo = async ({ undo: request }: JournalEntry): Promise<JournalEntry> => {
    if (!request) throw new Error('there is no way back');
    return perform(gate, planStrictly(await model(), request), { by: 'do' });
  };
  const raw = async (path: string, value: string): Promise<string> => {
    if (!source.control) throw new Error('a live source has hands');
    return source.control.write(path, value);
  };

  const levers = [
    ['sysctl vm.swappiness 61', '/proc/sys/vm/swappiness', '61'],
    ['sysctl vm.page-cluster 2', '/proc/sys/vm/page-cluster', '2'],
    ['sysctl vm.overcommit_memory 1', '/proc/sys/vm/overcommit_memory', '1'],
    ['sysctl vm.overcommit_ratio 51', '/proc/sys/vm/overcommit_ratio', '51'],
    ['sysctl vm.overcommit_kbytes 40G', '/proc/sys/vm/overcommit_kbytes', '41943040'],
    ['sysctl vm.dirty_ratio 21', '/proc/sys/vm/dirty_ratio', '21'],
    ['sysctl vm.dirty_bytes 2G', '/proc/sys/vm/dirty_bytes', '2147483648'],
    ['sysctl vm.dirty_background_ratio 9', '/proc/sys/vm/dirty_background_ratio', '9'],
    ['sysctl vm.dirty_background_bytes 1G', '/proc/sys/vm/dirty_background_bytes', '1073741824'],
    ['sysctl vm.dirty_expire_centisecs 31s', '/proc/sys/vm/dirty_expire_centisecs', '3100'],
    ['sysctl vm.dirty_writeback_centisecs 400', '/proc/sys/vm/dirty_writeback_centisecs', '400'],
    ['sysctl vm.vfs_cache_pressure 101', '/proc/sys/vm/vfs_cache_pressure', '101'],
    ['sysctl vm.min_free_kbytes 80M', '/proc/sys/vm/min_free_kbytes', '81920'],
    ['sysctl vm.watermark_scale_factor 12', '/proc/sys/vm/watermark_scale_factor', '12'],
    ['sysctl vm.watermark_boost_factor 14000', '/proc/sys/vm/watermark_boost_factor', '14000'],
    ['sysctl vm.compaction_proactiveness 21', '/proc/sys/vm/compaction_proactiveness', '21'],
    ['ksm-set sleep_millisecs 33', `${ksmFolder}/sleep_millisecs`, '33'],
    ['ksm-set pages_to_scan 1999', `${ksmFolder}/pages_to_scan`, '1999'],
    ['ksm-set smart_scan 0', `${ksmFolder}/smart_scan`, '0'],
    ['ksm-set use_zero_pages 1', `${ksmFolder}/use_zero_pages`, '1'],
    // The kernel does not give pages_to_scan back by itself.
    ['ksm-set advisor_mode scan-time', `${ksmFolder}/advisor_mode`, 'scan-time'],
    ['ksm-set advisor_max_cpu 60', `${ksmFolder}/advisor_max_cpu`, '60'],
  ] as const;
  for (const [line, path, value] of levers)
    testUnless(lackOf(path), `${line} is done, seen, and undone`, async () => {
      const entry = await act(line);
      expect(entry.notes).toBeUndefined();
      expect(read(path)).toBe(value);
      await undo(entry);
      expect(valuesNow()).toEqual(values);
    });

  test('the kernel refuses what kvmtop refuses to ask', async () => {
    for (const [path, value] of [
      ['/proc/sys/vm/overcommit_memory', '3'],
      ['/proc/sys/vm/swappiness', '201'],
      ['/proc/sys/vm/dirty_ratio', '101'],
      ['/proc/sys/vm/dirty_bytes', '4096'],
      ['/proc/sys/vm/dirty_background_bytes', '0'],
      ['/proc/sys/vm/watermark_scale_factor', '3001'],
      ['/proc/sys/vm/page-cluster', '32'],
      ['/proc/sys/vm/compaction_proactiveness', '101'],
      [`${ksmFolder}/max_page_sharing`, '1'],
      [`${ksmFolder}/advisor_mode`, 'maybe'],
    ] as const)
      if (existsSync(path))
        await expect(raw(path, value), `${path} = ${value}`).rejects.toThrow(/\(EINVAL\); nothing was changed/);
    expect(valuesNow()).toEqual(values);
  });

  testUnless(noGigabytePages, 'the kernel overcommits no pages of 1 GiB', async () => {
    await expect(raw(`${pool1G}/nr_overcommit_hugepages`, '1')).rejects.toThrow(/\(EINVAL\); nothing was changed/);
  });

  test('CommitLimit is what the formula says, for a ratio and for a size', async () => {
    const kib = (name: string): number => lineOf('/proc/meminfo', name) * 1024;
    const predicted = (ratio: number, kbytes: number): number =>
      commitLimit({
        memTotal: kib('MemTotal'),
        hugetlb: kib('Hugetlb'),
        swapTotal: kib('SwapTotal'),
        ratio,
        kbytes,
      });
    await act('sysctl vm.overcommit_ratio 83');
    expect(Math.abs(kib('CommitLimit') - predicted(83, 0))).toBeLessThanOrEqual(4096);
    await act('sysctl vm.overcommit_kbytes 30G');
    expect(kib('CommitLimit')).toBe(predicted(0, 30 * 1024 ** 2));
  });

  test('the threshold of dirty page cache is about what was told', async () => {
    const plan = await planned('sysctl vm.dirty_ratio 40');
    const [, gib] = /writers wait at ([\d.]+) GiB/.exec(plan.effect[0] ?? '') ?? [];
    await act('sysctl vm.dirty_ratio 40');
    const seen = (lineOf('/proc/vmstat', 'nr_dirty_threshold') * 4096) / 1024 ** 3;
    expect(Math.abs(Number(gib) - seen) / seen).toBeLessThan(0.1);
  });

  test('caches are dropped and memory is compacted: files that even root may only write', async () => {
    const dropped = lineOf('/proc/vmstat', 'drop_slab');
    expect((await act('drop-caches 2')).undo).toBeUndefined();
    expect(lineOf('/proc/vmstat', 'drop_slab')).toBeGreaterThan(dropped);
    const scanned = lineOf('/proc/vmstat', 'compact_migrate_scanned');
    await act('compact');
    expect(lineOf('/proc/vmstat', 'compact_migrate_scanned')).toBeGreaterThan(scanned);
  });

  test('KSM with merged twins: locked, stopped, unmerged, changed, and merged again', async () => {
    const options = { memory: 128, fill: 32, merge: true, balloon: 'none' } as const;
    guests = await Promise.all(['ksm-a', 'ksm-b'].map(name => startGuest({ ...options, name: `${prefix}${name}` })));
    await Promise.all(guests.map(guest => guest.ready()));
    const merging = (guest: Guest): number => lineOf(`/proc/${guest.pid}/ksm_stat`, 'ksm_merging_pages');
    await until('the twins are merged', 60_000, () => guests.every(guest => merging(guest) > 4000));

    for (const [name, value] of [
      ['max_page_sharing', '300'],
      ['merge_across_nodes', '0'],
    ] as const) {
      expect((await planned(`ksm-set ${name} ${value}`)).refusal?.reason).toMatch(/pages are merged/);
      await expect(raw(`${ksmFolder}/${name}`, value)).rejects.toThrow(/\(EBUSY\)/);
    }

    const stopped = await act('ksm stop');
    expect(ksm('run')).toBe(0);
    expect(guests.every(guest => merging(guest) > 4000)).toBe(true);
    await undo(stopped);
    expect(ksm('run')).toBe(1);

    const unmerged = await act('ksm unmerge');
    expect([ksm('run'), ksm('pages_shared'), ksm('pages_sharing')]).toEqual([2, 0, 0]);
    expect(guests.map(merging)).toEqual([0, 0]);
    const before = read(`${ksmFolder}/max_page_sharing`);
    const changed = await act('ksm-set max_page_sharing 300');
    expect(ksm('max_page_sharing')).toBe(300);
    await undo(changed);
    expect(read(`${ksmFolder}/max_page_sharing`)).toBe(before);

    await undo(unmerged);
    expect(ksm('run')).toBe(1);
    await until('the twins are merged again', 60_000, () => guests.every(guest => merging(guest) > 4000));
  });

  testUnless(lackOf(`${ksmFolder}/advisor_mode`), 'under the advisor pages_to_scan is its own', async () => {
    const advised = await act('ksm-set advisor_mode scan-time');
    expect((await planned('ksm-set pages_to_scan 100')).refusal?.reason).toMatch(/the advisor sets it/);
    await expect(raw(`${ksmFolder}/pages_to_scan`, '100')).rejects.toThrow(/\(EINVAL\)/);
    await undo(advised);
    expect(valuesNow()).toEqual(values);
  });

  test('a pool grows and goes back, of the host and of a node', () =>
    aloneWithHost(async () => {
      for (const line of ['hugepages 2M +6', 'hugepages 2M node0 +6']) {
        const before = Number(read(`${pool2M}/nr_hugepages`));
        const entry = await act(line);
        expect(entry.notes).toBeUndefined();
        expect(Number(read(`${pool2M}/nr_hugepages`))).toBe(before + 6);
        await undo(entry);
        expect(Number(read(`${pool2M}/nr_hugepages`))).toBe(before);
      }
      const before = read(`${pool2M}/nr_overcommit_hugepages`);
      const entry = await act(`hugepages-overcommit 2M ${Number(before) + 3}`);
      expect(Number(read(`${pool2M}/nr_overcommit_hugepages`))).toBe(Number(before) + 3);
      await undo(entry);
      expect(read(`${pool2M}/nr_overcommit_hugepages`)).toBe(before);
    }));

  testUnless(noGigabytePages, 'what the kernel really gives of pages of 1 GiB is told', () =>
    aloneWithHost(async () => {
      const before = Number(read(`${pool1G}/nr_hugepages`));
      const entry = await act('hugepages 1G +1');
      const given = Number(read(`${pool1G}/nr_hugepages`));
      const fewer = [`${pool1G}/nr_hugepages: asked for ${before + 1}, the kernel gave ${given}`];
      expect(entry.notes).toEqual(given === before + 1 ? undefined : fewer);
      if (given !== before) await undo(entry);
      expect(Number(read(`${pool1G}/nr_hugepages`))).toBe(before);
    }),
  );

  test('a pool in use keeps its pages as surplus, as was told, and the difference is said', async () => {
    const returnPages = await borrowHost({ hugepages: 32 });
    const user = await startGuest({ name: `${prefix}user`, memory: 64, backend: 'hugetlb', balloon: 'none' });
    try {
      await aloneWithHost(async () => {
        const counts = (): number[] =>
          ['nr_hugepages', 'surplus_hugepages', 'free_hugepages'].map(name => Number(read(`${pool2M}/${name}`)));
        // Pages that another lab has borrowed and not used yet would go.
        await until('all of the pool is in use', 60_000, () => counts()[2] === 0);
        const [total = 0, surplus = 0] = counts();
        const wanted = total - surplus - 10;
        const plan = await planned(`hugepages 2M ${wanted}`);
        expect(plan.warnings.join()).toContain(`${surplus + 10} pages are in use or reserved`);
        expect(plan.effect.join()).toMatch(/^held by guests: /);
        const entry = await perform(gate, plan, { by: 'do' });
        expect(counts()).toEqual([total, surplus + 10, 0]);
        expect(entry.notes).toEqual([`${pool2M}/nr_hugepages: asked for ${wanted}, the kernel gave ${total}`]);
        await undo(entry);
        expect(counts()).toEqual([total, surplus, 0]);
      });
    } finally {
      await user.stop();
      await returnPages();
    }
  });

  test('a line for sysctl.d is one that sysctl takes', async () => {
    expect(existsSync(sysctlFile), `${sysctlFile} is somebody's`).toBe(false);
    try {
      const entry = await act(`keep vm.swappiness ${read('/proc/sys/vm/swappiness')}`);
      const taken = execFileSync('sysctl', ['-p', sysctlFile], { encoding: 'utf8' });
      expect(taken.trim()).toBe(`vm.swappiness = ${read('/proc/sys/vm/swappiness')}`);
      await undo(entry);
      expect(existsSync(sysctlFile)).toBe(false);
    } finally {
      rmSync(sysctlFile, { force: true });
    }
  });

  const noTmpfiles = existsSync('/usr/bin/systemd-tmpfiles') ? undefined : 'there is no systemd-tmpfiles';
  testUnless(noTmpfiles, 'a line for tmpfiles.d does at boot what it says', async () => {
    expect(existsSync(tmpfile), `${tmpfile} is somebody's`).toBe(false);
    try {
      const entry = await act('keep ksm/sleep_millisecs 23');
      expect(ksm('sleep_millisecs')).not.toBe(23);
      execFileSync('systemd-tmpfiles', ['--create', tmpfile]);
      expect(ksm('sleep_millisecs')).toBe(23);
      await undo(entry);
      expect(existsSync(tmpfile)).toBe(false);
    } finally {
      rmSync(tmpfile, { force: true });
    }
  });

  test('`kvmtop do` prints the plan, does it, and refuses with status 3', async () => {
    const dry = await desk.run(['do', 'sysctl', 'vm.swappiness', '62', '--dry-run']);
    expect(dry).toMatchObject({ code: 0, stderr: '' });
    expect(dry.stdout).toContain("kvmtop do keep vm.swappiness 62` makes it last, as 'vm.swappiness = 62'");
    expect(valuesNow()).toEqual(values);
    expect(await desk.run(['do', 'sysctl', 'vm.swappiness', '62', '--yes'])).toMatchObject({ code: 0, stderr: '' });
    expect(read('/proc/sys/vm/swappiness')).toBe('62');
    expect(await desk.run(['do', 'sysctl', 'vm.swappiness', '62', '--yes'])).toMatchObject({ code: 3 });
    expect(await desk.run(['do', 'sysctl', 'vm.swappiness', '300', '--yes'])).toMatchObject({ code: 2 });
    expect(await desk.run(['do', 'hugepages', '2M', '1T', '--node', '0', '--yes', '--force'])).toMatchObject({
      code: 3,
      stderr: expect.stringMatching(/it needs .* are available/),
    });
    expect(desk.journal('sysctl')).toMatchObject([{ by: 'do', outcome: 'done' }]);
  });
});
