import { execFileSync, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { actions } from '../src/actions/actions.ts';
import { commands, flagsOf } from '../src/programs/options.ts';
import { scenarios } from '../src/simulator/scenarios.ts';
import { tabs } from '../src/store/tabs.ts';
import { until } from './until.ts';

const script = join(import.meta.dirname, '../packaging/completion.bash');

/** What bash offers for the last of these words, sorted. */
const offered = (...words: readonly string[]): readonly string[] => {
  const list = ['kvmtop', ...words].map(word => `'${word}'`).join(' ');
  // Outside of a real completion there are no options to set.
  const call = `compopt() { :; }; source '${script}'; COMP_WORDS=(${list}); COMP_CWORD=${words.length}; _kvmtop; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const text = execFileSync('bash', ['--norc', '-c', call], { encoding: 'utf8', cwd: join(import.meta.dirname, '..') });
  return text.split('\n').filter(Boolean).sort();
};

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
