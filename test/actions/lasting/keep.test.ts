import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Plan } from '../../../src/actions/action.ts';
import { actions } from '../../../src/actions/actions.ts';
import { Refused } from '../../../src/actions/gate/control.ts';
import { writeSettingsFile } from '../../../src/actions/gate/settings-file.ts';
import { lastingLine, lastingValue } from '../../../src/actions/lasting/lasting.ts';
import { sysctls } from '../../../src/actions/sysctl/sysctls.ts';
import { createSettingsReader } from '../../../src/collect/host/settings.ts';
import type { Model } from '../../../src/model.ts';
import { Root } from '../../../src/root.ts';
import { capturedModel, planOf, undoLine } from '../hosts.ts';

const sysctlFile = '/etc/sysctl.d/90-kvmtop.conf';
const tmpfile = '/etc/tmpfiles.d/kvmtop.conf';

const modelWith = (settings: Readonly<Record<string, string>>): Model =>
  capturedModel('debian12-1node', () => ({ settings }));

/** The settings after a plan was done. */
const done = (
  settings: Readonly<Record<string, string>>,
  { steps: [step] }: Plan,
): Readonly<Record<string, string>> => {
  if (step?.kind !== 'file') throw new Error('no file is written');
  const { [step.path]: _before, ...others } = settings;
  return step.content === undefined ? others : { ...others, [step.path]: step.content };
};

/** Without comments. */
const linesOf = (text: string | undefined): string[] =>
  (text ?? '').split('\n').filter(line => line !== '' && !line.startsWith('#'));

