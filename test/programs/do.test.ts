import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import type { Control } from '../../src/actions/gate/control.ts';
import { Refused } from '../../src/actions/gate/control.ts';
import { doAction } from '../../src/programs/do.ts';
import { parseCall, UsageError } from '../../src/programs/options.ts';
import { createDemoSource } from '../../src/source/demo.ts';
import type { Source } from '../../src/source/source.ts';
import { printed } from './sources.ts';

/** The demo, and the commands that its guests were given; `typed` is all that the terminal says, without it there is none. */
const doing = (words: readonly string[], typed?: string) => {
  const commands: string[] = [];
  const demo = createDemoSource({ clock: () => 1_800_000_000 });
  const { execute, ...rest } = demo.control as Control;
  const control: Control = {
    ...rest,
    execute(guest, command, args) {
      commands.push(command);
      return execute(guest, command, args);
    },
  };
  const source: Source = { ...demo, control };
  const stdin = Object.assign(new PassThrough(), { isTTY: typed !== undefined }) as unknown as NodeJS.ReadStream;
  stdin.push(typed ?? 'y\n');
  const { options } = parseCall(['do', ...words, '--demo']);
  const told = printed(out => doAction(source, options, { stdin, stdout: out as unknown as NodeJS.WriteStream }));
  return { told, commands };
};

test('without a terminal nothing is asked, and nothing done: a yes that nobody typed is none', async () => {
  const { told, commands } = doing(['balloon', 'web-1', '-256M']);
  await expect(told).rejects.toThrow(UsageError);
  await expect(told).rejects.toThrow('there is no terminal to ask on: add --yes, or --dry-run to see the plan');
  expect(commands).toEqual([]);
});

test.each(['n\n', '\n', 'yesterday\n'])('on a terminal %j does nothing', async typed => {
  const { told, commands } = doing(['balloon', 'web-1', '-256M'], typed);
  expect(await told).toMatch(/Do it\? \[y\/N\] .*nothing was changed\n$/s);
  expect(commands).toEqual([]);
});

test('what the guard rails refuse is not asked about, whatever is typed', async () => {
  const { told, commands } = doing(['balloon', 'web-1', '100M'], 'y\n');
  await expect(told).rejects.toThrow(Refused);
  await expect(told).rejects.toThrow(/unsafe: .*; --force overrules this; nothing was changed/);
  expect(commands).toEqual([]);
});

test('a dry run tells the plan and does nothing, without a terminal too', async () => {
  const { told, commands } = doing(['balloon', 'web-1', '-256M', '--dry-run']);
  expect(await told).toMatch(/^Shrink web-1 .*dry run: nothing was changed\n$/s);
  expect(commands).toEqual([]);
});
