import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { commandLimit, defaultPatience } from '../../../src/collect/guests/monitors/contract.ts';
import { GuestMonitor } from '../../../src/collect/guests/monitors/qmp/monitor.ts';
import { wayTo } from '../../qmp/way.ts';

const ends: (() => void)[] = [];
afterEach(() => {
  for (const end of ends.splice(0)) end();
});

/** A socket that takes connections and says nothing, as QEMU's does while another client has it. */
const silentSocket = async (): Promise<string> => {
  const folder = mkdtempSync(join(tmpdir(), 'kvmtop-'));
  const open = new Set<Socket>();
  const server = createServer(socket => open.add(socket.on('error', () => undefined)));
  ends.push(() => {
    for (const socket of open) socket.destroy();
    server.close();
    rmSync(folder, { recursive: true });
  });
  const path = join(folder, 'qmp');
  await new Promise<void>(resolve => server.listen(path, resolve));
  return path;
};

it('a silent monitor is given up after the seconds that were set, and asked again after no more than were set', async () => {
  const path = await silentSocket();
  const patience = { greeting: 0.1, round: 0.1, pause: 5 };
  const monitor = new GuestMonitor([wayTo(path)], {}, patience);
  ends.push(() => void monitor.close());
  const started = performance.now();
  for (const now of [1000, 2000, 3000, 4000]) await monitor.ask(now, 1);
  // Four times the default of one second would be more.
  expect(performance.now() - started).toBeLessThan(3000);
  expect(monitor.sample.state).toBe('busy');
  // The fourth failure in a row would be a pause of 8 s.
  expect([4004.8, 4005].map(now => monitor.isDue(now))).toEqual([false, true]);
});

it('a command of the gate has as long as the settings let a monitor greet and answer, and at least five seconds', () => {
  expect(commandLimit(defaultPatience)).toBe(5000);
  expect(commandLimit({ greeting: 20, round: 30, pause: 30 })).toBe(50_000);
});