describe('keep', () => {
  it('makes a file with the one line, and is undone by removing it', () => {
    const plan = planOf(modelWith({}), 'keep vm.swappiness 10');
    const after = done({}, plan);
    expect(after[sysctlFile]).toMatch(/^# Written by kvmtop .*\nvm\.swappiness = 10\n$/);
    expect(plan.effect).toContain('now: nothing changes, it stays 60 until it is set');
    expect(undoLine(plan)).toBe('keep vm.swappiness -');
    expect(done(after, planOf(modelWith(after), 'keep vm.swappiness -'))).toEqual({});
  });

  it('replaces the line of that name, and leaves the others alone', () => {
    const before = { [sysctlFile]: '# mine\nvm.dirty_ratio = 5\n-vm/swappiness=30\n\nkernel.panic = 10\n' };
    const plan = planOf(modelWith(before), 'keep vm.swappiness 10');
    const after = done(before, plan);
    expect(linesOf(after[sysctlFile])).toEqual(['vm.dirty_ratio = 5', 'kernel.panic = 10', 'vm.swappiness = 10']);
    expect(after[sysctlFile]).toContain('# mine');
    expect(undoLine(plan)).toBe('keep vm.swappiness 30');
  });

  it('drops the line that would zero it at boot, and brings it back', () => {
    const before = { [sysctlFile]: 'vm.overcommit_ratio = 80\n' };
    const plan = planOf(modelWith(before), 'keep vm.overcommit_kbytes 16G');
    const after = done(before, plan);
    expect(linesOf(after[sysctlFile])).toEqual(['vm.overcommit_kbytes = 16777216']);
    const back = planOf(modelWith(after), undoLine(plan) ?? '');
    expect(linesOf(done(after, back)[sysctlFile])).toEqual(['vm.overcommit_ratio = 80']);
  });

  it.each([
    ['ksm/run 1', 'w /sys/kernel/mm/ksm/run - - - - 1'],
    ['/sys/kernel/mm/ksm/pages_to_scan 1000', 'w /sys/kernel/mm/ksm/pages_to_scan - - - - 1000'],
    ['transparent_hugepage/enabled madvise', 'w /sys/kernel/mm/transparent_hugepage/enabled - - - - madvise'],
    ['transparent_hugepage/khugepaged/defrag 0', 'w /sys/kernel/mm/transparent_hugepage/khugepaged/defrag - - - - 0'],
  ])('keeps %s in tmpfiles.d', (words, line) => {
    expect(linesOf(done({}, planOf(modelWith({}), `keep ${words}`))[tmpfile])).toEqual([line]);
  });

  const header = '# Written by kvmtop (kvmtop do keep); lines of others are left alone.';

  it.each([
    [
      'a file of another',
      '\n\n# mine\nkernel.panic = 10\n',
      `${header}\n# mine\nkernel.panic = 10\nvm.swappiness = 60\n`,
    ],
    ['its own file', `${header}\nvm.dirty_ratio = 5\n`, `${header}\nvm.dirty_ratio = 5\nvm.swappiness = 60\n`],
    ['an empty file', '\n', `${header}\nvm.swappiness = 60\n`],
  ])('adds its line to %s, under one head', (_what, text, content) => {
    expect(planOf(modelWith({ [sysctlFile]: text }), 'keep vm.swappiness 60')).toEqual({
      request: { action: 'keep', words: ['vm.swappiness', '60'] },
      subject: 'vm.swappiness',
      summary: `Keep vm.swappiness at 60 over boots, in ${sysctlFile}`,
      steps: [{ kind: 'file', path: sysctlFile, content }],
      effect: ['at every boot: vm.swappiness = 60', 'now: nothing changes, it stays 60'],
      warnings: [],
      undo: { action: 'keep', words: ['vm.swappiness', '-'] },
    });
  });

  it('takes its line out, and leaves the rest', () => {
    const text = `${header}\nvm.overcommit_ratio = 80\nvm.overcommit_kbytes = 5\n`;
    const plan = planOf(modelWith({ [sysctlFile]: text }), 'keep vm.overcommit_kbytes -');
    expect(plan).toEqual({
      request: { action: 'keep', words: ['vm.overcommit_kbytes', '-'] },
      subject: 'vm.overcommit_kbytes',
      summary: `Keep vm.overcommit_kbytes no more in ${sysctlFile}`,
      steps: [{ kind: 'file', path: sysctlFile, content: `${header}\nvm.overcommit_ratio = 80\n` }],
      effect: [
        'at the next boot: vm.overcommit_kbytes is what the system makes it',
        'the file says 5 until now',
        'now: nothing changes, it stays 0',
      ],
      warnings: [],
      undo: { action: 'keep', words: ['vm.overcommit_kbytes', '5'] },
    });
    // Of several lines the last counts; all go.
    const twice = modelWith({ [tmpfile]: 'w /sys/kernel/mm/ksm/run - - - - 0\nw! /sys/kernel/mm/ksm/run - - - - 1\n' });
    const gone = planOf(twice, 'keep ksm/run -');
    expect(gone.steps).toEqual([{ kind: 'file', path: tmpfile }]);
    expect(undoLine(gone)).toBe('keep ksm/run 1');
  });

  it('tells what is in force and what is kept, unknown where it is', () => {
    const hint = (model: Model, ...words: string[]) => actions.get('keep')?.hint?.(model, words);
    const kept = modelWith({ [tmpfile]: 'w /sys/kernel/mm/ksm/run - - - - 1\n' });
    expect([
      hint(kept, '/sys/kernel/mm/ksm/run'),
      hint(kept, 'vm.swappiness'),
      hint(kept, 'transparent_hugepage/enabled'),
      hint(
        capturedModel('debian12-1node', () => ({ settings: undefined as never, ksm: {} })),
        'ksm/run',
      ),
    ]).toEqual([
      'ksm/run is 0 now, kept: 1; a later file of /etc/tmpfiles.d may overrule it',
      'vm.swappiness is 60 now, kept: not; a later file of /etc/sysctl.d may overrule it',
      'transparent_hugepage/enabled is madvise now, kept: not; a later file of /etc/tmpfiles.d may overrule it',
      'ksm/run is unknown now, kept: not; a later file of /etc/tmpfiles.d may overrule it',
    ]);
    const unknown = capturedModel('debian12-1node', () => ({ settings: {}, ksm: {} }));
    expect(planOf(unknown, 'keep ksm/run 1').effect).toContain(
      'now: nothing changes, it stays unknown until it is set',
    );
    const before = { ksm: {}, settings: { [tmpfile]: 'w /sys/kernel/mm/ksm/run - - - - 1\n' } };
    expect(
      planOf(
        capturedModel('debian12-1node', () => before),
        'keep ksm/run -',
      ).effect,
    ).toContain('now: nothing changes');
  });

  it.each([
    ['enabled', 'always madvise never', 'within_size'],
    ['defrag', 'always defer defer+madvise madvise never', 'advise'],
    ['shmem_enabled', 'always within_size advise never deny force', 'madvise'],
    ['khugepaged/defrag', '0 1', '2 always'],
    ['khugepaged/pages_to_scan', '0 999999999', '1000000000 -1 1x x1 many'],
    ['khugepaged/scan_sleep_millisecs', '0 10000', 'x'],
    ['khugepaged/alloc_sleep_millisecs', '0 60000', 'x'],
    ['khugepaged/max_ptes_none', '0 511', 'x'],
    ['khugepaged/pages_collapsed', '', '1'],
  ])('of transparent_hugepage/%s takes %j and not %j', (name, good, bad) => {
    const takes = (value: string): boolean => {
      try {
        planOf(modelWith({}), `keep transparent_hugepage/${name} ${value}`);
        return true;
      } catch (error) {
        expect((error as Error).message).toMatch(/takes|unknown/);
        return false;
      }
    };
    const values = (text: string) => text.split(' ').filter(word => word !== '');
    expect([...values(good), ...values(bad)].filter(takes)).toEqual(values(good));
  });

  it.each([
    'vm.swappiness',
    'vm.swappiness 201',
    'ksm/run 10',
    'ksm/run 21',
    'ksm/pages_to_scan x',
    'hugepages/run 1',
    'x/ksm/run 1',
    'kernel.core_pattern |/bin/sh',
    'ksm/run 2',
    'ksm/pages_shared 1',
    'ksm/../run 1',
    'transparent_hugepage/enabled maybe',
    'transparent_hugepage/khugepaged/full_scans 1',
    '/etc/passwd 1',
    'vm.swappiness 10 20',
  ])('refuses %j', words => {
    expect(() => planOf(modelWith({}), `keep ${words}`)).toThrow();
  });

  it('refuses what is so already, what is not there, and what it can not see', () => {
    const kept = modelWith({ [sysctlFile]: 'vm.swappiness = 10\n' });
    expect(planOf(kept, 'keep vm.swappiness 10').refusal?.reason).toMatch(/so already/);
    expect(planOf(kept, 'keep vm.dirty_ratio -').refusal?.reason).toMatch(/not kept/);
    const blind = capturedModel('debian12-1node', () => ({ settings: undefined as never }));
    expect(planOf(blind, 'keep vm.swappiness 10').refusal?.reason).toMatch(/unknown/);
  });

  it('comes back to the same settings, whatever was there', () => {
    const names = Object.keys(sysctls);
    const line = fc.oneof(
      fc
        .tuple(fc.constantFrom(...names), fc.integer({ min: 8192, max: 9000 }))
        .map(([name, value]) => `${name} = ${value}`),
      fc.constantFrom('# a remark', '', 'kernel.panic=10', '; another'),
    );
    fc.assert(
      fc.property(fc.uniqueArray(line, { maxLength: 6, selector: text => text.split(' ')[0] }), lines => {
        // A file with both of a pair says one thing twice: that is not ours.
        if (lines.some(text => lines.some(other => sysctls[text.split(' ')[0] ?? '']?.twin === other.split(' ')[0])))
          return;
        const before = lines.length === 0 ? {} : { [sysctlFile]: `${lines.join('\n')}\n` };
        const plan = planOf(modelWith(before), 'keep vm.dirty_expire_centisecs 1234');
        const after = done(before, plan);
        const undo = planOf(modelWith(after), undoLine(plan) ?? '');
        expect(linesOf(done(after, undo)[sysctlFile]).sort()).toEqual(linesOf(before[sysctlFile]).sort());
      }),
    );
  });

  it('reads back every line that it writes', () => {
    const name = fc.constantFrom(...Object.keys(sysctls), 'ksm/run', 'transparent_hugepage/enabled');
    fc.assert(
      fc.property(name, fc.stringMatching(/^[\w+-]{1,12}$/), (one, value) => {
        expect(lastingValue(one, lastingLine(one, value))).toBe(value);
        expect(lastingValue('vm.other', lastingLine(one, value))).toBeUndefined();
      }),
    );
  });
});

describe('a line that is about something else', () => {
  it.each([
    ['ksm/run', 'w /sys/kernel/mm/ksm/run - - - - 1', '1'],
    ['ksm/run', '  w!+-  /sys/kernel/mm/ksm/run - - - -  1 2 ', '1 2'],
    ['ksm/run', 'f /sys/kernel/mm/ksm/run - - - - 1', undefined],
    ['ksm/run', 'xw /sys/kernel/mm/ksm/run - - - - 1', undefined],
    ['ksm/run', 'wx /sys/kernel/mm/ksm/run - - - - 1', undefined],
    ['ksm/run', 'w /sys/kernel/mm/ksm/sleep_millisecs - - - - 1', undefined],
    ['ksm/run', 'w ksm/run - - - - 1', undefined],
    ['vm.swappiness', ' - vm/swappiness  =  10  ', '10'],
    ['vm.swappiness', 'vm.swappiness=', ''],
    ['vm.swappiness', '# vm.swappiness = 10', undefined],
    ['vm.swappiness', 'vm.swappiness 10', undefined],
    ['vm.swappiness', '', undefined],
    ['', '', undefined],
    ['', 'vm.swappiness 10', undefined],
    ['', 'vm.swappiness = 10', undefined],
  ])('of %s: %j gives %j', (name, line, value) => {
    expect(lastingValue(name, line)).toBe(value);
  });
});

describe('the file', () => {
  const newRoot = () => {
    const dir = mkdtempSync(join(tmpdir(), 'kvmtop-settings-'));
    onTestFinished(() => rmSync(dir, { recursive: true }));
    return { dir, root: new Root(dir) };
  };

  it('is written whole, for all to read, and removed', async () => {
    const { dir, root } = newRoot();
    const before = process.umask(0o077);
    try {
      await writeSettingsFile(root, sysctlFile, 'vm.swappiness = 10\n');
    } finally {
      process.umask(before);
    }
    expect(readFileSync(join(dir, sysctlFile), 'utf8')).toBe('vm.swappiness = 10\n');
    expect(statSync(join(dir, sysctlFile)).mode & 0o777).toBe(0o644);
    expect(readdirSync(join(dir, 'etc/sysctl.d'))).toEqual(['90-kvmtop.conf']);
    expect(createSettingsReader(root).read()).toEqual({ [sysctlFile]: 'vm.swappiness = 10' });
    await writeSettingsFile(root, sysctlFile, undefined);
    expect(existsSync(join(dir, sysctlFile))).toBe(false);
    expect(createSettingsReader(root).read()).toEqual({});
  });

  it('is not replaced where a link switches it off', async () => {
    const { dir, root } = newRoot();
    const path = join(dir, 'etc/tmpfiles.d/kvmtop.conf');
    mkdirSync(join(dir, 'etc/tmpfiles.d'), { recursive: true });
    symlinkSync('/dev/null', path);
    for (const content of ['x', undefined])
      await expect(writeSettingsFile(root, tmpfile, content)).rejects.toThrow(Refused);
    expect(readlinkSync(path)).toBe('/dev/null');
  });

  it('stays as it was when it can’t be written', async () => {
    const { dir, root } = newRoot();
    mkdirSync(join(dir, 'etc/tmpfiles.d/kvmtop.conf'), { recursive: true });
    await expect(writeSettingsFile(root, tmpfile, 'x')).rejects.toThrow(
      /kvmtop.conf is not a regular file.*nothing was changed/,
    );
    expect(readdirSync(join(dir, 'etc/tmpfiles.d'))).toEqual(['kvmtop.conf']);
  });

  it('is never written through what already has the name of its draft', async () => {
    const { dir, root } = newRoot();
    mkdirSync(join(dir, 'etc/sysctl.d'), { recursive: true });
    const precious = join(dir, 'precious');
    writeFileSync(precious, 'keep me\n');
    symlinkSync(precious, join(dir, `etc/sysctl.d/.kvmtop-${process.pid}`));
    await expect(writeSettingsFile(root, sysctlFile, 'x\n')).rejects.toThrow(/EEXIST; nothing was changed/);
    expect(readFileSync(precious, 'utf8')).toBe('keep me\n');
    expect(readdirSync(join(dir, 'etc/sysctl.d'))).toEqual([`.kvmtop-${process.pid}`]);
    expect(existsSync(join(dir, sysctlFile))).toBe(false);
  });

  it('says who may write it', async () => {
    const { dir, root } = newRoot();
    mkdirSync(join(dir, 'etc/sysctl.d'), { recursive: true });
    writeFileSync(join(dir, 'etc/sysctl.d/90-kvmtop.conf'), 'old\n');
    // Root writes anywhere: only another user can be refused.
    if (process.getuid?.() === 0) {
      chmodSync(dir, 0o755);
      process.seteuid?.('nobody');
    } else chmodSync(join(dir, 'etc/sysctl.d'), 0o555);
    try {
      await expect(writeSettingsFile(root, sysctlFile, 'new\n')).rejects.toThrow(/run kvmtop as root/);
    } finally {
      if (process.getuid?.() === 0) process.seteuid?.(0);
      else chmodSync(join(dir, 'etc/sysctl.d'), 0o755);
    }
    expect(readFileSync(join(dir, 'etc/sysctl.d/90-kvmtop.conf'), 'utf8')).toBe('old\n');
  });

  it.each(['/etc/passwd', '/etc/sysctl.d/99-other.conf', '/etc/sysctl.d/../passwd', 'etc/sysctl.d/90-kvmtop.conf'])(
    'is never %s',
    async path => {
      const { dir, root } = newRoot();
      await expect(writeSettingsFile(root, path, 'x')).rejects.toThrow(/does not write there/);
      expect(readdirSync(dir)).toEqual([]);
    },
  );
});
