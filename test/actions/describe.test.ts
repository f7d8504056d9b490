import { expect, it } from 'vitest';
import type { Plan, Step } from '../../src/actions/action.ts';
import { describePlan, describeRequest, describeStep } from '../../src/actions/describe.ts';

const of = { guest: '1.1', name: 'web' } as const;

it.each<[Step, string]>([
  [{ kind: 'qmp', ...of, command: 'balloon', arguments: { value: 5 } }, 'QMP balloon {"value":5} on web'],
  [{ kind: 'write', path: '/proc/sys/vm/swappiness', value: '10' }, 'echo 10 > /proc/sys/vm/swappiness'],
  [
    { kind: 'write', path: '/proc/sys/vm/swappiness', value: '10', before: '60' },
    'echo 10 > /proc/sys/vm/swappiness (was 60)',
  ],
  [{ kind: 'virsh', ...of, words: ['setmem', 'web', '5', '--live'] }, 'virsh setmem web 5 --live'],
  [{ kind: 'api', ...of, method: 'PUT', path: '/vm', body: { size: 5 } }, 'PUT /vm {"size":5} on web'],
  [{ kind: 'client', ...of, words: ['crosvm', 'balloon', '5', '/run/a b'] }, "crosvm balloon 5 '/run/a b'"],
  [{ kind: 'file', path: '/etc/sysctl.d/a.conf' }, 'rm /etc/sysctl.d/a.conf'],
  [{ kind: 'file', path: '/etc/sysctl.d/a.conf', content: 'a = 1\n' }, 'write /etc/sysctl.d/a.conf: "a = 1\\n"'],
])('tells the step %j as it could be done by hand', (step, text) => {
  expect(describeStep(step)).toBe(text);
});

it.each([
  [['web-1', '2G'], 'kvmtop do balloon web-1 2G'],
  [['a@b%c+d=e:f,g.h/i_j', '80%'], 'kvmtop do balloon a@b%c+d=e:f,g.h/i_j 80%'],
  // Whatever a guest is called, a shell reads it as one word.
  [['my guest', '2G'], "kvmtop do balloon 'my guest' 2G"],
  [['$(reboot)', '2G'], "kvmtop do balloon '$(reboot)' 2G"],
  [['web;', ';web'], "kvmtop do balloon 'web;' ';web'"],
  [["it's", ''], String.raw`kvmtop do balloon 'it'\''s' ''`],
  // A size is no flag; what looks like one is no option of kvmtop's.
  [['web', '-25%'], 'kvmtop do balloon web -25%'],
  [['--help', '2G'], 'kvmtop do balloon -- --help 2G'],
  [['web-', '-'], 'kvmtop do balloon -- web- -'],
])('writes a request of %j for a shell', (words, line) => {
  expect(describeRequest({ action: 'balloon', words })).toBe(line);
});

it('tells a plan line by line, the refusal first, and nothing that a terminal would obey', () => {
  const plan: Plan = {
    request: { action: 'balloon', words: [] },
    subject: 'web',
    summary: 'Shrink \u001b[2Jweb',
    steps: [{ kind: 'write', path: '/a', value: '1' }],
    effect: ['host: gets back 1'],
    warnings: ['it is paused'],
  };
  const summary = { kind: 'summary', text: expect.not.stringContaining('\u001b') };
  const rest = [
    { kind: 'warning', text: 'Careful: it is paused' },
    { kind: 'effect', text: 'host: gets back 1' },
  ];
  const step = { kind: 'step', text: 'echo 1 > /a' };
  expect(describePlan(plan)).toEqual([summary, ...rest, step]);
  expect(describePlan({ ...plan, leftOut: ['db: unsafe'], refusal: { reason: 'unsafe', forceable: true } })).toEqual([
    summary,
    { kind: 'refusal', text: 'Refused: unsafe' },
    ...rest,
    { kind: 'left', text: 'left out: db: unsafe' },
    step,
  ]);
});
