import { execFileSync } from 'node:child_process';
import { truncateSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { Guest } from '../lab.ts';
import { isShown, mib, sizesIn } from '../oracle.ts';
import type { Stage } from './stage.ts';
import { type Look, snapshot, toldIn } from './watch.ts';

const node = (at: number): string => `/sys/devices/system/node/node${at}/hugepages/hugepages-2048kB/nr_hugepages`;

/** Captures the guest's own /proc and /sys, by the script that captures hosts; resolves to the folder that they are in. */
const capture = async (stage: Stage, guest: Guest, name: string): Promise<string> => {
  const tape = join(stage.folder, 'tape');
  await guest.run(`/bin/sh /capture.sh ${name} && tar cf /dev/nvme0n1 -C / ${name} && sync`);
  execFileSync('tar', ['xf', tape, '-C', stage.folder]);
  return join(stage.folder, name);
};

/**
 * What would harm this host, or takes another one: a guest with two NUMA nodes is the host, strict about its promises.
 * kvmtop sees what its kernel said.
 */
export const insideScene = async (stage: Stage): Promise<void> => {
  const { folder } = stage;
  const tape = join(folder, 'tape');
  execFileSync('tar', ['cf', tape, '-C', join(import.meta.dirname, '../../hosts'), 'capture.sh']);
  truncateSync(tape, 64 * mib);
  const guest = await stage.start('nodes', {
    memory: 4096,
    balloon: 'none',
    extra: [
      ...['-object', 'memory-backend-ram,id=one,size=1G', '-object', 'memory-backend-ram,id=two,size=3G'],
      ...['-numa', 'node,nodeid=0,cpus=0,memdev=one', '-numa', 'node,nodeid=1,memdev=two'],
      ...['-drive', `file=${tape},if=none,id=tape,format=raw,cache=unsafe`, '-device', 'nvme,drive=tape,serial=1'],
    ],
  });
  await guest.ready();
  await guest.run('tar xf /dev/nvme0n1 -C /');
  const seen = async (name: string): Promise<Look> => snapshot(stage.desk, '--root', await capture(stage, guest, name));
  const count = async (name: string): Promise<number> =>
    1024 * Number(new RegExp(`^${name}: +(\\d+) kB`, 'm').exec(await guest.run('cat /proc/meminfo'))?.[1]);

  expect((await seen('before')).findings).toEqual([]);

  // All that node 0 has of the pool is in use, and node 1 has 1.2 GiB.
  await guest.run(`mkdir /huge && mount -t hugetlbfs huge /huge && echo 4 >${node(0)} && fallocate -l 8M /huge/a`);
  await guest.run(`echo 600 >${node(1)}`);
  // Nearly all that may be promised is: what is in a tmpfs counts. Root has no reserve of its own meanwhile.
  await guest.run('cd /proc/sys/vm && echo 0 >admin_reserve_kbytes && echo 10 >overcommit_ratio');
  const room = 0.97 * (await count('CommitLimit')) - (await count('Committed_AS'));
  await guest.run(`dd if=/dev/zero of=/mem/a bs=1M count=${Math.floor(room / mib)}`);
  await guest.run('echo 2 >/proc/sys/vm/overcommit_memory');

  const look = await seen('tight');
  const near = toldIn(look, 'commit-near', 'host');
  expect(near).toMatchObject({ severity: 'warning', fix: ['sysctl', 'vm.overcommit_ratio', '15'] });
  const [promised, limit] = sizesIn(near?.text ?? '');
  expect(isShown(promised, await count('Committed_AS'), await count('Committed_AS'), mib), near?.text).toBe(true);
  expect(isShown(limit, await count('CommitLimit'), await count('CommitLimit')), near?.text).toBe(true);
  const unbalanced = toldIn(look, 'pool-unbalanced', 'pool of 2M pages');
  expect(unbalanced).toMatchObject({
    severity: 'notice',
    text: expect.stringMatching(/^Node 0 has no free page of it/),
  });
  expect(unbalanced?.text).toContain('node 1 has 1.17 GiB: guests bound to node 0 do not start');

  // What they say that helps.
  await guest.run(`echo 15 >/proc/sys/vm/overcommit_ratio && echo 592 >${node(1)} && echo 12 >${node(0)}`);
  const after = await seen('eased');
  expect(toldIn(after, 'commit-near', 'host')).toBeUndefined();
  expect(toldIn(after, 'pool-unbalanced', 'pool of 2M pages')).toBeUndefined();
};
