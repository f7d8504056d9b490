import { describe, expect, it } from 'vitest';
import { defaultLimits } from '../../src/actions/limits.ts';
import type { Need } from '../../src/fields/field.ts';
import { meminfoHelp } from '../../src/fields/meminfo-help.ts';
import { derive, type Model } from '../../src/model.ts';
import { startAdvising } from '../../src/policy/advisor.ts';
import type { Finding, Severity } from '../../src/policy/finding.ts';
import { defaultThresholds } from '../../src/policy/thresholds.ts';
import type { GuestSample, KvmSample, ProcessSample } from '../../src/sample.ts';
import { createDemoSource } from '../../src/source/demo.ts';
import { withModel } from '../../src/store/moments.ts';
import { needsOfView } from '../../src/store/needs.ts';
import { scrolled } from '../../src/store/scroll.ts';
import type { State } from '../../src/store/store.ts';
import { type Tab, tabs, tabTable } from '../../src/store/tabs.ts';
import { anywhere } from '../../src/ui/keys/key.ts';
import { keys, press } from '../../src/ui/keys.ts';
import { stallVerdict } from '../../src/ui/panes/stall.ts';
import { translationVerdict } from '../../src/ui/panes/translation.ts';
import { guest, sample } from '../samples.ts';
import { demoModels, frameOf, openStage } from './stage.tsx';

const models = await demoModels(60);
const last = models.at(-1);
const idOf = (name: string): string => last?.guests.find(one => one.name === name)?.id ?? 'nobody';
const pidOf = (name: string): number => last?.guests.find(one => one.name === name)?.pid ?? 0;

const shown = (change: Partial<State>, columns = 80, rows = 24, from: readonly Model[] = models): Promise<string> =>
  frameOf(openStage(from, change).app, columns, rows);
const rowsOf = (frame: string): string[] => frame.split('\n').slice(4, -2);

/** Every number as it was, but for what a test changes of the host. */
const withHost = (host: Partial<Model['sample']['host']>): readonly Model[] =>
  models.map((model, index) =>
    derive(models[index - 1]?.sample, { ...model.sample, host: { ...model.sample.host, ...host } }),
  );

describe('the tab bar', () => {
  it.each([60, 80, 100, 119, 120, 160, 200])('names the tab that is shown, at %i columns', async width => {
    for (const tab of tabs) {
      const [, bar = ''] = (await shown({ tab }, width, 24)).split('\n');
      const { key, title, short } = tabTable[tab];
      // `J` is the key of `Journal`, and its first letter.
      const names = [title, short].map(name => key + (name.startsWith(key) ? name.slice(1) : name));
      expect(names.some(name => bar.split(' ').includes(name))).toBe(true);
    }
  });

  it.each([
    [160, '1Overview 2Guests 3Memory 4Sharing 5Processes 6Vmstat 7Meminfo 8NUMA 9Translation 0Stall Journal VAdvisor'],
    [80, '1Over 2Guests 3Mem 4KSM 5Proc 6Vmstat 7Info 8NUMA 9TLB 0Stall JLog VAdvice'],
  ])('names them all, at %i columns', async (width, names) => {
    const [, bar = ''] = (await shown({ tab: 'numa' }, width, 24)).split('\n');
    expect(bar).toContain(names);
  });

  it('tells how many a filter leaves, however little room there is', async () => {
    for (const width of [60, 80, 100, 120, 160]) {
      const [, bar = ''] = (await shown({ filter: 'vdi' }, width, 24)).split('\n');
      expect(bar).toMatch(/ 3 of 20( guests, by TROUBLE▼)?$/);
    }
  });

  it('marks the tab that tells of what is critical', async () => {
    const finding = (id: string, severity: Severity): Finding => ({
      id,
      severity,
      strategy: 'repair',
      since: 0,
      subject: 'host',
      text: 'x',
      numbers: {},
    });
    const advice = { ...startAdvising(), findings: [finding('host-short', 'critical'), finding('ksm-off', 'warning')] };
    const { store, app } = openStage(models);
    store.setState({ advice });
    const [, bar = ''] = (await frameOf(app, 80, 24)).split('\n');
    expect(bar).toBe('1Over 2Guests 3Mem! 4KSM 5Proc 6Vmstat 7Info 8NUMA 9TLB 0Stall JLog VAdvice 2');
  });

  it('has a key for each, that does nothing else', () => {
    const { app, store } = openStage(models);
    for (const tab of tabs) {
      press(app, tabTable[tab].key);
      expect(store.getState().tab).toBe(tab);
      const others = keys.filter(
        ({ names, modes }) => names.includes(tabTable[tab].key) && modes.some(mode => anywhere.includes(mode)),
      );
      expect(others.map(({ help }) => help)).toEqual([`Show the ${tab} tab.`]);
    }
  });
});

