import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { until } from '../until.ts';
import { describeLab } from './describe.ts';
import { type Systemd, startSystemd } from './systemd.ts';

const checkout = join(import.meta.dirname, '../..');

const whyNoSystemd = (): string | undefined =>
  spawnSync('systemd-nspawn', ['--version']).error ? 'systemd-nspawn is missing: run test/lab/install.sh' : undefined;

describeLab(
  'the units, under a real systemd',
  () => {
    let systemd: Systemd;
    beforeAll(async () => {
      systemd = await startSystemd(checkout);
      // Its files are this host's: what a kvmtop has left or set here is not this one's.
      await systemd.run(`
        rm -rf /var/log/kvmtop /etc/kvmtop /etc/systemd/system/kvmtop-*
        ln -sf /opt/kvmtop/bin/kvmtop /usr/local/bin/kvmtop
        cp /opt/kvmtop/packaging/*.service /etc/systemd/system/
        systemctl daemon-reload
        systemd-run --unit=guest qemu-system-x86_64 -accel tcg -m 64 -name web-1 -nodefaults -display none \\
          -device virtio-balloon-pci -qmp unix:/run/web-1.qmp,server=on,wait=off
        chmod 0700 /run/web-1.qmp || true`);
    });
    afterAll(() => systemd.stop());

    const logOf = (unit: string): Promise<string> => systemd.run(`journalctl -o cat -u ${unit}`);
    const tells = (unit: string, line: RegExp): Promise<void> =>
      until(`${unit} tells ${line}`, 30_000, async () => line.test(await logOf(unit)));
    const filesIn = async (): Promise<string[]> => (await systemd.run('ls /var/log/kvmtop')).trim().split('\n');
    const dump = (file: string): Promise<string> =>
      systemd.run(`kvmtop dump /var/log/kvmtop/${file} --fields balloon_actual 2>&1`);

    test('the recorder sees guests through what confines it, begins anew on reload, and ends whole', async () => {
      await systemd.run('systemctl start kvmtop-record');
      await tells('kvmtop-record', /^recording to \/var\/log\/kvmtop\/host-[\d-]+\.kvmtop every 1s/m);
      const [file = ''] = await filesIn();
      // Its monitor answered: 64 MiB, all of it the guest's.
      await until('the guest is recorded', 30_000, async () => /,web-1,.*,67108864$/m.test(await dump(file)));
      await systemd.run(`mv /var/log/kvmtop/${file} /var/log/kvmtop/moved.kvmtop; systemctl reload kvmtop-record`);
      await until('a new file', 30_000, async () => (await filesIn()).includes(file));
      expect(await systemd.run('stat -c %a /var/log/kvmtop /var/log/kvmtop/*.kvmtop')).toBe('700\n600\n600\n');
      await systemd.run('systemctl stop kvmtop-record');
      await tells('kvmtop-record', /^recorded \d+ samples to /m);
      // Nothing is left beside the two.
      expect(await filesIn()).toEqual([file, 'moved.kvmtop']);
      expect(await dump('moved.kvmtop')).toMatch(/,web-1,.*,67108864$/m);
      expect(await systemd.run('systemctl show kvmtop-record -p Result -p ExecMainStatus')).toBe(
        'Result=success\nExecMainStatus=0\n',
      );
    });

    test('the policy runs in shadow, tells, and ends well; wrong words are not tried again', async () => {
      await systemd.run('systemctl start kvmtop-auto');
      await tells('kvmtop-auto', /kvmtop started: host: in shadow: nothing is changed/);
      await tells('kvmtop-auto', /kvmtop skipped: web-1: /);
      await systemd.run('systemctl stop kvmtop-auto');
      await tells('kvmtop-auto', /kvmtop ended: host: /);
      expect(await systemd.run('systemctl show kvmtop-auto -p Result -p ExecMainStatus')).toBe(
        'Result=success\nExecMainStatus=0\n',
      );
      await systemd.run(`
        mkdir -p /etc/systemd/system/kvmtop-auto.service.d
        printf '[Service]\\nExecStart=\\nExecStart=/usr/local/bin/kvmtop auto --polcy mom\\nRestartSec=0\\n' \\
          >/etc/systemd/system/kvmtop-auto.service.d/wrong.conf
        systemctl daemon-reload
        systemctl start kvmtop-auto || true`);
      await until('it has failed', 30_000, async () =>
        (await systemd.run('systemctl is-failed kvmtop-auto || true')).startsWith('failed'),
      );
      expect(await systemd.run('systemctl show kvmtop-auto -p NRestarts -p ExecMainStatus')).toBe(
        'NRestarts=0\nExecMainStatus=2\n',
      );
    });
  },
  whyNoSystemd,
);
