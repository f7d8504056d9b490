import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { kvmtopWith } from '../pty/kvmtop.ts';
import { openTerminal } from '../pty/terminal.ts';
import { until } from '../until.ts';
import { describeLab } from './describe.ts';
import { type Domain, type LabLibvirt, startLibvirt, whyNoLibvirt } from './libvirt.ts';
import { prefix } from './oracle.ts';

const run = promisify(execFile);

describeLab(
  'a guest between two real libvirtds',
  () => {
    const state = mkdtempSync(join(tmpdir(), 'kvmtop-state-'));
    const env = { XDG_STATE_HOME: state, LANG: 'C.UTF-8', LC_ALL: undefined, TZ: 'UTC' };
    let here: LabLibvirt;
    let there: LabLibvirt;
    let domain: Domain;
    beforeAll(async () => {
      [here, there] = await Promise.all([startLibvirt(), startLibvirt()]);
      domain = await here.create({ name: `${prefix}lv-moves`, memory: 256 });
    });
    afterAll(async () => {
      rmSync(state, { recursive: true });
      await Promise.all([here?.stop(), there?.stop()]);
    });

    // In that libvirt's namespaces, as on a host of its own: on one host there are two guests of one UUID meanwhile.
    const words = (at: LabLibvirt, ...more: string[]) => [
      ...['--target', String(at.init()), '--mount', '--pid', ...kvmtopWith(...more, '-c', at.uri)],
    ];
    const kvmtopAt = (at: LabLibvirt, ...more: string[]): Promise<{ code: number; stdout: string; stderr: string }> =>
      new Promise(resolve => {
        const options = { env: { ...process.env, ...env }, timeout: 60_000 };
        const child = execFile('nsenter', words(at, ...more), options, (error, stdout, stderr) =>
          resolve({ code: error ? Number(error.code ?? -1) : 0, stdout, stderr }),
        );
        child.stdin?.end();
      });
    const kvmtop = (...more: string[]) => kvmtopAt(here, ...more);
    const virsh = async (at: LabLibvirt, ...words: string[]): Promise<string> =>
      (await run('virsh', ['-q', '-c', at.uri, ...words], { env: { ...process.env, LC_ALL: 'C' } })).stdout.trim();
    const domainsOf = (at: LabLibvirt): Promise<string> => virsh(at, 'list', '--name');

    test('a dry run tells the virsh command, and moves nothing', async () => {
      const { stdout, code } = await kvmtop('do', 'migrate', domain.name, there.uri, '20M', '--dry-run');
      expect(stdout).toContain(`virsh migrate --live --p2p ${domain.uuid} '${there.uri}' --bandwidth 20`);
      expect(code).toBe(0);
      expect(await domainsOf(there)).toBe('');
    });

    test('a libvirt that is not there is told, with its reason', async () => {
      const nowhere = 'qemu+unix:///system?socket=/nowhere/libvirt-sock';
      const { stderr, code } = await kvmtop('do', 'migrate', domain.name, nowhere, '--yes');
      expect([stderr, code]).toEqual([expect.stringMatching(/libvirt refused: .*\/nowhere\/libvirt-sock/), 1]);
      expect(await domainsOf(here)).toBe(domain.name);
    });

    test('one under way is shown, and cancelled', async () => {
      const begun = kvmtop('do', 'migrate', domain.name, there.uri, '2M', '500ms', '--yes');
      await until('it is under way', 30_000, async () =>
        /Memory remaining: +[1-9]/.test(await virsh(here, 'domjobinfo', domain.uuid)),
      );
      const { stdout: shown } = await kvmtop('snapshot', '--json');
      const row = JSON.parse(shown).guests.find(({ name }: { name: string }) => name === domain.name);
      expect(row.migration_remaining).toBeGreaterThan(0);
      // Where it comes in it stands still, too, and must never look like one that has gone.
      const arriving = JSON.parse((await kvmtopAt(there, 'snapshot', '--json')).stdout).guests[0];
      expect(arriving.name).toBe(domain.name);
      expect(arriving.state).not.toBe('postmigrate');
      const { stderr, code } = await kvmtopAt(there, 'do', 'quit', domain.name, '--yes', '--force');
      expect([stderr, code]).toEqual([expect.stringMatching(/libvirt/), 3]);
      expect(await domainsOf(there)).toBe(domain.name);
      const cancelled = await kvmtop('do', 'migrate-cancel', domain.name, '--yes');
      expect([cancelled.stderr, cancelled.code]).toEqual(['', 0]);
      expect(cancelled.stdout).toMatch(/migration cancelled, it runs on here/);
      // Who waited for it is told as well.
      const ended = await begun;
      expect(ended).toMatchObject({ code: 1, stderr: expect.stringMatching(/cancell?ed/) });
      // As was told before.
      expect(ended.stdout).toMatch(/a last pause of 0\.5s stays set for its next migration/);
      expect(await virsh(here, 'migrate-getmaxdowntime', domain.uuid)).toBe('500');
      expect(await domainsOf(here)).toBe(domain.name);
      expect(await domainsOf(there)).toBe('');
    });

    test('it arrives, with its progress told on the screen, and goes on when kvmtop ends', async () => {
      const size = { columns: 160, rows: 40 };
      const terminal = openTerminal({ command: 'nsenter', args: words(here, '--tab', 'guests'), env, ...size });
      await terminal.waitFor(domain.name, 20_000);
      // Else libvirt would do that only once the migration has ended, and who quits waits a while for it.
      await until('its statistics are on', 20_000, async () => (await domain.period()) > 0);
      terminal.press(':');
      // So much at once is pasted: it goes where text is asked for, and Enter is a key of its own.
      await terminal.waitFor('balloon GUEST SIZE', 10_000);
      terminal.press(`migrate ${domain.name} ${there.uri} 2M`);
      await terminal.waitFor(`Migrate ${domain.name} to`, 10_000);
      terminal.press('\r');
      // Where the plan is longer than the dialog it is read to its end first, here with Page Down.
      await terminal.waitFor(/Read on|Do it\?/, 10_000);
      terminal.press('\u001b[6~');
      await terminal.waitFor('Do it?', 10_000);
      terminal.press('y');
      await terminal.waitFor(/\[[█░]{8}\] \d+% \S+: migrating, .* left at/, 20_000);
      const asked = performance.now();
      terminal.press('q');
      await terminal.exit;
      expect(performance.now() - asked).toBeLessThan(3000);
      expect(await domainsOf(here)).toBe(domain.name);
      await until('it is gone here', 60_000, async () => (await domainsOf(here)) === '');
      expect(await virsh(there, 'domstate', domain.uuid)).toBe('running');
    });

    test('it comes back, and do waits until it has', async () => {
      const { stdout, stderr, code } = await kvmtopAt(there, 'do', 'migrate', domain.name, here.uri, '6M', '--yes');
      expect([stderr, code]).toEqual(['', 0]);
      expect(stdout).toMatch(/migrating, .* left at[\s\S]*: migrated, .* sent; libvirt has ended it here/);
      expect(await domainsOf(here)).toBe(domain.name);
    });
  },
  whyNoLibvirt,
);