describe('page sharing', () => {
  it('tells the most that was saved, and nothing where there never was', async () => {
    const off = withHost({ ksm: { run: 0, pages_shared: 0, pages_sharing: 0, ksm_zero_pages: 0 } });
    expect(await shown({ tab: 'sharing' }, 120, 40, off)).toContain('saved over time, top 0B');
    expect(await shown({ tab: 'sharing' }, 120, 40)).toMatch(/saved over time, top [1-9][\d.]*G/);
  });
});

describe('reads only what is shown', () => {
  const needs = (change: Partial<State>): ReadonlySet<Need> => needsOfView(openStage(models, change).store.getState());

  it.each([
    ['processes', 'processes'],
    ['vmstat', 'stat'],
    ['translation', 'kvm'],
    ['stall', 'kvm'],
    ['numa', 'nodes'],
  ] as const)('the %s tab needs %s, and the guest table does not', (tab: Tab, need: Need) => {
    expect(needs({ tab })).toContain(need);
    expect(needs({ tab: 'guests' })).not.toContain(need);
  });

  it('keeps the processes in sight while a dialog is open over them', () => {
    expect(needs({ tab: 'processes', dialog: { kind: 'palette', text: '', cursor: 0 } })).toContain('processes');
  });

  it('placement of the one guest that was asked about, and no PSS', () => {
    const { app, store } = openStage(models, { tab: 'numa', selected: idOf('web-1') });
    press(app, 'm');
    const wanted = needsOfView(store.getState());
    expect(wanted).toContain(`guest_numa_maps:${pidOf('web-1')}`);
    expect([...wanted].filter(need => /guest_(numa_maps|smaps)/.test(need))).toHaveLength(1);
    store.setState({ tab: 'guests', measuring: undefined });
    press(app, 'm');
    expect(store.getState().measuring).toBeUndefined();
  });
});

