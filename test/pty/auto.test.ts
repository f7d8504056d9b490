import { afterAll, afterEach, expect, test } from 'vitest';
import { guestIn, openDesk } from './kvmtop.ts';

const desk = openDesk();
afterEach(() => desk.tidy());
afterAll(() => desk.close());

const [enter, leave, up, down] = ['\r', '\x1b', '\x1b[A', '\x1b[B'];

const openDemo = async (...args: string[]) => {
  const terminal = desk.open(['--demo', '-d', '0.5', ...args], { columns: 120, rows: 40 });
  await terminal.waitFor(screen => guestIn(screen, 'db-main')?.get('STATE') === 'running', 20_000);
  const head = (): string => terminal.screen()[0] ?? '';
  return { terminal, head };
};

test('A lets a policy run in shadow, A again for real, and X stops it: the header says so all the time', async () => {
  const { terminal, head } = await openDemo();
  expect(head()).not.toMatch(/SHADOW|AUTO/);
  terminal.press('A');
  await terminal.waitFor('Run a policy');
  await terminal.waitFor(/^\* none +off/m);
  terminal.press(enter);
  await terminal.waitFor(screen => /SHADOW kvmtop/.test(screen[0] ?? ''));
  await terminal.waitFor('kvmtop tells what it would do');

  terminal.press('A');
  await terminal.waitFor(/^\* kvmtop +shadow/m);
  terminal.press(down);
  terminal.press(enter);
  await terminal.waitFor(screen => /AUTO kvmtop/.test(screen[0] ?? ''));
  await terminal.waitFor('kvmtop acts now: X stops it');
  expect(head()).not.toMatch(/SHADOW/);

  terminal.press('X');
  await terminal.waitFor(screen => !/SHADOW|AUTO/.test(screen[0] ?? ''));
  await terminal.waitFor('everything automatic was stopped; balloons stand where they are');
  terminal.press('q');
  expect(await terminal.exit).toEqual({ code: 0, signal: undefined });
});

test('Esc leaves all as it is', async () => {
  const { terminal, head } = await openDemo();
  terminal.press('A');
  await terminal.waitFor('Run a policy');
  terminal.press(leave);
  await terminal.waitFor(screen => !screen.join('\n').includes('Run a policy'));
  expect(head()).not.toMatch(/SHADOW|AUTO/);
});

test('P pins the selected guest and releases it; the advisor tells how many, and the policy leaves it out', async () => {
  const { terminal } = await openDemo();
  terminal.press(down);
  terminal.press(up);
  terminal.press('P');
  await terminal.waitFor(screen => guestIn(screen, 'db-main')?.get('STATE') === 'running*');
  terminal.press('A');
  await terminal.waitFor('Run a policy');
  terminal.press(enter);
  terminal.press('V');
  await terminal.waitFor(/Policy .*kvmtop, shadow, 1 pinned/);
  await terminal.waitFor(/skipped .*db-main .*pinned by hand: left alone/, 20_000);
  terminal.press('1');
  await terminal.waitFor(screen => guestIn(screen, 'db-main')?.get('STATE') === 'running*');
  terminal.press('P');
  await terminal.waitFor(screen => guestIn(screen, 'db-main')?.get('STATE') === 'running');
  terminal.press('V');
  await terminal.waitFor(/Policy .*kvmtop, shadow(?!, 1 pinned)/);
});

test('where nothing may be changed, shadow is offered, and act is not', async () => {
  const { terminal, head } = await openDemo('--read-only');
  terminal.press('A');
  await terminal.waitFor(/^ {2}kvmtop +act +not available: read-only/m);
  terminal.press(down);
  terminal.press(enter);
  terminal.press(up);
  terminal.press(enter);
  await terminal.waitFor(screen => /SHADOW kvmtop/.test(screen[0] ?? ''));
  expect(head()).not.toMatch(/AUTO/);
});
