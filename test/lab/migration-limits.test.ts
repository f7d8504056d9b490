import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { openDesk } from '../pty/kvmtop.ts';
import { until } from '../until.ts';
import { describeLab } from './describe.ts';
import { type Guest, startGuest } from './guest.ts';
import { mib, prefix } from './oracle.ts';

describeLab('limits that a migration sets on a real QEMU', () => {
  const folder = mkdtempSync(join(tmpdir(), 'kvmtop-limits-'));
  const desk = openDesk();
  const name = `${prefix}limits`;
  let from: Guest;
  let to: Guest | undefined;
  /** As somebody has set them, who wants them so. */
  const own = { bandwidth: 64 * mib, downtime: 400 };
  beforeAll(async () => {
    from = await startGuest({ name, memory: 256, fill: 64 });
    await from.ready();
    await from.qmp('migrate-set-parameters', { 'max-bandwidth': own.bandwidth, 'downtime-limit': own.downtime });
  });
  afterEach(async () => {
    await desk.tidy();
    await to?.stop();
  });
  afterAll(async () => {
    await from?.stop();
    await desk.close();
    rmSync(folder, { recursive: true });
  });

  const limits = async () => {
    const { 'max-bandwidth': bandwidth, 'downtime-limit': downtime } = await from.qmp('query-migrate-parameters');
    return { bandwidth, downtime };
  };
  const status = async (): Promise<string | undefined> => (await from.qmp('query-migrate')).status;
  /** The address at which another QEMU waits for it. */
  const waiting = async (): Promise<string> => {
    const uri = `unix:${join(folder, 'incoming')}`;
    rmSync(join(folder, 'incoming'), { force: true });
    to = await startGuest({ name: `${name}-to`, memory: 256, extra: ['-incoming', uri] });
    return uri;
  };
  const ordered = { bandwidth: mib, downtime: 700 };
  const order = (uri: string) => ['do', 'migrate', name, uri, '1M', '700ms', '--yes'];

  test('are put back when it is cancelled', async () => {
    const begun = desk.run(order(await waiting()));
    await until('it is under way', 30_000, async () => (await status()) === 'active');
    expect(await limits()).toEqual(ordered);
    expect(await desk.run(['do', 'migrate-cancel', name, '--yes'])).toMatchObject({ code: 0 });
    expect(await begun).toMatchObject({ code: 1, stderr: expect.stringMatching(/migration cancelled/) });
    expect(await limits()).toEqual(own);
    expect(desk.journal('migration-limits')).toMatchObject([{ by: 'itself', outcome: 'done' }]);
  });

  test('are put back when it fails', async () => {
    const ran = await desk.run(order(`unix:${join(folder, 'nobody')}`));
    expect(ran).toMatchObject({ code: 1, stderr: expect.stringMatching(/migration failed/) });
    expect(await limits()).toEqual(own);
  });

  test('are put back by the next kvmtop when the one that set them is killed', async () => {
    const killed = desk.open(order(await waiting()));
    await until('it is under way', 30_000, async () => (await status()) === 'active');
    killed.signal('SIGKILL');
    await killed.exit;
    expect(await limits()).toEqual(ordered);
    // While it goes on they are what was ordered.
    const next = desk.open();
    await next.waitFor(name, 20_000);
    await next.waitFor(/migrat/, 20_000);
    expect(await limits()).toEqual(ordered);
    await from.qmp('migrate_cancel');
    await until('they are as they were', 30_000, async () => (await limits()).bandwidth === own.bandwidth);
    expect(await limits()).toEqual(own);
  });
});
