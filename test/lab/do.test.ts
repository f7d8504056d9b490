import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { openDesk } from '../pty/kvmtop.ts';
import { until } from '../until.ts';
import { describeLab } from './describe.ts';
import { type Lab, startLab } from './lab.ts';
import { balloonOf, insideOf, intervalOf, mib, prefix, setInterval } from './oracle.ts';

describeLab('kvmtop do balloon', () => {
  let lab: Lab<'id' | 'bare' | 'nodriver' | 'hugetlb'>;
  const desk = openDesk();
  beforeAll(async () => {
    lab = await startLab(['id', 'bare', 'nodriver', 'hugetlb'], prefix);
    // As libvirt or Proxmox would have it: what is not reported is not known, and refused.
    for (const guest of [lab.guests.id, lab.guests.hugetlb]) {
      await setInterval(guest, 1);
      await until(`${guest.name} reports`, 20_000, async () => (await insideOf(guest)) !== undefined);
    }
  });
  afterEach(() => desk.tidy());
  afterAll(async () => {
    await desk.close();
    await lab?.stop();
  });

  const balloon = (...words: readonly string[]) => desk.run(['do', 'balloon', ...words]);
  const lines = (text: string): string[] => text.split('\n').filter(line => line !== '');

  test('--dry-run prints the plan and changes nothing', async () => {
    const { id } = lab.guests;
    const { code, stdout, stderr } = await balloon(id.name, '-25%', '--dry-run');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain(`Shrink ${id.name} from 256 MiB to 192 MiB\n`);
    expect(stdout).toMatch(/^guest: uses \d+(\.\d+)? MiB; available falls/m);
    expect(stdout).toMatch(/^host: gets back/m);
    expect(stdout).toContain(`balloon {"value":${192 * mib}}`);
    expect(stdout).toMatch(/^now .*\nthen .* at least\nthen .* at most$/m);
    expect(stdout).toContain('dry run: nothing was changed');
    expect(await balloonOf(id)).toBe(256 * mib);
    expect(desk.journal('balloon')).toEqual([]);
  });

  test('--yes does it, and ends when it has arrived', async () => {
    const { id } = lab.guests;
    const shrunk = await balloon(id.name, '200M', '--yes');
    // Not one moment later: it said so because it is so.
    expect(await balloonOf(id)).toBe(200 * mib);
    expect(shrunk).toMatchObject({ code: 0, stderr: '' });
    expect(shrunk.stdout).toContain(`${id.name}: balloon arrived at 200 MiB\n`);
    const grown = await balloon(String(id.pid), 'max', '--yes');
    expect(await balloonOf(id)).toBe(256 * mib);
    expect(grown).toMatchObject({ code: 0, stderr: '' });
    expect(desk.journal('balloon')).toMatchObject([
      { by: 'do', outcome: 'done', forced: false, steps: [{ command: 'balloon', arguments: { value: 200 * mib } }] },
      { by: 'do', outcome: 'done', forced: false, steps: [{ command: 'balloon', arguments: { value: 256 * mib } }] },
    ]);
  });

  test('has a guest report that nobody asked, for as long as it takes', async () => {
    const { id } = lab.guests;
    await setInterval(id, 0);
    await until('its report is stale', 30_000, async () => {
      const inside = await insideOf(id);
      return inside !== undefined && Date.now() / 1000 - inside.reported > 11;
    });
    try {
      const shrunk = await balloon(id.name, '208M', '--yes');
      expect(shrunk).toMatchObject({ code: 0, stderr: '' });
      expect(await balloonOf(id)).toBe(208 * mib);
      expect(await intervalOf(id)).toBe(0);
    } finally {
      await setInterval(id, 1);
      await balloon(id.name, 'max', '--yes', '--force');
    }
    expect(desk.journal('polling')).toMatchObject([
      { by: 'itself', outcome: 'done' },
      { by: 'itself', outcome: 'done' },
    ]);
  });

  test('asks at a terminal, and takes no for an answer', async () => {
    const { id } = lab.guests;
    const before = desk.journal('balloon').length;
    const refusing = desk.open(['do', 'balloon', id.name, '208M']);
    await refusing.waitFor('Do it? [y/N]', 20_000);
    refusing.press('n\r');
    expect(await refusing.exit).toEqual({ code: 0, signal: undefined });
    expect(refusing.screen().join('\n')).toContain('nothing was changed');
    expect(await balloonOf(id)).toBe(256 * mib);
    expect(desk.journal('balloon')).toHaveLength(before);
    const agreeing = desk.open(['do', 'balloon', id.name, '208M']);
    await agreeing.waitFor('Do it? [y/N]', 20_000);
    agreeing.press('y\r');
    expect(await agreeing.exit).toEqual({ code: 0, signal: undefined });
    expect(await balloonOf(id)).toBe(208 * mib);
    await balloon(id.name, 'max', '--yes');
    expect(await balloonOf(id)).toBe(256 * mib);
  });

  /** What is refused or wrong: nothing was sent, nothing journalled, one line says why. */
  const changesNothing = async (words: readonly string[], status: number, why: RegExp): Promise<void> => {
    const before = desk.journal('balloon').length;
    const { code, stderr } = await desk.run(['do', ...words]);
    expect({ words, code }).toEqual({ words, code: status });
    expect(lines(stderr)).toHaveLength(1);
    expect(stderr).toMatch(/^kvmtop: /);
    expect(stderr).toMatch(why);
    const { id, nodriver, hugetlb } = lab.guests;
    expect(await Promise.all([id, nodriver, hugetlb].map(balloonOf))).toEqual([256 * mib, 128 * mib, 128 * mib]);
    expect(desk.journal('balloon')).toHaveLength(before);
  };

  test('the guard rails refuse, with status 3, whatever --yes says', async () => {
    const { id, bare, nodriver, hugetlb } = lab.guests;
    await changesNothing(['balloon', id.name, '20M', '--yes'], 3, /unsafe: leaves .* minimum .*--force/);
    await changesNothing(['balloon', bare.name, '64M', '--yes'], 3, /no balloon device/);
    // Its statistics are off, so that it has no driver can't be told; it is made to report, and doesn't.
    const dry = await balloon(nodriver.name, '96M', '--dry-run');
    expect([dry.code, dry.stderr]).toEqual([0, '']);
    expect(dry.stdout).toMatch(new RegExp(`^would first ask for a fresh report, .*: ${nodriver.name}$`, 'm'));
    await changesNothing(['balloon', nodriver.name, '96M', '--yes', '--force'], 3, /never reported/);
    await changesNothing(['balloon', hugetlb.name, '96M', '--yes'], 3, /hugepages/);
    // One that kills is refused to force, too.
    await changesNothing(['balloon', id.name, '1M', '--yes', '--force'], 3, /kills a guest/);
  });

  test('--force overrules a guard rail, and the journal tells that', async () => {
    const { id } = lab.guests;
    const { used } = (await insideOf(id)) ?? { used: Number.NaN };
    const below = Math.floor(used / mib) + 120;
    const { code } = await balloon(id.name, `${below}M`, '--yes', '--force');
    expect(await balloonOf(id)).toBe(below * mib);
    expect(code).toBe(0);
    expect(desk.journal('balloon').at(-1)).toMatchObject({ forced: true, outcome: 'done' });
    expect(await id.run('echo alive')).toContain('alive');
    expect(await balloon(id.name, 'max', '--yes')).toMatchObject({ code: 0 });
  });

  test('--read-only refuses, with status 3', () =>
    changesNothing(['balloon', lab.guests.id.name, '200M', '--yes', '--read-only'], 3, /read-only/));

  test('a guest that is not there: status 1', () =>
    changesNothing(['balloon', `${prefix}nobody`, '1G', '--yes'], 1, new RegExp(`no guest '${prefix}nobody'`)));

  test('wrong usage, and nobody to ask: status 2', async () => {
    const { id } = lab.guests;
    await changesNothing(['balloon', id.name], 2, /GUEST SIZE/);
    await changesNothing(['balloon', id.name, 'much'], 2, /Not a size: 'much'/);
    await changesNothing(['nonsense'], 2, /balloon/);
    await changesNothing(['balloon', id.name, '200M'], 2, /no terminal to ask on: add --yes/);
  });
});