describe('processes', () => {
  it('guests are told from the rest by a mark', async () => {
    const rows = rowsOf(await shown({ tab: 'processes' }, 120, 40));
    expect(rows.find(row => row.includes('web-1'))).toMatch(/^█ web-1/);
    expect(rows.find(row => row.includes('prometheus'))).toMatch(/^ {2}prometheus/);
  });

  it('are sorted by key, turned round, and filtered while typing', async () => {
    const { app, store } = openStage(models, { tab: 'processes' });
    press(app, '>');
    expect(store.getState().processSort.column).toBe('rss');
    for (const _ of 'four') press(app, '<');
    expect(store.getState().processSort.column).toBe('name');
    const names = async (): Promise<string[]> => rowsOf(await frameOf(app, 80, 24)).map(row => row.slice(2, 18).trim());
    expect((await names())[0]).toBe('bash');
    press(app, 'r');
    expect((await names())[0]).toBe('Windows 11 (Ann…');
    for (const key of ['/', ...'QEMU', 'enter']) press(app, key);
    expect((await names()).filter(name => name === 'bash')).toEqual([]);
    for (const key of ['/', 'ctrl-u', ...'systemd']) press(app, key);
    expect((await names()).filter(name => name !== '')).toEqual(['systemd-journal', 'systemd']);
    expect(await frameOf(app, 80, 24)).toContain('2 of 34 processes, by NAME▲');
    press(app, 'enter');
    press(app, 'escape');
    expect(store.getState().filter).toBe('');
  });

  it('scroll to the last one and back', async () => {
    const { app, store } = openStage(models, { tab: 'processes', size: { columns: 80, rows: 24 } });
    press(app, 'end');
    expect(await frameOf(app, 80, 24)).toMatch(/cron .*\n.*q Quit/);
    const at = store.getState().scroll;
    press(app, 'up');
    press(app, 'pagedown');
    expect(store.getState().scroll).toBe(at);
    press(app, 'home');
    expect(rowsOf(await frameOf(app, 80, 24))[0]).toMatch(/db-main/);
    press(app, '2');
    press(app, '5');
    expect(store.getState().scroll).toBe(0);
  });

  it('have rates only of the same process, and a dash before', async () => {
    const process = {
      pid: 7,
      starttime: 1,
      name: 'x\u001b[2J',
      status: { VmRSS: 4096, RssAnon: 4096 },
      stat: { majflt: 10 },
    };
    const before = sample({ host: { processes: [process] } });
    const rate = (change: Partial<typeof process>): number | undefined => {
      const next = sample({ host: { processes: [{ ...process, ...change }] }, monotonic: 2 });
      return derive(before, next).processes?.[0]?.values.major_faults;
    };
    expect(rate({ stat: { majflt: 30 } })).toBe(10);
    expect(rate({ stat: { majflt: 30 }, starttime: 2 })).toBeUndefined();
    const frame = await shown({ tab: 'processes' }, 80, 24, [derive(undefined, before)]);
    expect(frame).toContain('x�[2J');
    expect(frame).toMatch(/x�.* 4\.00K +4\.00K +– +– +– /);
  });
});

describe('vmstat', () => {
  it('has a row for each look that read it, the newest last', async () => {
    const { store } = openStage(models, { tab: 'vmstat' });
    expect(store.getState().activity).toHaveLength(models.length);
    expect(rowsOf(await shown({ tab: 'vmstat' })).at(-2)).toMatch(/^08:00:59 /);
    const { vmstat: _, ...host } = models[0]?.sample.host ?? {};
    const without = derive(undefined, sample({ host }));
    expect(withModel(store.getState(), without).activity).toBe(store.getState().activity);
  });

  it('keeps old rows in sight while new ones come', () => {
    const { app, store } = openStage(models, { tab: 'vmstat', size: { columns: 80, rows: 24 } });
    press(app, 'up');
    expect(store.getState().scroll).toBe(1);
    store.setState(state => withModel(state, models[0] as Model));
    expect(store.getState().scroll).toBe(2);
    press(app, 'end');
    store.setState(state => withModel(state, models[0] as Model));
    expect(store.getState().scroll).toBe(0);
  });

  it('moves to further columns, and back to the oldest row', async () => {
    const { app } = openStage(models, { tab: 'vmstat' });
    await frameOf(app, 80, 24);
    for (const _ of 'sixteen times ab') press(app, 'right');
    press(app, 'home');
    await expect(await frameOf(app, 80, 24)).toMatchFileSnapshot('../../snapshots/vmstat-moved-80x24.txt');
  });

  it('keeps a few minutes, and no more', () => {
    const { store } = openStage([], { tab: 'vmstat' });
    for (let at = 0; at < 400; at += 1) store.setState(state => withModel(state, models[at % models.length] as Model));
    expect(store.getState().activity).toHaveLength(300);
  });
});

describe('meminfo', () => {
  it('has every line of the file, told in a few words', async () => {
    const frame = await shown({ tab: 'meminfo' }, 120, 60);
    for (const key of Object.keys(last?.sample.host.meminfo ?? {}))
      expect(frame).toMatch(new RegExp(`^${key.replace(/[()]/g, '\\$&')} `, 'm'));
  });

  it('tells lines that it does not know, without a word', async () => {
    const meminfo = { ...last?.sample.host.meminfo, Newest: 4096 };
    expect(await shown({ tab: 'meminfo' }, 80, 60, withHost({ meminfo }))).toMatch(/^Newest +4\.00K +– *$/m);
  });

  it('shows by how much a line changed in a second', () => {
    const host = (MemFree: number, HugePages_Free: number) => ({ meminfo: { MemFree, HugePages_Free } });
    const before = sample({ host: host(1000, 4) });
    expect(derive(before, sample({ host: host(400, 5), monotonic: 2 })).meminfoRates).toEqual({
      MemFree: -300,
      HugePages_Free: 0.5,
    });
    expect(derive(undefined, before).meminfoRates).toBeUndefined();
    expect(derive(before, before).meminfoRates).toBeUndefined();
  });

  it('has words that fit 80 columns', () => {
    const long = Object.entries(meminfoHelp).filter(([key, [what]]) => what.length > 44 || key.length > 17);
    expect(long).toEqual([]);
  });
});

