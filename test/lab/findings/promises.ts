import { readFileSync, renameSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { expect } from 'vitest';
import { until } from '../../until.ts';
import { isShown, kilobytes, mib, sizesIn } from '../oracle.ts';
import type { Stage } from './stage.ts';
import type { Look } from './watch.ts';

const GiB = 1024 * mib;
const of = (name: string): number => kilobytes('/proc/meminfo').get(name) ?? Number.NaN;

/** A monitor whose answers can be held up: clients get no greeting meanwhile, and the rest once it goes on. */
interface SlowMonitor {
  readonly hold: () => void;
  readonly goOn: () => void;
}

/** Puts itself between a guest's QMP socket and its clients. */
const slowDown = async (path: string): Promise<SlowMonitor> => {
  renameSync(path, `${path}.qemu`);
  const waiting: Socket[] = [];
  let held = false;
  const join = (client: Socket): void => {
    const monitor = connect(`${path}.qemu`);
    for (const [one, other] of [
      [client, monitor],
      [monitor, client],
    ] as const)
      one.on('error', () => other.destroy()).on('close', () => other.destroy());
    client.pipe(monitor).pipe(client);
  };
  const server = createServer(client => {
    client.on('error', () => client.destroy());
    if (held) waiting.push(client);
    else join(client);
  });
  await new Promise<void>(resolve => server.listen(path, resolve));
  server.unref();
  return {
    hold: () => {
      held = true;
    },
    goOn: () => {
      held = false;
      for (const client of waiting.splice(0)) if (!client.destroyed) join(client);
    },
  };
};

/** What those guests would take beyond what they hold: bytes. Those on hugepages have theirs. */
const claims = ({ guests }: Look): number =>
  guests
    .filter(({ pid }) => !/hugetlb=on/.test(readFileSync(`/proc/${pid}/cmdline`, 'utf8')))
    .reduce((sum, { pid, mem_size: size = Number.NaN }) => {
      const status = kilobytes(`/proc/${pid}/status`);
      return sum + size - (status.get('RssAnon') ?? Number.NaN) - (status.get('RssShmem') ?? Number.NaN);
    }, 0);

/** So many guests that there are fewer others, also where another lab runs. */
const count = 12;

/** Guests that were promised more than there is; and whose monitors take their time, more than half of all. */
export const promisesScene = async (stage: Stage): Promise<void> => {
  const { watch, silent } = stage;
  await silent('overcommit-unmet', 'host');
  // Half as much again as there is. They never run, so they cost next to nothing.
  const memory = Math.floor((1.5 * of('MemTotal')) / count / mib);
  const options = { memory, balloon: 'none', extra: ['-S'] } as const;
  const guests = await Promise.all(Array.from({ length: count }, (_, at) => stage.start(`promised-${at}`, options)));
  const names = new Set(guests.map(({ name }) => name));
  const monitors = await Promise.all(guests.map(({ qmpPath }) => slowDown(qmpPath)));
  await until('their monitors have answered', 30_000, () => {
    const answered = watch.looks.at(-1)?.guests.filter(({ name, monitor }) => names.has(name) && monitor === 'ok');
    return answered?.length === guests.length;
  });
  const areMost = (look: Look | undefined): boolean => look !== undefined && look.guests.length < 2 * count;
  await until('most guests are these', 100_000, () => areMost(watch.looks.at(-1)));
  const began = Date.now();
  for (const { hold } of monitors) hold();

  const unmet = await watch.tells('overcommit-unmet', 'host');
  expect(unmet.severity).toBe('warning');
  expect(unmet.text).toMatch(/^If every guest claims its maximum now: short by /);
  const lacking = claims(unmet.look) - of('MemAvailable');
  expect(isShown(sizesIn(unmet.text)[0], lacking, lacking, GiB), `${unmet.text} ${lacking / GiB}`).toBe(true);
  const slow = await watch.tells('monitors-slow', 'monitors');
  const [, age] = /^Half of the \d+ guests have not answered for (\d+)s or longer/.exec(slow.text) ?? [];
  expect(Math.abs(Number(age) - (Date.now() - began) / 1000), slow.text).toBeLessThan(5);

  for (const { goOn } of monitors) goOn();
  await watch.ends('monitors-slow', 'monitors');
  await Promise.all(guests.map(guest => guest.stop()));
  await watch.ends('overcommit-unmet', 'host');
};
