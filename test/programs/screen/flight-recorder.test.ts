import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { openJournal } from '../../../src/actions/gate/journal.ts';
import { createFlightRecorder, recordingName } from '../../../src/programs/screen/flight-recorder.ts';
import { headlineOf } from '../../../src/recording/headline.ts';
import { createMemoryTape } from '../../../src/recording/memory-tape.ts';
import { openRecording } from '../../../src/recording/read.ts';
import { withModel } from '../../../src/store/moments.ts';
import { demoModels, openStage } from '../../ui/stage.tsx';
import { until } from '../../until.ts';

test('a recording is named by its host and when it was begun', () => {
  expect(recordingName('kvm-7.example.net', 1_800_000_002)).toBe('kvmtop-kvm-7.example.net-20270115-080002.kvmtop');
  expect(recordingName(undefined, 1_800_000_002)).toBe('kvmtop-host-20270115-080002.kvmtop');
});

test('no name of a host leads elsewhere, or has what a shell or a terminal would take for more', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.constantFrom('../../etc', '/', '.', 'a\nb', '\x1b[31m')), hostname => {
      expect(recordingName(hostname, 1_800_000_002)).toMatch(/^kvmtop-[\w.-]*-20270115-080002\.kvmtop$/);
    }),
  );
});

test('a recording begun by key has each look once, those before the key too', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'kvmtop-flight-'));
  const journal = openJournal(join(folder, 'journal.ndjson'));
  const models = await demoModels(40);
  const { store } = openStage(models.slice(0, 1));
  const memory = createMemoryTape({ seconds: 3600, bytes: 2 ** 24 });
  const flight = createFlightRecorder({ store, memory, journal });
  try {
    let next = 0;
    const look = (): void => {
      const model = models[next++]!;
      store.setState(state => withModel(state, model));
      flight.see(model.sample, headlineOf(model));
    };
    for (let count = 0; count < 10; count++) look();
    flight.toggle();
    // Looks go on while the file is opened.
    await until('the recording runs', 20_000, () => {
      if (next < 30) look();
      return store.getState().recorded !== undefined;
    });
    look();
    const { path } = store.getState().recorded!;
    await flight.close();
    const recording = openRecording(path);
    const times = recording.headlines(recording.first, recording.last).map(({ time }) => time);
    recording.close();
    expect(times).toEqual(models.slice(0, next).map(({ time }) => time));
    expect(next).toBeGreaterThan(11);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
