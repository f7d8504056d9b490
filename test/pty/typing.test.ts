import { afterAll, afterEach, expect, test, vi } from 'vitest';
import { openDesk } from './kvmtop.ts';

const desk = openDesk();
afterEach(() => desk.tidy());
afterAll(() => desk.close());

const openDemo = async () => {
  const terminal = desk.open(['--demo']);
  await terminal.waitFor(/^q Quit/m, 20_000);
  return terminal;
};

test.each([
  ['that the terminal tells as such', (text: string) => `\x1b[200~${text}\x1b[201~`],
  ['of a terminal that does not', (text: string) => text],
])('a paste of 100 kB %s is cut at once, and the prompt goes on', async (_name, sent) => {
  const terminal = await openDemo();
  terminal.press('/');
  await terminal.waitFor(/^filter _/m);
  terminal.press(sent(`zz${'xy'.repeat(50_000)}`));
  await terminal.waitFor(/^filter .*zz(xy){10}/m, 3000);
  // Ctrl-U empties it: what is typed after the paste is not behind a queue of keys. What comes at once with the last of the
  // paste is a part of it, so it is pressed until it is one by itself, as an operator would.
  await vi.waitFor(
    async () => {
      terminal.press('\x15');
      await terminal.waitFor(/^filter _/m, 200);
    },
    { timeout: 3000 },
  );
  terminal.press('vdi');
  await terminal.waitFor(/^filter vdi_/m, 3000);
});

test('what is pasted where nothing takes text presses no key', async () => {
  const terminal = await openDemo();
  terminal.press('\x1b[200~bq4\r\x1b[201~');
  await terminal.waitFor('the paste was ignored');
  expect(terminal.screen().join('\n')).toMatch(/^1Over/m);
});

test('an arrow that comes in two packets moves the selection, and leaves nothing', async () => {
  const terminal = await openDemo();
  terminal.press('4');
  terminal.press('/');
  await terminal.waitFor(/^filter _/m);
  await terminal.pressTorn('\x1b[A', 1, 45);
  // Esc would have left the filter, and `[` and `A` would stand in it.
  terminal.press('v');
  await terminal.waitFor(/^filter v_/m);
});
