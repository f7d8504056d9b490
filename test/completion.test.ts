import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { actions } from '../src/actions/actions.ts';
import { commands, flagsOf } from '../src/programs/options.ts';
import { scenarios } from '../src/simulator/scenarios.ts';
import { tabs } from '../src/store/tabs.ts';
import { testUnless } from './lacks.ts';
import { until } from './until.ts';

const root = join(import.meta.dirname, '..');
const script = join(root, 'packaging/completion.bash');

/** What bash offers for the last of these words, sorted. */
const offered = (...words: readonly string[]): readonly string[] => {
  const list = ['kvmtop', ...words].map(word => `'${word}'`).join(' ');
  // Outside of a real completion there are no options to set.
  const call = `compopt() { :; }; source '${script}'; COMP_WORDS=(${list}); COMP_CWORD=${words.length}; _kvmtop; printf '%s\\n' "\${COMPREPLY[@]}"`;
  return linesOf('bash', '--norc', '-c', call);
};

const linesOf = (program: string, ...args: readonly string[]): readonly string[] =>
  execFileSync(program, args, { encoding: 'utf8', cwd: root }).split('\n').filter(Boolean).sort();

/** The same in zsh, whose own engine leaves out what does not begin like the word. */
const offeredInZsh = (...words: readonly string[]): readonly string[] => {
  const stubs = `compadd() { shift; print -rl -- "$@"; }; compset() { :; }; _files() { print -rl -- *(\${1:+/}); }`;
  const list = ['kvmtop', ...words].map(word => `'${word}'`).join(' ');
  const call = `${stubs}; words=(${list}); CURRENT=${words.length + 1}; source packaging/completion.zsh`;
  const begun = words.at(-1)?.replace(/^--\w+=/, '') ?? '';
  return linesOf('zsh', '-fc', call).filter(word => word.startsWith(begun));
};

/** The same in fish, without what it tells beside a word. */
const offeredInFish = (...words: readonly string[]): readonly string[] =>
  linesOf('fish', '-N', '-c', `source packaging/completion.fish; complete -C "kvmtop ${words.join(' ')}"`).map(
    line => line.split('\t')[0] ?? '',
  );

const lacking = (shell: string): string | undefined =>
  spawnSync(shell, ['--version']).error ? `there is no ${shell}` : undefined;

describe('completion in bash', () => {
  test('knows commands, actions, tabs and scenarios', () => {
    expect(offered('')).toEqual(commands.filter(command => command !== 'live').toSorted());
    expect(offered('re')).toEqual(['record', 'replay', 'report']);
    expect(offered('do', '')).toEqual([...actions.keys()].sort());
    expect(offered('--tab', '')).toEqual(tabs.toSorted());
    expect(offered('--tab', '=', 'num')).toEqual(['numa']);
    expect(offered('simulate', '')).toEqual(expect.arrayContaining([...scenarios.keys()]));
    expect(offered('auto', '--policy', 'm')).toEqual(['mom']);
  });

  test('knows the flags of each command, wherever they stand', () => {
    for (const command of commands) {
      const words = command === 'live' ? [] : [command];
      expect(offered(...words, '--')).toEqual(
        flagsOf(command)
          .map(flag => `--${flag}`)
          .toSorted(),
      );
    }
    expect(offered('-d', '5', 'record', '--r')).toEqual(['--read-only', '--root', '--rotate']);
    expect(offered('-d', '')).toEqual([]);
  });

  test('knows the words of actions and files', () => {
    expect(offered('do', 'ksm', '')).toEqual(['run', 'stop', 'unmerge']);
    expect(offered('do', '--dry-run', 'sysctl', 'vm.swap')).toEqual(['vm.swappiness']);
    expect(offered('do', 'keep', 'ksm/ru')).toEqual(['ksm/run']);
    expect(offered('do', 'hugepages', '')).toEqual(['1G', '2M']);
    expect(offered('do', 'sysctl', 'vm.swappiness', '')).toEqual([]);
    expect(offered('replay', 'package.')).toEqual(['package.json']);
    expect(offered('--root', 'te')).toEqual(['test']);
  });

  test('offers guests that run, by no name that a shell would read as more than that', async () => {
    const prefix = `lab${process.pid}-`;
    for (const name of ['web', 'a b', '$(touch x)', 'x;ls', '-n', 'guest,debug-threads=on'].map(one => prefix + one)) {
      const arguments_ = ['-e', 'setInterval(() => {}, 1000)', '--', '-name', `guest=${name}`];
      const child = spawn(process.execPath, arguments_, { argv0: '/usr/bin/qemu-system-x86_64', stdio: 'ignore' });
      onTestFinished(() => {
        child.kill('SIGKILL');
      });
      await until('it runs', 20_000, () => readFileSync(`/proc/${child.pid}/cmdline`, 'utf8').includes(name));
    }
    expect(offered('do', 'balloon', prefix)).toEqual([`${prefix}-n`, `${prefix}guest`, `${prefix}web`]);
    expect(offered('-p', `${prefix}w`)).toEqual([`${prefix}web`]);
  });
});

for (const [shell, offers] of [
  ['zsh', offeredInZsh],
  ['fish', offeredInFish],
] as const)
  testUnless(lacking(shell), `completion in ${shell} knows what the one in bash does`, async () => {
    for (const words of [
      [''],
      ['re'],
      ['do', ''],
      ['do', 'ksm', ''],
      ['do', '--dry-run', 'sysctl', 'vm.swap'],
      ['do', 'sysctl', 'vm.swappiness', ''],
      ['do', 'hugepages', ''],
      ['--tab', ''],
      ['-d', ''],
      ['-d', '5', 'record', '--r'],
      ['auto', '--policy', 'm'],
      ...commands.map(command => (command === 'live' ? ['--'] : [command, '--'])),
    ])
      expect([words, offers(...words)]).toEqual([words, offered(...words)]);
    expect(offers('--tab=num').map(word => word.replace(/^--tab=/, ''))).toEqual(['numa']);
    expect(offers('replay', 'package.')).toContain('package.json');
    expect(offers('--root', 'te').map(word => word.replace(/\/$/, ''))).toEqual(['test']);
    const names = ['web', 'a b', '$(touch x)', 'x;ls'].map(name => `lab${process.pid}-${shell}-${name}`);
    for (const name of names) {
      const arguments_ = ['-e', 'setInterval(() => {}, 1000)', '--', '-name', `guest=${name},debug-threads=on`];
      const child = spawn(process.execPath, arguments_, { argv0: '/usr/bin/qemu-system-x86_64', stdio: 'ignore' });
      onTestFinished(() => {
        child.kill('SIGKILL');
      });
      await until('it runs', 20_000, () => readFileSync(`/proc/${child.pid}/cmdline`, 'utf8').includes(name));
    }
    expect(offers('do', 'balloon', `lab${process.pid}-${shell}`)).toEqual([names[0]]);
  });