describe('numa', () => {
  /** The demo after the selected guest's placement was measured. */
  const measured = async (): Promise<Model> => {
    let now = 1_800_000_000;
    const source = createDemoSource({ seed: 7, clock: () => now });
    const wanted = new Set<Need>(['nodes', 'pools', 'ksm', 'sysctls', `guest_numa_maps:${pidOf('web-1')}`]);
    await source.look(wanted);
    now += 5;
    const next = await source.look(new Set<Need>(['nodes', 'pools', 'ksm', 'sysctls']));
    await source.close();
    return derive(undefined, next);
  };

  it('tells the cost before, and shows what was measured with its age', async () => {
    const before = await shown({ tab: 'numa', selected: idOf('web-1') });
    expect(before).toMatch(/m measures web-1 \(3\.36 GiB\): locks its memory map for 27 ms/);
    const frame = await shown({ tab: 'numa', selected: idOf('web-1') }, 80, 24, [await measured()]);
    expect(frame).toMatch(/web-1 .* 94% +5s/);
    expect(frame).toMatch(/web-2 .*–/);
  });

  it('waits for the measurement, and no longer than for one that never comes', () => {
    const model = models[0] as Model;
    const { store } = openStage([model], { tab: 'numa', selected: idOf('web-1') });
    const measuring = { what: 'placement', guest: idOf('web-1'), since: model.time } as const;
    store.setState({ measuring });
    const withPlacement = (process: Partial<ProcessSample>): Model => {
      const guests = model.sample.guests.map(
        (one): GuestSample => ({ ...one, process: { ...one.process, ...process } }),
      );
      return derive(undefined, { ...model.sample, guests, time: model.time + 1 });
    };
    expect(withModel(store.getState(), withPlacement({ smaps_time: model.time + 1 })).measuring).toBe(measuring);
    expect(withModel(store.getState(), withPlacement({ numa_time: model.time + 1 })).measuring).toBeUndefined();
    expect(withModel(store.getState(), { ...model, time: model.time + 4 }).measuring).toBeUndefined();
  });

  it('says so where there is one node, or none', async () => {
    const nodes = last?.sample.host.nodes?.slice(0, 1) ?? [];
    const pools = last?.sample.host.pools?.filter(pool => pool.node === undefined) ?? [];
    const frame = await shown({ tab: 'numa' }, 80, 24, withHost({ nodes, pools }));
    expect(frame).toContain('one node: all memory is equally near');
    expect(frame).toMatch(/ {3}0 .* 9\.00G .* 18\.0G/);
    expect(await shown({ tab: 'numa' }, 80, 24, withHost({ nodes: [] }))).toContain('this kernel knows no nodes');
  });
});

