import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { until } from '../until.ts';
import { describeLab } from './describe.ts';
import { type Guest, type Lab, startGuest, startLab } from './lab.ts';

const absent = 2 ** 64;
const mib = 2 ** 20;

/** A kB line of /proc/PID/status in bytes. */
const held = (guest: Guest, name: string): number =>
  Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(readFileSync(`/proc/${guest.pid}/status`, 'utf8'))?.[1]) *
  1024;

const ksmOf = (guest: Guest): number =>
  Number(/ksm_merging_pages (\d+)/.exec(readFileSync(`/proc/${guest.pid}/ksm_stat`, 'utf8'))?.[1]);

const ksm = (name: string): number => Number(readFileSync(`/sys/kernel/mm/ksm/${name}`, 'utf8'));

const balloon = '/machine/peripheral/balloon0';
const stats = (guest: Guest, path = balloon) => guest.qmp('qom-get', { path, property: 'guest-stats' });
const actual = async (guest: Guest): Promise<number> => (await guest.qmp('query-balloon')).actual;

describeLab('what the rest builds on, on real guests', () => {
  let lab: Lab;
  beforeAll(async () => {
    lab = await startLab();
  });
  afterAll(() => lab?.stop());

  test('the balloon moves, and the guest sees it', async () => {
    const { id } = lab.guests;
    expect(await actual(id)).toBe(256 * mib);
    const total = async () => Number(/MemTotal:\s+(\d+)/.exec(await id.run('cat /proc/meminfo'))?.[1]) * 1024;
    const before = await total();
    await id.qmp('balloon', { value: 192 * mib });
    await until('the balloon is at 192 MiB', 20_000, async () => (await actual(id)) === 192 * mib);
    expect(await total()).toBe(before - 64 * mib);
    await id.qmp('balloon', { value: 256 * mib });
    await until('the balloon is back', 20_000, async () => (await actual(id)) === 256 * mib);
    expect(await total()).toBe(before);
  });

  test('statistics arrive while polling is on, and follow what the guest does', async () => {
    const { id } = lab.guests;
    const polling = (value: number) =>
      id.qmp('qom-set', { path: balloon, property: 'guest-stats-polling-interval', value });
    expect(await id.qmp('qom-get', { path: balloon, property: 'guest-stats-polling-interval' })).toBe(0);
    const first = (await stats(id))['last-update'];
    await polling(1);
    await until('a fresh report', 20_000, async () => (await stats(id))['last-update'] > first);
    // A tmpfs is page cache to the kernel.
    const caches = async (): Promise<number> => (await stats(id)).stats['stat-disk-caches'];
    const before = await caches();
    await id.run('i=0; while [ $i -lt 32 ]; do cat /seed; i=$((i+1)); done >/mem/used');
    await until('32 MiB more cached', 20_000, async () => (await caches()) > before + 30 * mib);
    await id.run('rm /mem/used');
    await until('and freed', 20_000, async () => (await caches()) < before + 2 * mib);
    await polling(0);
  });

  test('a balloon without an id is found by its type', async () => {
    const { noid } = lab.guests;
    const devices: { name: string; type: string }[] = await noid.qmp('qom-list', { path: '/machine/peripheral-anon' });
    const device = devices.find(({ type }) => type.startsWith('child<virtio-balloon'));
    expect((await stats(noid, `/machine/peripheral-anon/${device?.name}`)).stats['stat-total-memory']).toBeGreaterThan(
      100 * mib,
    );
  });

  test('without a device QEMU refuses', async () => {
    await expect(lab.guests.bare.qmp('query-balloon')).rejects.toMatchObject({ kind: 'DeviceNotActive' });
    await expect(stats(lab.guests.bare)).rejects.toMatchObject({ kind: 'DeviceNotFound' });
  });

  test('without the driver every statistic is 2^64 - 1 and the balloon never moves', async () => {
    const { nodriver } = lab.guests;
    const answer = await stats(nodriver);
    expect(answer['last-update']).toBe(0);
    const values = Object.values(answer.stats);
    expect(values.length).toBeGreaterThanOrEqual(10);
    expect(new Set(values)).toEqual(new Set([absent]));
    expect(await nodriver.qmp('balloon', { value: 96 * mib })).toEqual({});
    expect(await actual(nodriver)).toBe(128 * mib);
  });

  test('each memory backend shows where it should', () => {
    const { hugetlb, memfd, id } = lab.guests;
    expect(held(hugetlb, 'HugetlbPages')).toBe(128 * mib);
    // What is left is QEMU itself.
    expect(held(hugetlb, 'RssAnon') + held(hugetlb, 'RssShmem')).toBeLessThan(112 * mib);
    expect(held(memfd, 'RssShmem')).toBeGreaterThan(40 * mib);
    expect(held(memfd, 'HugetlbPages')).toBe(0);
    expect(held(id, 'RssShmem')).toBeLessThan(mib);
    expect(held(id, 'RssAnon')).toBeGreaterThan(40 * mib);
  });

  test('KSM merges the twins and nobody else', async () => {
    const { twinA, twinB, id } = lab.guests;
    const filled = (48 * mib) / 4096;
    await until('the twins share their fill', 60_000, () => ksmOf(twinA) > filled * 0.9 && ksmOf(twinB) > filled * 0.9);
    expect(ksm('pages_sharing')).toBeGreaterThan(filled * 0.9);
    expect(ksmOf(id)).toBe(0);
  });

  test('one is paused, having booted', async () => {
    expect(await lab.guests.paused.qmp('query-status')).toMatchObject({ status: 'paused', running: false });
    expect(lab.guests.paused.console()).toContain('kvmtop-lab: ready');
  });

  test('QEMU keeps the odd name as it is', async () => {
    expect(await lab.guests.odd.qmp('query-name')).toEqual({ name: 'we b\x1b[31mX' });
  });

  test('a stopped QEMU does not answer, and answers again', async () => {
    const { noid } = lab.guests;
    noid.signal('SIGSTOP');
    const answer = noid.qmp('query-status');
    const early = await Promise.race([answer, new Promise(resolve => setTimeout(resolve, 300, 'silence'))]);
    noid.signal('SIGCONT');
    expect(early).toBe('silence');
    expect(await answer).toMatchObject({ status: 'running' });
  });

  test('what QEMU says when it cannot start comes back', async () => {
    await expect(startGuest({ name: 'wrong', extra: ['-device', 'no-such-device'] })).rejects.toThrow(/no-such-device/);
  });
});
