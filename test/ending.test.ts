import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const ending = join(import.meta.dirname, '../src/ending.ts');

/** Threads that wait in the kernel for ever: a pipe has nobody at its other end. `$1` is where it lies. */
const stuck = {
  pool: `fs.open(pipe, 'r', () => {}); await wait(50);`,
  promises: `fs.promises.readFile(pipe); await wait(50);`,
  worker: `new Worker("process.getBuiltinModule('node:fs').readFileSync(" + JSON.stringify(pipe) + ")", { eval: true }).unref(); await wait(300);`,
  none: '',
};

const run = async (way: keyof typeof stuck, end: string): Promise<{ code: number | null; text: string }> => {
  const folder = mkdtempSync(join(tmpdir(), 'kvmtop-ending-'));
  try {
    const pipe = join(folder, 'pipe');
    execFileSync('mkfifo', [pipe]);
    const program = `
import fs from 'node:fs';
import { Worker } from 'node:worker_threads';
import { setTimeout as wait } from 'node:timers/promises';
import { exitNow, exitSoon } from ${JSON.stringify(ending)};
const pipe = ${JSON.stringify(pipe)};
process.on('exit', status => console.log('ended ' + status));
${stuck[way]}
${end}`;
    const child = spawn(process.execPath, ['--no-warnings', '--input-type=module', '-e', program], {
      stdio: ['ignore', 'pipe', 'inherit'],
      timeout: 20_000,
      killSignal: 'SIGKILL',
    });
    const text = (await child.stdout.toArray()).join('');
    const code = child.exitCode ?? (await once(child, 'close'))[0];
    return { code, text };
  } finally {
    rmSync(folder, { recursive: true });
  }
};

for (const way of Object.keys(stuck) as (keyof typeof stuck)[])
  test.concurrent(`ends with its status while the thread of this kind waits for ever: ${way}`, async () => {
    expect(await run(way, 'await exitSoon(3);')).toEqual({ code: 3, text: 'ended 3\n' });
    expect(await run(way, 'exitNow(1);')).toEqual({ code: 1, text: 'ended 1\n' });
  });