describe('translation', () => {
  const kvm = (parts: Partial<KvmSample>): KvmSample => ({
    modules: [],
    parameters: {},
    statistics: 'unmounted',
    vms: {},
    ...parts,
  });

  it.each([
    [kvm({ modules: ['kvm', 'kvm_intel'], parameters: { 'kvm_intel.ept': 1 } }), /^EPT/],
    [
      kvm({ modules: ['kvm', 'kvm_intel'], parameters: { 'kvm_intel.ept': 0 }, flags: ['ept'] }),
      /^shadow paging: kvm_intel has ept=N/,
    ],
    [kvm({ modules: ['kvm', 'kvm_amd'], parameters: { 'kvm_amd.npt': 1 } }), /^NPT/],
    [kvm({ modules: ['kvm', 'kvm_amd'] }), /^unknown: kvm_amd does not tell npt/],
    [kvm({ modules: ['kvm'], flags: ['ept'] }), /^unknown: neither kvm_intel nor kvm_amd is loaded/],
    [kvm({ modules: ['kvm', 'kvm_pvm'] }), /^unknown: kvm_pvm does not say/],
    [kvm({}), /^unknown: KVM is not loaded/],
    [undefined, /^unknown: nothing of KVM/],
  ])('is never guessed: %j', (one, words) => {
    expect(translationVerdict(one).text).toMatch(words);
  });

  it.each([
    ['unmounted', 'mount -t debugfs none /sys/kernel/debug'],
    ['denied', 'run kvmtop as root'],
    ['absent', 'KVM has no statistics here'],
  ] as const)('says why mappings are unknown: %s', async (statistics, words) => {
    const frame = await shown({ tab: 'translation' }, 80, 24, withHost({ kvm: kvm({ statistics, modules: ['kvm'] }) }));
    expect(frame).toContain(words);
    expect(frame).toMatch(/db-main +hugetlb +– +– +– +– +–/);
  });

  it('every byte is told in as many rows as there are, and what is free always', async () => {
    const parts = {
      Slab: 3000,
      PageTables: 900,
      KernelStack: 800,
      Percpu: 700,
      Zswap: 600,
      AnonPages: 5000,
      Cached: 2000,
      Shmem: 500,
    };
    const host = { meminfo: { MemTotal: 20_000, MemFree: 4000, ...parts }, arc: { size: 2500 } };
    const frame = await shown({ tab: 'memory' }, 80, 24, [derive(undefined, sample({ host, pageSize: 1 }))]);
    expect(frame).toMatch(/ZFS’s cache \(ARC\) +2\.44K +13%/);
    expect(frame).toMatch(/Free +3\.91K +20%/);
    expect(frame).not.toContain('Compressed by zram');
    const rows = frame.split('\n').flatMap(row => /^.{40,70}? ([\d.]+K|\d+B) +[\d.]+%$/.exec(row.trimEnd())?.[1] ?? []);
    const sum = rows.reduce((all, text) => all + (text.endsWith('K') ? 1024 : 1) * Number.parseFloat(text), 0);
    expect(Math.abs(sum - 20_000)).toBeLessThan(30);
    expect(frame).toMatch(/Total: MemTotal, every byte once +19\.5K/);
  });

  it('all is unknown on a host that tells nothing', async () => {
    const host = { meminfo: { MemTotal: 4096 } };
    const frame = await shown({ tab: 'translation' }, 80, 24, [
      derive(undefined, sample({ host, guests: [guest({})] })),
    ]);
    await expect(frame).toMatchFileSnapshot('../../snapshots/translation-unknown-80x24.txt');
  });

  it('a guest that is not under KVM is told apart from one that can’t be seen', async () => {
    const guests = [guest({ launch: { accelerator: 'tcg' } })];
    const frame = await shown({ tab: 'translation' }, 100, 24, [derive(undefined, sample({ guests }))]);
    expect(frame).toMatch(/web-1 .* runs under TCG, not KVM/);
  });

  it('reach of the TLB: the largest pages first', () => {
    const vms = { 100: { pages_4k: 1000, pages_2m: 100, pages_1g: 1 } };
    const reach = (tlbEntries: number | undefined): number | undefined => {
      const host = { kvm: kvm({ statistics: 'read', vms, ...(tlbEntries === undefined ? {} : { tlbEntries }) }) };
      return derive(undefined, sample({ host, guests: [guest({})] })).guests[0]?.values.tlb_reach;
    };
    expect(reach(11)).toBe(1024 ** 3 + 10 * 2 * 1024 ** 2);
    expect(reach(5000)).toBe(1024 ** 3 + 100 * 2 * 1024 ** 2 + 1000 * 4096);
    expect(reach(undefined)).toBeUndefined();
  });
});

