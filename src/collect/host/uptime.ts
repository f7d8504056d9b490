import type { Root } from '../../root.ts';
import { KeptFile } from './kept.ts';
import type { Reader } from './reader.ts';

/** /proc/uptime: `807.74 1509.81`, seconds since boot and the processors' idle seconds; the first. */
export const parseUptime = (text: string): number | undefined => {
  const [, seconds] = /^(\d{1,15}(?:\.\d+)?)(?:\s|$)/.exec(text) ?? [];
  return seconds === undefined ? undefined : Number(seconds);
};

export const createUptimeReader = (root: Root): Reader<number> => {
  const file = new KeptFile(root, '/proc/uptime', 'record');
  return {
    read() {
      const text = file.text();
      return text === undefined ? undefined : parseUptime(text);
    },
    close: () => file.close(),
  };
};
