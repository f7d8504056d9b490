import { execFile, execFileSync, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openTerminal } from '../pty/terminal.ts';
import { until } from '../until.ts';
import { describeLab } from './describe.ts';
import { type Systemd, startSystemd } from './systemd.ts';

const root = join(import.meta.dirname, '../..');
const debian = join(root, '.lab/debian');
const run = promisify(execFile);

const whyNot = (): string | undefined => {
  if (!existsSync(debian)) return 'the Debian to install in is missing: run test/lab/debian.sh';
  for (const program of ['rpmbuild', 'lintian', 'systemd-nspawn'])
    if (spawnSync(program, ['--version']).error) return `${program} is missing: run test/lab/install.sh`;
  return undefined;
};

/** Of a system's files those that installing and removing any package changes, or that change by themselves. */
const fleeting = `^/(dev|proc|sys|run|tmp|opt)(/|$)|^/var/(lib/(dpkg|systemd)|log/journal|cache/debconf)(/|$)|^/etc/machine-id$`;
const files = `find / -xdev | grep -vE '${fleeting}' | LC_ALL=C sort`;

describeLab(
  'the packages, where there is neither Node nor npm',
  () => {
    const here = mkdtempSync(join(tmpdir(), 'kvmtop-packages-'));
    const package_ = (suffix: string, folder = 'one'): string => {
      const [name = ''] = readdirSync(join(here, folder)).filter(one => one.endsWith(suffix));
      return join(here, folder, name);
    };
    let systemd: Systemd;
    let guest: ReturnType<typeof spawn> | undefined;
    beforeAll(async () => {
      mkdirSync(join(here, 'one'));
      const build = (folder: string, env: object) =>
        run(process.execPath, ['packaging/build/package.ts', process.arch, '--fast', '--out', join(here, folder)], {
          cwd: root,
          env: { ...process.env, ...env },
        });
      await Promise.all([
        build('one', {}),
        build('two', { TZ: 'Asia/Tokyo', LANG: 'C', TMPDIR: '/var/tmp' }),
        startSystemd(join(here, 'one'), debian).then(started => {
          systemd = started;
        }),
      ]);
    });
    afterAll(async () => {
      guest?.kill('SIGKILL');
      await systemd?.stop();
      rmSync(here, { recursive: true });
    });

    test('are the same, byte by byte, however often they are built', () => {
      for (const suffix of ['.deb', '.rpm'])
        expect(readFileSync(package_(suffix)).equals(readFileSync(package_(suffix, 'two'))), suffix).toBe(true);
    });

    test('lintian finds no error in the .deb', async () => {
      await run('lintian', ['--allow-root', '--fail-on', 'error', package_('.deb')]);
    });

    test('the .deb shows guests, records by its unit, is upgraded, and leaves nothing', async () => {
      const before = await systemd.run(`! command -v node npm; ${files}`);
      await systemd.run('dpkg -i /opt/kvmtop/*.deb');
      expect(await systemd.run('kvmtop --licences')).toMatch(/^kvmtop is free software.*\nink \d.*\nNode\.js \(/s);
      expect(await systemd.run('dpkg --verify kvmtop; systemctl is-enabled kvmtop-record kvmtop-auto || true')).toBe(
        'disabled\ndisabled\n',
      );

      const qemu = [
        'qemu-system-x86_64',
        '-accel',
        'tcg',
        '-m',
        '64',
        '-name',
        'web-1',
        '-nodefaults',
        '-display',
        'none',
      ];
      const balloon = ['-device', 'virtio-balloon-pci', '-qmp', `unix:${here}/web-1.qmp,server=on,wait=off`];
      const [enter, ...words] = systemd.enter('outside');
      guest = spawn(enter, [...words, ...qemu, ...balloon], { stdio: 'ignore' });
      await until('the guest listens', 30_000, () => existsSync(join(here, 'web-1.qmp')));

      const [command, ...args] = systemd.enter();
      const terminal = openTerminal({
        command,
        args: [...args, 'kvmtop'],
        env: { LANG: 'C.UTF-8', LC_ALL: undefined },
      });
      await terminal.waitFor(/web-1 +running +64\.0M/, 30_000);
      terminal.press('q');
      expect(await terminal.exit).toMatchObject({ code: 0 });
      await terminal.close();

      await systemd.run('systemctl start kvmtop-record; echo "delay = 2" >>/etc/kvmtop/config.toml');
      const recorded = (): Promise<string> =>
        systemd.run('kvmtop dump /var/log/kvmtop/*.kvmtop --fields balloon_actual 2>&1 || true');
      await until('the guest is recorded', 30_000, async () => /,web-1,.*,67108864$/m.test(await recorded()));

      const started = 'systemctl show kvmtop-record -p ActiveState -p ExecMainPID';
      const first = await systemd.run(started);
      await systemd.run('dpkg -i /opt/kvmtop/*.deb');
      const second = await systemd.run(started);
      expect([second, first]).toEqual([expect.stringMatching(/ActiveState=active/), expect.not.stringMatching(second)]);
      expect(await systemd.run('kvmtop config | grep ^delay')).toMatch(/^delay = 2/);
      expect(await recorded()).toMatch(/,web-1,.*,67108864$/m);

      await systemd.run('systemctl enable kvmtop-record 2>/dev/null; dpkg -r kvmtop');
      expect(await systemd.run(`${files} | grep kvmtop`)).toMatch(
        /^\/etc\/kvmtop\n\/etc\/kvmtop\/config\.toml\n\/var\/log\/kvmtop\n(\/var\/log\/kvmtop\/.+\n)+$/,
      );
      expect(await systemd.run('systemctl is-active kvmtop-record || true')).toBe('inactive\n');
      await systemd.run('dpkg -P kvmtop');
      expect(await systemd.run(files)).toBe(before);
    });

    test('the .rpm is whole, has the same files, is installed, runs, and leaves nothing', async () => {
      const rpm = package_('.rpm');
      expect(execFileSync('rpm', ['-K', rpm], { encoding: 'utf8' })).toMatch(/digests OK\n$/);
      const listed = execFileSync('rpm', ['-qlp', rpm], { encoding: 'utf8' }).split('\n');
      const inDeb = execFileSync('sh', ['-c', `dpkg-deb --fsys-tarfile '${package_('.deb')}' | tar -t`], {
        encoding: 'utf8',
      });
      const programs = (names: readonly string[]) =>
        names.filter(name => /^\/usr\/(bin|lib)\/.*[^/]$/.test(name)).toSorted();
      expect(programs(listed).filter(name => !/\/(kvmtop|dist|chunks)$/.test(name))).toEqual(
        programs(inDeb.split('\n').map(name => name.slice(1))).filter(name => !/\/(kvmtop|dist|chunks)$/.test(name)),
      );
      mkdirSync(join(here, 'rpm'));
      // All of it in memory, and gone with these mounts.
      const script = `mount -t tmpfs none . && cd "$PWD" && mkdir upper work root
        mount -t overlay overlay -o lowerdir=${debian},upperdir=upper,workdir=work root
        mkdir -p root/usr/share/licenses # as every system of that family has
        find root -xdev | sort >before
        rpm --root "$PWD/root" --nodeps --dbpath /rpm -i ${rpm}
        mount -t proc proc root/proc
        chroot root kvmtop --version
        chroot root kvmtop --demo --no-config snapshot --text -d 0.1 | head -1
        rpm --root "$PWD/root" --nodeps --dbpath /rpm -e kvmtop
        umount root/proc
        rm -r root/rpm
        find root -xdev | sort | diff before - && echo nothing is left`;
      const { stdout } = await run('unshare', ['--mount', 'sh', '-ec', script], { cwd: join(here, 'rpm') });
      expect(stdout).toMatch(/^kvmtop \d+\.\d+\.\d+\nkvmtop .* demo .*\nnothing is left\n$/);
    });
  },
  whyNot,
);
