import { chmodSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { openDesk } from '../pty/kvmtop.ts';
import { until } from '../until.ts';
import { describeLab } from './describe.ts';
import { type Guest, startGuest } from './lab.ts';
import { insideOf, mib, prefix, setInterval } from './oracle.ts';

/** On the disk, not in memory. */
const folder = join(import.meta.dirname, '../../.lab', `ram-${process.pid}`);

/** As Kata starts its QEMU: the monitor's socket is bound by another, and handed over as descriptor 9. */
const handingOver = (socket: string): string => `#!/usr/bin/perl
use Socket;
use POSIX ();
my $listener;
socket($listener, PF_UNIX, SOCK_STREAM, 0) && bind($listener, sockaddr_un('${socket}')) && listen($listener, 4) or die $!;
POSIX::dup2(fileno($listener), 9);
close($listener);
exec 'qemu-system-x86_64', @ARGV;
`;

type Told = Record<string, number | string>;

describeLab('what a guest’s memory is made of', () => {
  const desk = openDesk();
  let mixed: Guest;
  let filed: Guest;
  let sandbox: Guest;
  const guests = () => [mixed, filed, sandbox];
  beforeAll(async () => {
    mkdirSync(folder);
    const handover = join(folder, 'handover');
    const socket = join(folder, 'qmp.sock');
    writeFileSync(handover, handingOver(socket));
    chmodSync(handover, 0o755);
    const backend = `memory-backend-file,id=m0,size=192M,mem-path=${folder}/ram,share=on`;
    const plain = (name: string, ...words: string[]) => [
      ...['-name', name, '-accel', 'tcg,tb-size=64', '-nodefaults', '-display', 'none'],
      ...['-device', 'virtio-balloon-pci,id=balloon0', ...words],
    ];
    [mixed, filed, sandbox] = (await Promise.all([
      startGuest({
        name: `${prefix}mixed`,
        maxmem: 1024,
        extra: ['-object', 'memory-backend-memfd,id=d0,size=128M', '-device', 'pc-dimm,id=dimm0,memdev=d0'],
      }),
      startGuest({
        name: `${prefix}filed`,
        words: plain(`${prefix}filed`, '-m', '192', '-object', backend, '-machine', 'pc,memory-backend=m0'),
      }),
      startGuest({
        name: `sandbox-${prefix}1`,
        program: handover,
        qmpPath: socket,
        monitor: false,
        words: plain(`sandbox-${prefix}1,debug-threads=on`, '-m', '0xc0', '-qmp', 'unix:fd=9,server=on,wait=off'),
      }),
    ])) as [Guest, Guest, Guest];
    for (const guest of guests()) {
      await guest.ready();
      await setInterval(guest, 1);
      await until(`${guest.name} reports`, 20_000, async () => (await insideOf(guest)) !== undefined);
    }
  });
  afterEach(() => desk.tidy());
  afterAll(async () => {
    await desk.close();
    await Promise.all(guests().map(guest => guest?.stop()));
    rmSync(folder, { recursive: true, force: true });
  });

  const told = async () => {
    const { stdout } = await desk.run(['snapshot', '--json', '-d', '1']);
    const json = JSON.parse(stdout) as { ledger: { parts: Record<string, number> }; guests: Told[] };
    return { json, of: ({ name }: Guest): Told => json.guests.find(guest => guest['name'] === name) ?? {} };
  };

  test('is told by kind, from the command line and what the process has', async () => {
    const { json, of } = await told();
    expect(of(mixed)).toMatchObject({
      backend: 'anon',
      mem_size: 320 * mib,
      ram_private: 192 * mib,
      ram_shared: 128 * mib,
      ram_file: 0,
      ram_hugepages: 0,
    });
    expect(of(filed)).toMatchObject({ backend: 'shared', ram_private: 0, ram_shared: 0, ram_file: 192 * mib });
    // A guest that has booted holds some tens of MiB, and QEMU itself some.
    const files = Number(of(filed)['rss_file']);
    expect(files).toBeGreaterThan(60 * mib);
    const rest = ['rss_anon', 'rss_shmem', 'pte', 'swap'].reduce((sum, id) => sum + Number(of(filed)[id]), 0);
    expect(Number(of(filed)['held']) - rest).toBeGreaterThan(files - 40 * mib);
    expect(json.ledger.parts['guest_file']).toBeGreaterThan(files - 40 * mib);
  });

  test('is asked for over a monitor that was handed over, and is not libvirt’s', async () => {
    const { of } = await told();
    expect(of(sandbox)).toMatchObject({ monitor: 'ok', mem_size: 192 * mib, balloon_actual: 192 * mib });
    expect(of(sandbox)).not.toHaveProperty('manager');
  });

  test('decides what a balloon gives back', async () => {
    const { stdout, stderr, code } = await desk.run(['do', 'balloon', filed.name, '160M', '--dry-run', '--force']);
    expect([stderr, code]).toEqual(['', 0]);
    expect(stdout).toContain('host: gets back 0 B to 32.0 MiB, as far as the guest had touched it');
  });
});
