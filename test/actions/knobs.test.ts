import { describe, expect, it } from 'vitest';
import { actions, meaning } from '../../src/actions/actions.ts';
import { type Knob, knobs } from '../../src/actions/knobs.ts';
import { capturedModel, type HostName, withSysctls } from './hosts.ts';

const find = (host: HostName, line: string): Knob | undefined =>
  knobs(capturedModel(host)).find(({ action, words }) => [action, ...words].join(' ') === line);

describe('knobs', () => {
  it.each<HostName>(['debian12-1node', 'debian12-busy', 'linux-4.18', 'two-nodes'])(
    'on %s lack only their last word, and have a hint',
    host => {
      const model = capturedModel(host);
      const list = knobs(model);
      expect(new Set(list.map(({ group }) => group))).toEqual(new Set(['ksm', 'swap', 'writeback', 'hugepages']));
      expect(new Set(list.map(({ action, words }) => [action, ...words].join(' '))).size).toBe(list.length);
      for (const { action, words } of list) {
        expect(() => actions.get(action)?.hint?.(model, words)).not.toThrow();
        const last = action === 'ksm' ? 'run' : words[0] === 'advisor_mode' ? 'none' : '1';
        const meant = meaning(model, { action, words: [...words, last] });
        if (meant instanceof Error) expect(meant.message).toMatch(/ takes .*, not 1$|takes a whole number/);
        else expect(meant.summary).not.toBe('');
      }
    },
  );

  it('tells the values for people', () => {
    expect(find('debian12-busy', 'ksm')).toMatchObject({ group: 'ksm', value: 'run' });
    expect(find('debian12-busy', 'sysctl vm.min_free_kbytes')).toMatchObject({ group: 'swap', value: '66.0 MiB' });
    expect(find('debian12-busy', 'sysctl vm.dirty_expire_centisecs')).toMatchObject({ value: '30s' });
    expect(find('debian12-busy', 'sysctl vm.dirty_bytes')).toMatchObject({ value: 'not in force: vm.dirty_ratio is' });
    expect(find('debian12-busy', 'hugepages 2M')).toMatchObject({ value: '16 pages, 128 MiB with 48 surplus' });
    expect(find('two-nodes', 'hugepages 2M node1')).toMatchObject({ title: 'Pool of 2M on node 1' });
  });

  it('tells units where there are, and counts in pages', () => {
    expect(find('debian12-busy', 'ksm-set pages_to_scan')?.value).toBe('5000 pages');
    expect(find('debian12-busy', 'ksm-set advisor_mode')?.value).toBe('none');
    expect(find('debian12-busy', 'hugepages-overcommit 2M')).toMatchObject({
      title: 'Overcommit of 2M',
      value: '8 pages',
    });
    expect(find('debian12-1node', 'hugepages 2M')).toMatchObject({ title: 'Pool of 2M', value: '0 pages, 0 B' });
    expect(find('debian12-busy', 'hugepages-overcommit 2M')).not.toHaveProperty('locked');
    expect(find('two-nodes', 'hugepages-overcommit 2M node1')).toBeUndefined();
  });

  it('shows of two that say one thing both where neither is in force, and all of a kernel without KSM', () => {
    const neither = capturedModel('debian12-1node', withSysctls({ 'vm.dirty_ratio': 0, 'vm.dirty_bytes': 0 }));
    const shown = (name: string) => knobs(neither).find(({ words }) => words[0] === name)?.value;
    expect([shown('vm.dirty_ratio'), shown('vm.dirty_bytes')]).toEqual(['0 %', '0 B']);
    const bare = knobs(capturedModel('debian12-1node', () => ({ ksm: {} })));
    expect(new Set(bare.map(({ group }) => group))).toEqual(new Set(['swap', 'writeback', 'hugepages']));
    expect(knobs(capturedModel('debian12-1node', () => ({ ksm: {}, pools: [], sysctls: {} })))).toEqual([]);
  });

  it('tells what is locked, and why', () => {
    expect(find('debian12-busy', 'ksm-set max_page_sharing')?.locked).toMatch(/pages are merged/);
    expect(find('debian12-1node', 'ksm-set max_page_sharing')?.locked).toBeUndefined();
    expect(find('debian12-1node', 'hugepages-overcommit 1G')?.locked).toMatch(/in advance/);
  });

  it('has only what this kernel has', () => {
    expect(find('linux-4.18', 'ksm-set smart_scan')).toBeUndefined();
    expect(find('linux-4.18', 'ksm-set max_page_sharing')).toBeDefined();
  });
});
