import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { whyNoLab } from '../lab/lab.ts';
import { startLibvirt, whyNoLibvirt } from '../lab/libvirt.ts';
import { nodeFlags } from './measure.ts';

/** Milliseconds of one round. */
interface AskCost {
  /** Median. */
  readonly wall: number;
  /** Mean CPU of who asks, of virsh where there is one, and of libvirtd. */
  readonly asker: number;
  readonly virsh: number;
  readonly libvirtd: number;
}

export interface LibvirtCost {
  readonly domains: number;
  /** A real libvirtd with domains that run. */
  readonly real: boolean;
  readonly rpc: AskCost;
  readonly virsh: AskCost;
}

const script = (name: string): string[] => [...nodeFlags, join(import.meta.dirname, name)];

/** Both ways in turn, of the same libvirtd. */
const costOf = (
  uri: string,
  pid: number,
  uuids: readonly string[],
  rounds: number,
): Pick<LibvirtCost, 'rpc' | 'virsh'> => {
  const ask = (kind: string): AskCost => {
    const words = [...script('ask-libvirt.ts'), kind, uri, String(pid), String(rounds), ...uuids];
    return JSON.parse(
      execFileSync(process.execPath, words, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] }),
    );
  };
  return { virsh: ask('virsh'), rpc: ask('rpc') };
};

const real = async (domains: number): Promise<LibvirtCost> => {
  const libvirt = await startLibvirt();
  try {
    const uuids: string[] = [];
    for (let index = 0; index < domains; index += 1)
      uuids.push((await libvirt.create({ name: `bench-${index}`, memory: 96, period: 2 })).uuid);
    return { domains, real: true, ...costOf(libvirt.uri, libvirt.pid(), uuids, 50) };
  } finally {
    await libvirt.stop();
  }
};

const scripted = async (folder: string, domains: number): Promise<LibvirtCost> => {
  const socket = join(folder, 'libvirt-sock');
  const words = [...script('scripted-libvirtd.ts'), socket, String(domains)];
  const daemon = spawn(process.execPath, words, { stdio: ['ignore', 'pipe', 'inherit'] });
  try {
    let text = '';
    while (!text.includes('\n')) text += String((await once(daemon.stdout.setEncoding('utf8'), 'data'))[0]);
    const uri = `qemu+unix:///system?socket=${socket}`;
    return { domains, real: false, ...costOf(uri, daemon.pid ?? 0, text.trim().split(' '), 20) };
  } finally {
    daemon.kill();
  }
};

/** (e) Questions to libvirt: by its protocol, and through virsh. What can't be had here is left out. */
export const measureLibvirt = async (folder: string, tell: (line: string) => void): Promise<LibvirtCost[]> => {
  if (spawnSync('virsh', ['--version']).error) {
    tell('no questions to libvirt: virsh is missing');
    return [];
  }
  const costs: LibvirtCost[] = [];
  const why = whyNoLab() ?? whyNoLibvirt();
  if (why === undefined) {
    tell('questions to libvirt about 4 domains');
    costs.push(await real(4));
  } else tell(`no questions to a real libvirt: ${why}`);
  tell('questions to libvirt about 200 domains');
  costs.push(await scripted(folder, 200));
  return costs;
};
