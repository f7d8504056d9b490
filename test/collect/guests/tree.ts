import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
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
  readonly remove: () => void;
}

export const statLine = (pid: number, { comm = 'x', state = 'S', ppid = 1, starttime = 100 }: FakeProcess): string =>
  `${pid} (${comm}) ${state} ${ppid} 1 1 0 -1 4194304 4799 11 7 12 20 30 1 2 20 0 4 0 ${starttime} 1441361920 9253 18446744073709551615 1 1\n`;

export const statusText = (rssKb: number): string =>
  `Name:\tqemu-system-x86\nUmask:\t0022\nPid:\t1001\nVmLck:\t       0 kB\nVmRSS:\t${String(rssKb).padStart(8)} kB\nRssAnon:\t${rssKb} kB\nThreads:\t4\nSigCgt:\t0000000000000000\nVmSwap:\t      12 kB\nHugetlbPages:\t    2048 kB\n`;

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
    process(pid, about) {
      const folder = `proc/${pid}`;
      write(`${folder}/stat`, statLine(pid, about));
      write(`${folder}/status`, statusText(1000));
      write(`${folder}/ksm_stat`, 'ksm_rmap_items 3\nksm_merging_pages 2\nksm_process_profit -64\nksm_merge_any: no\n');
      write(`${folder}/cmdline`, (about.args ?? []).map(arg => `${arg}\0`).join(''));
      if (about.exe !== undefined) link(`${folder}/exe`, about.exe);
      else rmSync(join(dir, folder, 'exe'), { force: true });
      if (about.cwd !== undefined) link(`${folder}/cwd`, about.cwd);
      for (const [name, target] of Object.entries(about.links ?? {})) link(`${folder}/${name}`, target);
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
