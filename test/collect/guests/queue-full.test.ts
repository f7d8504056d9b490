import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { connectMonitor } from '../../../src/collect/guests/monitors/qmp/qmp.ts';

let folder: string;
let server: ChildProcess;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kvmtop-queue-'));
});
afterEach(async () => {
  const ended = once(server, 'exit');
  server.kill('SIGKILL');
  await ended;
  rmSync(folder, { recursive: true });
});

/** A server that accepts nobody for so many milliseconds, with its queue already full. */
const full = async (milliseconds: number): Promise<string> => {
  const path = join(folder, 'qmp');
  const program = [join(import.meta.dirname, 'queue-full.ts'), path, String(milliseconds)];
  server = spawn(process.execPath, program, { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(server.stdout!, 'data');
  const outcomes = await Promise.all(
    Array.from({ length: 6 }, async () => {
      const socket = createConnection({ path });
      const [outcome] = await Promise.race([
        once(socket, 'connect').then(() => ['waits'] as const),
        once(socket, 'error').then(([error]) => [(error as NodeJS.ErrnoException).code] as const),
      ]).catch((error: NodeJS.ErrnoException) => [error.code] as const);
      socket.destroy();
      return outcome;
    }),
  );
  expect(outcomes).toContain('EAGAIN');
  return path;
};

it('who is turned away because others wait tries again, as long as a greeting may take', async () => {
  const path = await full(400);
  const connections = await Promise.all(
    Array.from({ length: 5 }, () => connectMonitor({ path }, { greeting: 10_000, total: 20_000 })),
  );
  for (const connection of connections) {
    expect(connection.version).toBe('7.2.0');
    connection.close();
  }
});

it('and is told as busy after that, or ends at once with kvmtop', async () => {
  const path = await full(60_000);
  const asked = connectMonitor({ path }, { greeting: 150, total: 1000 });
  await expect(asked).rejects.toMatchObject({ trouble: 'busy' });
  const ending = new AbortController();
  const started = performance.now();
  const aborted = connectMonitor({ path }, { greeting: 60_000, total: 60_000, signal: ending.signal });
  ending.abort();
  await expect(aborted).rejects.toThrow();
  expect(performance.now() - started).toBeLessThan(30_000);
});
