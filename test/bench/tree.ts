import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const captured = join(import.meta.dirname, '../hosts/debian12-busy');

/** Descriptors of a process that runs no guest; a sweep looks through them. */
const descriptors = 8;

/** A `--root` tree: a captured host with `guests` QEMU processes and as many others, their files as this kernel writes them. */
export const makeTree = (folder: string, guests: number): void => {
  cpSync(captured, folder, { recursive: true });
  const status = readFileSync('/proc/self/status', 'utf8');
  const stat = readFileSync('/proc/self/stat', 'utf8');
  const ksm =
    'ksm_rmap_items 4096\nksm_zero_pages 12\nksm_merging_pages 1024\nksm_process_profit 3932160\nksm_merge_any: no\nksm_mergeable: yes\n';
  for (let index = 0; index < guests * 2; index += 1) {
    const isGuest = index < guests;
    const pid = 1000 + index * 3;
    const at = join(folder, 'proc', String(pid));
    const name = `vm-${String(index + 1).padStart(4, '0')}`;
    mkdirSync(join(at, 'fd'), { recursive: true });
    symlinkSync(isGuest ? '/usr/bin/qemu-system-x86_64' : '/usr/sbin/service', join(at, 'exe'));
    for (let descriptor = 0; descriptor < descriptors; descriptor += 1)
      symlinkSync(`socket:[${pid * 16 + descriptor}]`, join(at, 'fd', String(descriptor)));
    const words = isGuest
      ? ['qemu-system-x86_64', '-name', `${name},debug-threads=on`, '-machine', 'q35,accel=kvm', '-m', '2048']
      : ['service', '--foreground'];
    writeFileSync(join(at, 'cmdline'), words.map(word => `${word}\0`).join(''));
    const kb = String(2_000_000 + index * 17);
    writeFileSync(
      join(at, 'status'),
      status.replace(/^(VmHWM|VmRSS|RssAnon):\s+\d+ kB$/gm, (_, key: string) => `${key}:\t${kb.padStart(8)} kB`),
    );
    writeFileSync(join(at, 'stat'), stat.replace(/^\d+ \(.*\) . \d+/s, `${pid} (qemu-system-x86) S 1`));
    writeFileSync(join(at, 'ksm_stat'), ksm);
  }
};
