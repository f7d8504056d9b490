import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openRecording } from '../../../src/recording/read.ts';
import { openWriter } from '../../../src/recording/write.ts';
import { soaking } from '../../soaking.ts';
import { folder } from '../folder.ts';
import { readAll } from '../read-all.ts';
import { begin, fewSamples, headlinesOf } from '../samples.ts';

/** Other processes that record, are killed, or may not read. */

const samples = await fewSamples(1);
const headlines = headlinesOf(samples);
const options = { program: 'kvmtop test', delay: 1 };

test('killed at any moment, at most the last sample is lost, and the next recorder goes on', async () => {
  const path = join(folder(), 'a.kvmtop');
  const kills = soaking ? [1, 2, 30, 131, 7, 64] : [1, 30, 131];
  let before = 0;
  for (const samplesUntil of kills) {
    const recorder = spawn(process.execPath, [join(import.meta.dirname, 'endless.ts'), path], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let told = '';
    recorder.stdout.setEncoding('utf8').on('data', (text: string) => {
      told += text;
      if (told.split('\n').length > samplesUntil) recorder.kill('SIGKILL');
    });
    await once(recorder, 'close');
    const written = told.split('\n').length - 1;
    const now = readAll(path);
    expect(written).toBeGreaterThanOrEqual(samplesUntil);
    expect(now - before).toBeGreaterThanOrEqual(written);
    expect(now - before).toBeLessThanOrEqual(written + 1);
    before = now;
  }
  const recording = openRecording(path);
  expect(recording.sessions.map(({ id }) => id)).toEqual(kills.map((_, index) => index + 1));
  expect(recording.sessions.slice(0, -1).every(({ ended }) => ended !== undefined && ended >= begin)).toBe(true);
  recording.close();
});

test('killed before its first sample it is a recording without samples, or can become one', async () => {
  const there = folder();
  for (const wait of soaking ? [0, 50, 100, 150, 200, 250, 300, 400] : [0, 80, 160]) {
    const path = join(there, `${wait}.kvmtop`);
    const recorder = spawn(process.execPath, [join(import.meta.dirname, 'endless.ts'), path], { stdio: 'ignore' });
    setTimeout(() => recorder.kill('SIGKILL'), wait);
    await once(recorder, 'exit');
    const writer = openWriter(path, options);
    writer.append(samples[0]!, headlines[0]!);
    writer.close();
    expect(readAll(path)).toBeGreaterThanOrEqual(1);
  }
});

test('without permission it is told', () => {
  const path = join(folder(), 'a.kvmtop');
  openWriter(path, options).close();
  chmodSync(path, 0);
  const script = `import { openRecording } from '${join(import.meta.dirname, '../../../src/recording/read.ts')}';
    if (process.getuid() === 0) process.setuid(65534);
    try { openRecording(process.argv[1]); } catch (error) { console.log(error.message); }`;
  const { stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', script, path], { encoding: 'utf8' });
  expect(stdout).toBe(`${path} may not be opened: no permission; run kvmtop as its owner\n`);
});