describe('stall', () => {
  const setting = { limits: defaultLimits, thresholds: defaultThresholds };
  const values = (parts: Partial<Model['guests'][number]['values']>, state = 'running') => ({
    ...(derive(undefined, sample({ guests: [guest({})] })).guests[0] as Model['guests'][number]),
    state,
    values: { swap: 0, host_major_faults: 0, guest_swap_in: 0, stats_age: 1, stats_interval: 2, ...parts },
  });

  it.each([
    ['-', {}],
    ['swapped by the host', { swap: 4096, host_major_faults: 3 }],
    ['swaps inside', { guest_swap_in: 1e6 }],
    ['swapped on both sides', { swap: 4096, host_major_faults: 3, guest_swap_in: 1e6 }],
    ['stopped reporting', { guest_swap_in: 1e6, stats_age: 60 }],
    ['- (inside unknown)', { guest_swap_in: undefined, stats_age: undefined }],
    ['- (statistics off)', { stats_age: 60, stats_interval: 0 }],
    ['idle part in swap', { swap: 4096, host_major_faults: 0.2 }],
    ['host reads files back', { host_major_faults: 80 }],
    ['reads its disk back', { guest_major_faults: 80 }],
    ['host side unknown', { swap: undefined }],
  ])('%s', (words, parts) => {
    const known = Object.fromEntries(
      Object.entries({ ...values({}).values, ...parts }).filter(([, value]) => value !== undefined),
    );
    expect(stallVerdict({ ...values({}), values: known }, setting, 0.5).text).toBe(words);
  });

  it('under KVM a part in swap is idle only where the whole host hardly waits', () => {
    const of = (accelerator: string, wholeHost: number | undefined): string => {
      const one = values({ swap: 4096 });
      return stallVerdict({ ...one, sample: guest({ launch: { accelerator } }) }, setting, wholeHost).text;
    };
    expect(of('kvm', 0.5)).toBe('idle part in swap');
    expect(of('kvm', 30)).toBe('part in swap');
    expect(of('kvm', undefined)).toBe('part in swap');
    expect(of('tcg', 30)).toBe('idle part in swap');
  });

  it('says of nobody that it does not wait before it is known', async () => {
    const process = { state: 'S', status: { VmSwap: 0 }, stat: { majflt: 10 } };
    const now = sample({ guests: [guest({ process })] });
    const first = derive(undefined, now);
    expect(await shown({ tab: 'stall' }, 80, 24, [first])).toMatch(/^Waiting for memory ─+ not known$/m);
    const second = derive(now, { ...now, time: now.time + 2, monotonic: now.monotonic + 2 });
    expect(await shown({ tab: 'stall' }, 80, 24, [second])).toMatch(/ no guest is seen to wait$/m);
  });

  it('of a paused guest old numbers say nothing', () => {
    expect(stallVerdict(values({ guest_swap_in: 1e6, stats_age: 60 }, 'paused'), setting, 0).text).toBe('- (paused)');
  });

  it('tells why nothing is known from inside', () => {
    const balloon = { device: true, stats: { lastUpdate: 2_000_000_000, values: {} } };
    const text = (parts: Partial<GuestSample['monitor']>): string => {
      const one = guest({ monitor: { state: 'ok', status: 'running', ...parts } });
      const own = derive(undefined, sample({ guests: [one] })).guests[0] as Model['guests'][number];
      return stallVerdict({ ...own, values: { ...own.values, swap: 0, host_major_faults: 0 } }, setting, 0).text;
    };
    expect(text({ balloon: { device: true, pollingInterval: 2 } })).toBe('- (never reported)');
    expect(text({ balloon: { ...balloon, pollingInterval: 2 } })).toBe('- (clock is wrong)');
    expect(text({ balloon: { device: false } })).toBe('- (inside unknown)');
  });
});

it('scrolls within what there is, whatever the move', () => {
  const state = openStage(models, { tab: 'meminfo', size: { columns: 80, rows: 24 } }).store.getState();
  for (const by of [-5, 0, 3, 1000, Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY]) {
    const to = scrolled({ ...state, scroll: 4 }, by);
    expect(to).toBeGreaterThanOrEqual(0);
    expect(to).toBeLessThanOrEqual(Object.keys(last?.sample.host.meminfo ?? {}).length);
  }
});
