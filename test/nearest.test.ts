import { expect, test } from 'vitest';
import { actions } from '../src/actions/actions.ts';
import { sysctls } from '../src/actions/sysctl/sysctls.ts';
import { unknownWord } from '../src/nearest.ts';
import { tabs } from '../src/store/tabs.ts';

test.each([
  ['action', 'ballon', [...actions.keys()], 'balloon'],
  ['action', 'hugepage', [...actions.keys()], 'hugepages'],
  ['tab', 'gests', tabs, 'guests'],
  ['tab', 'overwiev', tabs, 'overview'],
  ['sysctl', 'vm.swapiness', Object.keys(sysctls), 'vm.swappiness'],
  ['sysctl', 'swappiness', Object.keys(sysctls), 'vm.swappiness'],
])('a slip is told with the word that was meant: %s %s', (kind, given, words, meant) => {
  expect(unknownWord(kind, given, words)).toBe(`unknown ${kind} '${given}': did you mean '${meant}'?`);
});

test('what is like no word is told with all that there are', () => {
  expect(unknownWord('policy', 'xyzzy', ['kvmtop', 'mom'])).toBe("unknown policy 'xyzzy'; use one of kvmtop, mom");
});
