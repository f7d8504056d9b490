import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface FakeProcess {
  readonly exe?: string;
  readonly args?: readonly string[];
  readonly comm?: string;
  readonly state?: string;
  readonly ppid?: number;
  readonly starttime?: number;
  readonly cwd?: string;
  /** Who runs it; untold when absent. */
  readonly uid?: number;
  /** Names of the sockets on which it listens, as it bound them; by default those in its words. */
  readonly listens?: readonly string[];
  /** Further links and files below /proc/PID. */
  readonly links?: Readonly<Record<string, string>>;
  readonly files?: Readonly<Record<string, string>>;
}

/** A folder with a /proc that tests fill with processes. */
export interface Tree {
  readonly dir: string;
  readonly process: (pid: number, about: FakeProcess) => void;
  readonly end: (pid: number) => void;
  readonly write: (path: string, text: string) => void;
  readonly text: (path: string) => string;
  readonly remove: () => void;
}

export const statLine = (pid: number, { comm = 'x', state = 'S', ppid = 1, starttime = 100 }: FakeProcess): string =>
  `${pid} (${comm}) ${state} ${ppid} 1 1 0 -1 4194304 4799 11 7 12 20 30 1 2 20 0 4 0 ${starttime} 1441361920 9253 18446744073709551615 1 1\n`;

export const statusText = (rssKb: number, uid?: number): string =>
  `Name:\tqemu-system-x86\nUmask:\t0022\nPid:\t1001\n${uid === undefined ? '' : `Uid:\t${[uid, uid, uid, uid].join('\t')}\n`}VmLck:\t       0 kB\nVmRSS:\t${String(rssKb).padStart(8)} kB\nRssAnon:\t${rssKb} kB\nThreads:\t4\nSigCgt:\t0000000000000000\nVmSwap:\t      12 kB\nHugetlbPages:\t    2048 kB\n`;

/** Sockets on which a VMM with these words listens: paths, and `HOST:PORT`. */
const listensIn = (words: readonly string[]): string[] =>
  words.flatMap((word, index) => {
    const option = words[index - 1] ?? '';
    if (/^--api-sock(et)?$/.test(option)) return [word.replace(/^path=/, '')];
    const [, path, address] = /(?:^unix:|^unix:path=|\bpath=|^--api-sock=)([^,]+)|^tcp:([^,]+)/.exec(word) ?? [];
    return path === undefined ? (address === undefined ? [] : [address]) : [path.replace(/^path=/, '')];
  });

/** `/proc/net/tcp` writes an address of four bytes as the processor has it. */
const tcpRow = (address: string, inode: number): string => {
  const [host = '', port = ''] = address.split(':');
  const bytes = (host === '' ? '0.0.0.0' : host).split('.').map(Number).reverse();
  const hex = bytes.map(byte => byte.toString(16).padStart(2, '0')).join('');
  const local = `${hex}:${Number(port).toString(16).padStart(4, '0')}`.toUpperCase();
  return `   0: ${local} 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 ${inode} 1\n`;
};

export const makeTree = (): Tree => {
  const dir = mkdtempSync(join(tmpdir(), 'kvmtop-tree-'));
  const write = (path: string, text: string) => {
    mkdirSync(join(dir, path, '..'), { recursive: true });
    writeFileSync(join(dir, path), text);
  };
  const link = (path: string, target: string) => {
    mkdirSync(join(dir, path, '..'), { recursive: true });
    rmSync(join(dir, path), { force: true });
    symlinkSync(target, join(dir, path));
  };
  return {
    dir,
    write,
    text: path => readFileSync(join(dir, path), 'utf8'),
    process(pid, about) {
      const folder = `proc/${pid}`;
      write(`${folder}/stat`, statLine(pid, about));
      write(`${folder}/status`, statusText(1000, about.uid));
      write(`${folder}/ksm_stat`, 'ksm_rmap_items 3\nksm_merging_pages 2\nksm_process_profit -64\nksm_merge_any: no\n');
      write(`${folder}/cmdline`, (about.args ?? []).map(arg => `${arg}\0`).join(''));
      if (about.exe !== undefined) link(`${folder}/exe`, about.exe);
      else rmSync(join(dir, folder, 'exe'), { force: true });
      if (about.cwd !== undefined) link(`${folder}/cwd`, about.cwd);
      for (const [name, target] of Object.entries(about.links ?? {})) link(`${folder}/${name}`, target);
      const rows = { unix: 'Num       RefCount Protocol Flags    Type St Inode Path\n', tcp: 'sl  local_address …\n' };
      for (const [index, name] of (about.listens ?? listensIn(about.args ?? [])).entries()) {
        const inode = pid * 100 + index;
        link(`${folder}/fd/${50 + index}`, `socket:[${inode}]`);
        if (/:\d+$/.test(name)) rows.tcp += tcpRow(name, inode);
        else rows.unix += `0: 00000002 00000000 00010000 0001 01 ${inode} ${name}\n`;
      }
      write(`${folder}/net/unix`, rows.unix);
      write(`${folder}/net/tcp`, rows.tcp);
      for (const [name, text] of Object.entries(about.files ?? {})) write(`${folder}/${name}`, text);
    },
    end(pid) {
      rmSync(join(dir, `proc/${pid}`), { recursive: true });
    },
    remove() {
      rmSync(dir, { recursive: true });
    },
  };
};
