import { readFileSync } from 'node:fs';
import { expect } from 'vitest';
import { until } from '../../until.ts';
import { openCell } from '../lab.ts';
import { balloonOf, countOf, isShown, kilobytes, mib, setInterval, sizesIn } from '../oracle.ts';
import type { Stage } from './stage.ts';
import { carryOut, type Told, toldIn } from './watch.ts';

const page = 4096;

/** Bytes that the host moved to and from swap since it started. */
const swapped = (): number => (countOf('/proc/vmstat', 'pswpin') + countOf('/proc/vmstat', 'pswpout')) * page;
const majorFaults = (pid: number): number =>
  Number(readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/.*\) /s, '').split(' ')[9]);
const pressure = (): number => Number(/some avg10=([\d.]+)/.exec(readFileSync('/proc/pressure/memory', 'utf8'))?.[1]);

/** How fast a counter grows, per second: over two seconds and more. */
const measure = async (count: () => number): Promise<number> => {
  const [from, began] = [count(), Date.now()];
  await until('two seconds are over', 10_000, () => Date.now() - began > 2000);
  return ((count() - from) / (Date.now() - began)) * 1000;
};

/** The disk is faster at one time than at another: within a factor of five. */
const isAbout = (value: number, measured: number): boolean => value > measured / 5 && value < measured * 5;

/** The host swaps out a guest whose cgroup is too small, then the guest uses what is out, and another guest has memory to spare. */
export const swapScene = async (stage: Stage): Promise<void> => {
  const { watch, desk, silent } = stage;
  const cell = await openCell(256, { swap: true });
  stage.keep(cell.close);
  const [out, idle] = await Promise.all([
    stage.start('out', { memory: 512, cell: cell.folder }),
    stage.start('idle', { memory: 768 }),
  ]);
  await Promise.all([out.ready(), idle.ready()]);
  // Used once, and not any more.
  await idle.run('dd if=/dev/zero of=/mem/a bs=1M count=560 && rm /mem/a');
  const holds = (): number => kilobytes(`/proc/${out.pid}/status`).get('VmSwap') ?? Number.NaN;

  await silent('guest-swapped', out.name);
  await out.run('dd if=/dev/urandom of=/mem/a bs=1M count=300');
  const asleep = await watch.tells('guest-swapped', out.name, ({ severity }) => severity === 'notice');
  expect(asleep.text).toMatch(/ of its 512 MiB\. The guest touches next to nothing of that now\.$/);
  expect(isShown(sizesIn(asleep.text)[0], holds(), holds(), 4 * mib), asleep.text).toBe(true);
  expect(holds()).toBeGreaterThan(128 * mib);

  await watch.ends('host-swapping', 'host');
  await silent('host-swapping', 'host');
  // Not `cat`, which would have the kernel pass on pages that nobody looks at.
  await out.run('touch /go; while [ -e /go ]; do dd if=/mem/a of=/dev/null bs=1M; done >/dev/null 2>&1 &');
  // There is room: what holds the guest is its cgroup, so no balloon would help.
  const swapping = await watch.tells('host-swapping', 'host');
  const moved = Number(/: ([\d.]+) MiB\/s in, /.exec(swapping.text)?.[1]) + outRate(swapping);
  expect(isAbout(moved, (await measure(swapped)) / mib), swapping.text).toBe(true);
  const [, room = ''] = /Yet it is not short: (.*?) of .* are available \(/.exec(swapping.text) ?? [];
  const available = kilobytes('/proc/meminfo').get('MemAvailable');
  expect(isShown(sizesIn(room)[0], available, swapping.look.host['mem_available'], 1024 * mib), room).toBe(true);
  const awake = await watch.tells('guest-swapped', out.name, ({ severity }) => severity === 'warning');
  const faults = /waits for the host’s disk ([\d.]+)(k?) times a second/.exec(awake.text);
  const measured = await measure(() => majorFaults(out.pid));
  expect(isAbout(Number(faults?.[1]) * (faults?.[2] ? 1000 : 1), measured), `${awake.text} ${measured}`).toBe(true);
  const high = await watch.tells('pressure-high', 'host');
  const some = Number(/waited for memory ([\d.]+)% of the time/.exec(high.text)?.[1]);
  expect(isAbout(some, pressure()), `${high.text} ${pressure()}`).toBe(true);

  // Where the operator calls half of the RAM little: then balloons would help. What guests have is not known yet.
  const tight = await stage.openWatch('[thresholds]\navailable_low_percent = 50\n');
  const unknown = await tight.tells('host-swapping', 'host');
  expect(unknown.text).toMatch(
    / No balloon is known to have anything worth taking: what \d+ guests use \(.*\) is unknown\.$/,
  );
  await setInterval(idle, 1);
  const spare = await tight.tells('host-swapping-idle', 'host');
  expect(spare.fix).toEqual([
    expect.stringMatching(/^balloons?$/),
    expect.stringMatching(`^${idle.pid}\\.`),
    expect.any(String),
  ]);
  await carryOut(desk, spare);
  await until('the idle one has given', 60_000, async () => (await balloonOf(idle)) < 512 * mib);
  await tight.ends('host-swapping-idle', 'host');
  expect(watch.looks.filter(look => toldIn(look, 'host-swapping-idle', 'host'))).toEqual([]);

  await out.run('rm /go');
  await watch.ends('pressure-high', 'host');
  await watch.ends('host-swapping', 'host');
  cell.resize(1024);
  await out.run('dd if=/mem/a of=/dev/null bs=1M');
  await watch.ends('guest-swapped', out.name);
  expect(holds()).toBeLessThan(128 * mib);
};

const outRate = ({ text }: Told): number => {
  const [, count, unit] = /in, ([\d.]+) ([KM]iB)\/s out/.exec(text) ?? [];
  return Number(count) / (unit === 'KiB' ? 1024 : 1);
};
